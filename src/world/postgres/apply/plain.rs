//! Plain `.sql` files, run in order of name and remembered in `stage_migrations`.

use std::time::Instant;

use sqlx::AssertSqlSafe;
use sqlx::postgres::PgConnection;

use crate::model::error::{Error, ErrorKind, Location, Result};
use crate::model::migration::{Migration, MigrationLayout, MigrationRun, SqlFailure};
use crate::model::name::quote_literal;
use crate::world::postgres::errors::{could_not, outcome};

const TABLE: &str = "CREATE TABLE IF NOT EXISTS stage_migrations \
                     (name text PRIMARY KEY, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())";

/// Applies one file, in a transaction of its own unless it says otherwise. One that was applied is left alone.
pub(in crate::world::postgres) async fn apply(
    connection: &mut PgConnection,
    migration: &Migration,
    all: &[Migration],
) -> Result<MigrationRun> {
    let applied = super::applied(connection, MigrationLayout::Plain).await?;
    for earlier in &applied {
        let file = all.iter().find(|file| file.version == earlier.version);
        let Some(file) = file.filter(|file| earlier.checksum.as_ref() != Some(&file.checksum)) else {
            continue;
        };
        let message = format!("migration `{}` was changed after production had applied it", file.name);
        return Err(Error::new(ErrorKind::Config, message)
            .at(Location { file: file.path.clone(), line: 1, column: 1 })
            .hint("restore its text, and put the change into a new migration"));
    }
    let mut run = MigrationRun { migration: migration.clone(), duration_s: 0.0, failure: None };
    if applied.iter().any(|earlier| earlier.version == migration.version) {
        return Ok(run);
    }
    let made = sqlx::raw_sql(TABLE).execute(&mut *connection).await;
    made.map_err(could_not("make version table stage_migrations"))?;
    let started = Instant::now();
    run.failure = statements(connection, migration).await?.err();
    run.duration_s = started.elapsed().as_secs_f64();
    Ok(run)
}

async fn statements(
    connection: &mut PgConnection,
    migration: &Migration,
) -> Result<std::result::Result<(), SqlFailure>> {
    let action = format!("apply migration {}", migration.name);
    let remember = format!(
        "INSERT INTO stage_migrations (name, checksum) VALUES ({}, {})",
        quote_literal(&migration.version),
        quote_literal(&migration.checksum)
    );
    // One trip each, so that a place in an error is a place in the file. A deferred constraint fails at the very end.
    let file = [migration.sql.as_str()];
    let (before, after): (&[&str], &[&str]) =
        if migration.transactional { (&["BEGIN"], &[&remember, "COMMIT"]) } else { (&[], &[&remember]) };
    for sql in before.iter().chain(&file).chain(after) {
        let ran = sqlx::raw_sql(AssertSqlSafe(*sql)).execute(&mut *connection).await;
        if let Err(failure) = outcome(&action, sql, ran)? {
            return Ok(Err(failure));
        }
    }
    Ok(Ok(()))
}
