//! PostgreSQL, through sqlx.
//!
//! SQL that somebody else wrote runs on a connection of its own, which is closed afterwards: whatever it sets or leaves open
//! ends with it. Questions of our own share a few connections, and what reads rows to compare them others. No observer holds a transaction open.

mod apply;
mod catalog;
mod connect;
mod copy;
mod digest;
mod disk;
mod errors;
mod locks;
mod objects;
mod others;
mod places;
mod rows;
mod schema;
mod sequences;
pub(in crate::world) mod statements;
mod traffic;
mod wal;
mod work;

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection};
use tokio::sync::{OnceCell, mpsc};

use super::database::{Address, AppliedMigration, Database, Databases, DigestQuery, RowDigest};
use crate::model::catalog::Catalog;
use crate::model::class::ClassPlace;
use crate::model::error::Result;
use crate::model::lock::LockSample;
use crate::model::lsn::Lsn;
use crate::model::migration::{Migration, MigrationLayout, MigrationRun, SqlFailure};
use crate::model::name::{TableName, quote_identifier};
use crate::model::object::{ObjectDigests, WhichObjects};
use crate::model::row::{PlacedRow, RowQuery};
use crate::model::schema::Schema;
use crate::model::sequence::SequenceState;
use crate::model::stack::Work;
use crate::model::traffic::TrafficSample;
use crate::model::tuples::TupleId;
use connect::Connections;
use errors::{could_not, is_not_populated, outcome};
use wal::WalFiles;

/// PostgreSQL servers.
#[derive(Clone, Copy, Debug, Default)]
pub struct PostgresServers;

/// One database of a PostgreSQL server.
#[derive(Debug)]
struct PostgresDatabase {
    connections: Connections,
    wal_files: OnceCell<WalFiles>,
}

#[async_trait]
impl Databases for PostgresServers {
    async fn connect(&self, at: &Address, timeout: Duration) -> Result<Arc<dyn Database>> {
        let connections = Connections::open(at, timeout).await?;
        Ok(Arc::new(PostgresDatabase { connections, wal_files: OnceCell::new() }))
    }
}

#[async_trait]
impl Database for PostgresDatabase {
    async fn beside(&self, database: &str) -> Result<Arc<dyn Database>> {
        let connections = self.connections.beside(database).await?;
        Ok(Arc::new(Self { connections, wal_files: OnceCell::new() }))
    }

    async fn run(&self, sql: &str) -> Result<std::result::Result<(), SqlFailure>> {
        let mut connection = self.connections.fresh().await?;
        let ran = sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await;
        let ran = outcome("run SQL", sql, ran)?;
        leave(connection).await;
        Ok(ran.map(|_| ()))
    }

    async fn catalog(&self) -> Result<Catalog> {
        let mut connection = self.connections.borrow().await?;
        let catalog = catalog::read(&mut connection).await?;
        self.connections.give_back(connection);
        Ok(catalog)
    }

    async fn schema(&self) -> Result<Schema> {
        let mut connection = self.connections.borrow().await?;
        let schema = schema::read(&mut connection).await?;
        self.connections.give_back(connection);
        Ok(schema)
    }

    async fn count(&self, tables: &[TableName]) -> Result<Vec<u64>> {
        let mut connection = self.connections.borrow().await?;
        let mut counts = Vec::with_capacity(tables.len());
        for table in tables {
            let action = format!("count the rows of {table}");
            let only = own_rows(&mut connection, table).await.map_err(could_not(&action))?;
            let sql = AssertSqlSafe(format!("SELECT count(*) FROM {only}{}", table.quoted()));
            let count: sqlx::Result<i64> =
                sqlx::query_scalar(sql).persistent(false).fetch_one(&mut connection).await;
            let count = match count {
                Err(error) if is_not_populated(&error) => 0,
                count => count.map_err(could_not(&action))?,
            };
            counts.push(count.unsigned_abs());
        }
        self.connections.give_back(connection);
        Ok(counts)
    }

    async fn sizes_bytes(&self, tables: &[TableName]) -> Result<Vec<u64>> {
        let mut connection = self.connections.borrow().await?;
        let sizes = disk::sizes_bytes(&mut connection, tables).await?;
        self.connections.give_back(connection);
        Ok(sizes)
    }

    async fn temp_bytes(&self) -> Result<Option<u64>> {
        let mut connection = self.connections.borrow().await?;
        let bytes = disk::temp_bytes(&mut connection).await?;
        self.connections.give_back(connection);
        Ok(bytes)
    }

    async fn count_values(&self, table: &TableName, columns: &[String]) -> Result<Vec<u64>> {
        let mut connection = self.connections.borrow().await?;
        let action = format!("count the values of {table}");
        let only = own_rows(&mut connection, table).await.map_err(could_not(&action))?;
        let counts: Vec<String> =
            columns.iter().map(|column| format!("count({})", quote_identifier(column))).collect();
        let sql = format!("SELECT ARRAY[{}]::int8[] FROM {only}{}", counts.join(", "), table.quoted());
        let counts: Vec<i64> = sqlx::query_scalar(AssertSqlSafe(sql))
            .persistent(false)
            .fetch_one(&mut connection)
            .await
            .map_err(could_not(&action))?;
        self.connections.give_back(connection);
        Ok(counts.into_iter().map(i64::unsigned_abs).collect())
    }

    async fn sequences(&self, sequences: &[TableName]) -> Result<Vec<SequenceState>> {
        let mut connection = self.connections.borrow().await?;
        let states = sequences::states(&mut connection, sequences).await?;
        self.connections.give_back(connection);
        Ok(states)
    }

    async fn reach(&self, table: &TableName, column: &str, is_down: bool) -> Result<Option<i64>> {
        let mut connection = self.connections.borrow().await?;
        let reach = sequences::reach(&mut connection, table, column, is_down).await?;
        self.connections.give_back(connection);
        Ok(reach)
    }

    async fn copy_in(
        &self,
        table: &TableName,
        columns: &[String],
        rows: mpsc::Receiver<Bytes>,
    ) -> Result<std::result::Result<u64, SqlFailure>> {
        copy::fill(self.connections.fresh().await?, table, columns, rows).await
    }

    async fn applied(&self, layout: MigrationLayout) -> Result<Vec<AppliedMigration>> {
        let mut connection = self.connections.borrow().await?;
        let applied = apply::applied(&mut connection, layout).await?;
        self.connections.give_back(connection);
        Ok(applied)
    }

    async fn apply(
        &self,
        layout: MigrationLayout,
        migration: &Migration,
        all: &[Migration],
    ) -> Result<MigrationRun> {
        let (mut connection, mut watcher) =
            tokio::try_join!(self.connections.fresh(), self.connections.borrow())?;
        let mut session = apply::Session { connection: &mut connection, watcher: &mut watcher };
        let run = apply::apply(&mut session, layout, migration, all).await?;
        self.connections.give_back(watcher);
        leave(connection).await;
        Ok(run)
    }

    async fn work(&self) -> Result<Work> {
        let mut connection = self.connections.borrow().await?;
        let work = work::ask(&mut connection).await?;
        self.connections.give_back(connection);
        Ok(work)
    }

    async fn hang_up_others(&self) -> Result<()> {
        let mut connection = self.connections.borrow().await?;
        others::hang_up(&mut connection).await?;
        self.connections.give_back(connection);
        Ok(())
    }

    async fn object_count(&self) -> Result<u64> {
        let mut connection = self.connections.borrow().await?;
        let count = objects::count(&mut connection).await?;
        self.connections.give_back(connection);
        Ok(count)
    }

    async fn objects(&self, which: &WhichObjects) -> Result<ObjectDigests> {
        let mut connection = self.connections.borrow().await?;
        let digests = objects::digests(&mut connection, which).await?;
        self.connections.give_back(connection);
        Ok(digests)
    }

    async fn locks(&self, since_us: Option<i64>) -> Result<LockSample> {
        let mut connection = self.connections.borrow().await?;
        let sample = locks::sample(&mut connection, since_us).await?;
        self.connections.give_back(connection);
        Ok(sample)
    }

    async fn traffic(&self, addresses: &[Ipv4Addr]) -> Result<TrafficSample> {
        let mut connection = self.connections.borrow().await?;
        let sample = traffic::sample(&mut connection, addresses).await?;
        self.connections.give_back(connection);
        Ok(sample)
    }

    async fn wal_end(&self) -> Result<Lsn> {
        let mut connection = self.connections.borrow().await?;
        let end = wal::end(&mut connection).await?;
        self.connections.give_back(connection);
        Ok(end)
    }

    async fn wal_flushed(&self) -> Result<Lsn> {
        let mut connection = self.connections.borrow().await?;
        let flushed = wal::flushed(&mut connection).await?;
        self.connections.give_back(connection);
        Ok(flushed)
    }

    async fn wal_checkpoint(&self) -> Result<Lsn> {
        let mut connection = self.connections.borrow().await?;
        let checkpoint = wal::checkpoint(&mut connection).await?;
        self.connections.give_back(connection);
        Ok(checkpoint)
    }

    async fn wal_segment_size_bytes(&self) -> Result<u64> {
        let mut connection = self.connections.borrow().await?;
        let files = self.wal_files.get_or_try_init(|| WalFiles::ask(&mut connection)).await?;
        let size = files.segment_size_bytes();
        self.connections.give_back(connection);
        Ok(size)
    }

    async fn read_wal(&self, from: Lsn, until: Lsn, limit_bytes: usize) -> Result<Bytes> {
        let mut connection = self.connections.borrow().await?;
        let files = self.wal_files.get_or_try_init(|| WalFiles::ask(&mut connection)).await?;
        let bytes = files.read(&mut connection, from, until, limit_bytes).await?;
        self.connections.give_back(connection);
        Ok(bytes)
    }

    async fn classes(&self) -> Result<Vec<ClassPlace>> {
        let mut connection = self.connections.borrow().await?;
        let classes = places::classes(&mut connection).await?;
        self.connections.give_back(connection);
        Ok(classes)
    }

    async fn texts(&self, table: &TableName, column: &str) -> Result<Vec<(TupleId, String)>> {
        let mut connection = self.connections.borrow().await?;
        let texts = places::texts(&mut connection, table, column).await?;
        self.connections.give_back(connection);
        Ok(texts)
    }

    async fn rows(&self, query: &RowQuery) -> Result<Vec<PlacedRow>> {
        let mut connection = self.connections.borrow().await?;
        let rows = rows::read(&mut connection, query).await?;
        self.connections.give_back(connection);
        Ok(rows)
    }

    async fn digests(&self, query: &DigestQuery, batches: mpsc::Sender<Vec<RowDigest>>) -> Result<()> {
        digest::send(&self.connections, query, batches).await
    }

    async fn close(&self) {
        self.connections.close().await;
    }
}

/// Takes leave of a connection on which somebody else's SQL ran. A server tells of an error before it rolls back, and of a
/// connection that is cut it learns later: what still is open ends here, so that the log says so.
async fn leave(mut connection: PgConnection) {
    // The work is done; a farewell that fails changes nothing.
    drop(sqlx::raw_sql("ROLLBACK").execute(&mut connection).await);
    disk::tell_temp_bytes(&mut connection).await;
    drop(connection.close().await);
}

/// What stands before a table's name so that its rows are read and no others: those of a table that inherits from it are
/// that one's. A partitioned table has none of its own, and is read with its partitions.
async fn own_rows(connection: &mut PgConnection, table: &TableName) -> sqlx::Result<&'static str> {
    let is_partitioned: Option<bool> =
        sqlx::query_scalar("SELECT relkind = 'p' FROM pg_class WHERE oid = to_regclass($1)")
            .bind(table.quoted())
            .persistent(false)
            .fetch_optional(connection)
            .await?;
    Ok(if is_partitioned == Some(true) { "" } else { "ONLY " })
}
