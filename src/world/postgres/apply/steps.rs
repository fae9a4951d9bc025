//! What all tools have in common: a file is sent in a transaction or without one, and noted in the version table.

use std::time::Instant;

use sqlx::AssertSqlSafe;
use sqlx::postgres::PgConnection;

use crate::model::error::Result;
use crate::model::migration::{Migration, MigrationRun, SqlFailure};
use crate::world::postgres::errors::{could_not, outcome};
use crate::world::postgres::statements;

/// How a tool goes about a migration.
pub(super) struct Steps<'a> {
    /// Makes its version table if there is none.
    pub(super) table: &'a str,
    /// What it notes before it begins, outside of any transaction; may be empty.
    pub(super) announce: &'a str,
    /// What it notes once the file has run, in the same transaction if there is one; gets how long it took in seconds.
    pub(super) note: &'a (dyn Fn(f64) -> String + Sync),
    /// Whether it sends a file that runs without a transaction statement by statement. Else it is sent whole, and the
    /// server makes one transaction of it.
    pub(super) cuts: bool,
}

/// Runs one migration.
pub(super) async fn run(
    connection: &mut PgConnection,
    migration: &Migration,
    steps: &Steps<'_>,
) -> Result<MigrationRun> {
    for sql in [steps.table, steps.announce] {
        let made = sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut *connection).await;
        made.map_err(could_not(&format!("write the version table for migration {}", migration.name)))?;
    }
    let started = Instant::now();
    let ran = send(connection, migration, steps, started).await?;
    Ok(MigrationRun {
        migration: migration.clone(),
        duration_s: started.elapsed().as_secs_f64(),
        failure: ran.err(),
        output_tail: None,
    })
}

/// One trip each, so that a place in an error is a place in the file. A deferred constraint fails at the very end.
async fn send(
    connection: &mut PgConnection,
    migration: &Migration,
    steps: &Steps<'_>,
    started: Instant,
) -> Result<std::result::Result<(), SqlFailure>> {
    let action = format!("apply migration {}", migration.name);
    let file = if steps.cuts && !migration.transactional {
        statements::split(&migration.sql).iter().map(statements::Statement::in_place).collect()
    } else {
        vec![migration.sql.clone()]
    };
    let begin = if migration.transactional { "BEGIN" } else { "" };
    let mut trips = vec![(begin.to_owned(), false)];
    trips.extend(file.into_iter().map(|sql| (sql, true)));
    for (sql, is_file) in trips {
        if let Err(failure) = trip(connection, &action, &sql, is_file).await? {
            return Ok(Err(failure));
        }
    }
    let note = (steps.note)(started.elapsed().as_secs_f64());
    let commit = if migration.transactional { "COMMIT" } else { "" };
    for sql in [note.as_str(), commit] {
        if let Err(failure) = trip(connection, &action, sql, false).await? {
            return Ok(Err(failure));
        }
    }
    Ok(Ok(()))
}

async fn trip(
    connection: &mut PgConnection,
    action: &str,
    sql: &str,
    is_file: bool,
) -> Result<std::result::Result<(), SqlFailure>> {
    if sql.is_empty() {
        return Ok(Ok(()));
    }
    let ran = sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await;
    Ok(match outcome(action, sql, ran)? {
        Ok(_) => Ok(()),
        Err(failure) if is_file => Err(failure),
        // A place in what was sent around the file is none in the file.
        Err(failure) => Err(SqlFailure { line: None, column: None, ..failure }),
    })
}
