//! The meter as a check drives it: on a database that is migrated, with the seed as it was beside it on the same server.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use sqlx::postgres::PgConnection;
use stage::model::migration::{Migration, MigrationLayout, MigrationRun, SqlFailure};
use stage::model::report::MigrationReport;
use stage::model::seed::{SeedKey, SeedRecord};
use stage::run::Meter;
use stage::world::database::{Address, Database, Databases};
use stage::world::postgres::PostgresServers;
use tokio::io::AsyncWriteExt;

use super::case::Runner;
use super::independent::{self, Snapshot};
use super::objects::{self, Objects};
use crate::server::sql;

/// A server, and the container that it runs in.
#[derive(Clone)]
pub struct Server {
    pub at: Address,
    pub container: String,
}

/// A database under its meter.
pub struct Metered {
    server: Server,
    database: String,
    meter: Meter,
    /// Every row of the seed.
    pub seed: Snapshot,
    /// Every large object of the seed.
    pub objects_of_seed: Objects,
    truth: PgConnection,
    ran: u32,
}

impl Server {
    fn address(&self, database: &str) -> Address {
        Address { database: database.to_owned(), ..self.at.clone() }
    }

    async fn connect(&self, database: &str) -> Arc<dyn Database> {
        PostgresServers.connect(&self.address(database), Duration::from_mins(1)).await.unwrap()
    }

    /// A database made by `setup`, its seed beside it, and the meter opened.
    pub async fn metered(&self, database: &str, setup: &str) -> Metered {
        let administrator = self.connect("postgres").await;
        sql(&administrator, &format!("CREATE DATABASE {database} STRATEGY file_copy")).await;
        let live = self.connect(database).await;
        sql(&live, setup).await;
        sql(&live, "CREATE TABLE schema_migrations (version text PRIMARY KEY)").await;
        sql(&live, "VACUUM (FREEZE, ANALYZE)").await;
        live.close().await;
        // Copied file by file: every row lies where it lay.
        let seed = format!("{database}_seed");
        sql(&administrator, &format!("CREATE DATABASE {seed} TEMPLATE {database} STRATEGY file_copy")).await;
        administrator.close().await;
        let mut untouched = independent::connect(self.at.socket.port(), &seed).await;
        let rows = independent::snapshot(&mut untouched).await;
        let record = record(&rows);
        let (live, before) = (self.connect(database).await, self.connect(&seed).await);
        Metered {
            // Others are worked on at the same time, the seed among them.
            meter: Meter::open(live, before, &record).await.unwrap().alone(),
            seed: rows,
            objects_of_seed: objects::read(&mut untouched).await,
            truth: independent::connect(self.at.socket.port(), database).await,
            server: self.clone(),
            database: database.to_owned(),
            ran: 0,
        }
    }
}

/// What a seed would remember of itself.
fn record(rows: &Snapshot) -> SeedRecord {
    let called = |name: &str| name.strip_prefix("public.").unwrap_or(name).to_owned();
    let counted = rows.iter().filter(|(_, table)| table.is_ordinary());
    SeedRecord {
        key: SeedKey("corpus".to_owned()),
        environment: "corpus".to_owned(),
        database: "db".to_owned(),
        backup_taken_at: Timestamp::UNIX_EPOCH,
        sealed_at: Timestamp::UNIX_EPOCH,
        size_bytes: 0,
        build_s: 0.0,
        rows: counted
            .map(|(name, table)| (called(name), table.rows.len() as u64))
            .collect::<BTreeMap<_, _>>(),
    }
}

impl Metered {
    /// Runs SQL, tables without a schema being those of `schema`, and says what the meter says of it.
    pub async fn run(&mut self, runner: Runner, schema: &str, migration: &str) -> MigrationReport {
        self.ran += 1;
        let text = format!("SET search_path TO {schema}, public;\n{migration}");
        let order = Migration {
            database: "db".to_owned(),
            version: self.ran.to_string(),
            name: self.version(),
            path: PathBuf::from("/corpus"),
            sql: text.clone(),
            checksum: String::new(),
            transactional: runner == Runner::Transaction,
        };
        if runner == Runner::Psql {
            // Noted as a tool would, so that the command's rows are laid at somebody's door.
            // psql forgets what stands behind an empty statement that follows the rows of a COPY.
            let end = if text.trim_end().ends_with([';', '.']) { "" } else { ";" };
            let version = self.version();
            let text = format!("{text}{end}\nINSERT INTO public.schema_migrations VALUES ('{version}');\n");
            let running = psql(self.server.container.clone(), self.database.clone(), text, order);
            return self.meter.measure_command(running).await.unwrap();
        }
        let database = self.meter.database();
        let running = database.apply(MigrationLayout::Goose, &order, &[]);
        self.meter.measure(running).await.unwrap()
    }

    /// What the version table calls the last migration that ran.
    pub fn version(&self) -> String {
        format!("{:04}", self.ran)
    }

    /// Every row as it is now.
    pub async fn now(&mut self) -> Snapshot {
        independent::snapshot(&mut self.truth).await
    }

    /// Every large object as it is now.
    pub async fn objects(&mut self) -> Objects {
        objects::read(&mut self.truth).await
    }

    /// Ends its connections.
    pub async fn close(self) {
        self.meter.close().await;
    }
}

/// Runs psql beside the server, which stops at the first error, as a command of the user's would.
async fn psql(
    container: String,
    database: String,
    text: String,
    migration: Migration,
) -> stage::model::error::Result<MigrationRun> {
    let words =
        ["exec", "-i", &container, "psql", "-qX", "-U", "shop", "-v", "ON_ERROR_STOP=1", "-d", &database];
    let mut child = tokio::process::Command::new("docker")
        .args(words)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(text.as_bytes()).await.unwrap();
    drop(input);
    let output = child.wait_with_output().await.unwrap();
    let message = String::from_utf8(output.stderr).unwrap();
    let failure = (!output.status.success()).then_some(SqlFailure {
        message,
        code: String::new(),
        line: None,
        column: None,
        hint: None,
    });
    Ok(MigrationRun { migration, duration_s: 0.0, failure, output_tail: None, statements: Vec::new() })
}
