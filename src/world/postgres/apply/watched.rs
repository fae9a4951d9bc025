//! A connection on which sqlx's own migrator works, and which is looked at: a file that runs in a transaction is sent statement
//! by statement, which comes to the same. All else is sqlx's.

use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use sqlx::migrate::{AppliedMigration, Migrate, MigrateError, Migration as SqlxMigration};
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Executor};

use super::steps;
use crate::model::error::{Error, Result};
use crate::model::migration::StatementRun;
use crate::world::postgres::locks::LocksTaken;
use crate::world::postgres::statements;

type Migrated<T> = std::result::Result<T, MigrateError>;

/// A connection under the eyes of another one.
pub(super) struct Watched<'a> {
    pub(super) connection: &'a mut PgConnection,
    pub(super) watcher: &'a mut PgConnection,
    /// What the statements of the last file locked, as far as they succeeded.
    pub(super) statements: Vec<StatementRun>,
    /// What was sent when the server refused it, if that was not the whole file.
    pub(super) refused: Option<String>,
    /// Why it could not be watched.
    pub(super) blindness: Option<Error>,
}

impl<'a> Watched<'a> {
    /// Nothing was sent yet.
    pub(super) fn new(connection: &'a mut PgConnection, watcher: &'a mut PgConnection) -> Self {
        Self { connection, watcher, statements: Vec::new(), refused: None, blindness: None }
    }

    fn seen<T>(&mut self, looked: Result<T>) -> Migrated<T> {
        looked.map_err(|error| {
            let told = error.to_string();
            self.blindness = Some(error);
            MigrateError::Source(told.into())
        })
    }

    /// As sqlx does it: the file and its row in one transaction, and then how long that took.
    async fn send(&mut self, table: &str, migration: &SqlxMigration) -> Migrated<Duration> {
        let started = Instant::now();
        let taken = LocksTaken::by(self.connection).await;
        let mut taken = self.seen(taken)?;
        self.connection.execute("BEGIN").await?;
        for statement in statements::split(migration.sql.as_str()) {
            let sent = Instant::now();
            let sql = statement.in_place();
            if let Err(cause) = self.connection.execute(AssertSqlSafe(sql.clone())).await {
                self.refused = Some(sql);
                return Err(MigrateError::ExecuteMigration(cause, migration.version));
            }
            let duration_s = sent.elapsed().as_secs_f64();
            let looked = taken.look(self.watcher).await;
            let taken = self.seen(looked)?;
            self.statements.push(StatementRun { line: statement.line, duration_s, taken, span_us: None });
        }
        let noted = format!(
            "INSERT INTO {table} (version, description, success, checksum, execution_time) VALUES ($1, $2, TRUE, $3, -1)"
        );
        sqlx::query(AssertSqlSafe(noted))
            .bind(migration.version)
            .bind(&*migration.description)
            .bind(&*migration.checksum)
            .execute(&mut *self.connection)
            .await?;
        self.connection.execute("COMMIT").await?;
        let elapsed = started.elapsed();
        let timed = format!("UPDATE {table} SET execution_time = $1 WHERE version = $2");
        sqlx::query(AssertSqlSafe(timed))
            .bind(i64::try_from(elapsed.as_nanos()).unwrap_or(i64::MAX))
            .bind(migration.version)
            .execute(&mut *self.connection)
            .await?;
        Ok(elapsed)
    }
}

impl Migrate for Watched<'_> {
    fn create_schema_if_not_exists<'e>(&'e mut self, schema: &'e str) -> BoxFuture<'e, Migrated<()>> {
        self.connection.create_schema_if_not_exists(schema)
    }

    fn ensure_migrations_table<'e>(&'e mut self, table: &'e str) -> BoxFuture<'e, Migrated<()>> {
        self.connection.ensure_migrations_table(table)
    }

    fn dirty_version<'e>(&'e mut self, table: &'e str) -> BoxFuture<'e, Migrated<Option<i64>>> {
        self.connection.dirty_version(table)
    }

    fn list_applied_migrations<'e>(
        &'e mut self,
        table: &'e str,
    ) -> BoxFuture<'e, Migrated<Vec<AppliedMigration>>> {
        self.connection.list_applied_migrations(table)
    }

    fn lock(&mut self) -> BoxFuture<'_, Migrated<()>> {
        self.connection.lock()
    }

    fn unlock(&mut self) -> BoxFuture<'_, Migrated<()>> {
        self.connection.unlock()
    }

    fn apply<'e>(
        &'e mut self,
        table: &'e str,
        migration: &'e SqlxMigration,
    ) -> BoxFuture<'e, Migrated<Duration>> {
        if migration.no_tx || !steps::can_be_watched(migration.sql.as_str()) {
            return self.connection.apply(table, migration);
        }
        Box::pin(self.send(table, migration))
    }

    fn revert<'e>(
        &'e mut self,
        table: &'e str,
        migration: &'e SqlxMigration,
    ) -> BoxFuture<'e, Migrated<Duration>> {
        self.connection.revert(table, migration)
    }
}
