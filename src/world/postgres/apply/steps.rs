//! What all tools have in common: a file is sent in a transaction or without one, and noted in the version table.

use std::time::Instant;

use sqlx::AssertSqlSafe;
use sqlx::postgres::PgConnection;

use crate::model::error::Result;
use crate::model::migration::{Migration, MigrationRun, SqlFailure, StatementRun};
use crate::world::postgres::errors::{could_not, outcome};
use crate::world::postgres::locks::{self, LocksTaken};
use crate::world::postgres::statements;

use super::Session;

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

/// Statements of one transaction that are sent one by one at most: to look at each costs a trip, and another one to send it.
const MOST_WATCHED: usize = 200;

/// A part of a file that is sent in one trip, at its place.
struct Part {
    line: usize,
    sql: String,
}

/// Runs one migration.
pub(super) async fn run(
    session: &mut Session<'_>,
    migration: &Migration,
    steps: &Steps<'_>,
) -> Result<MigrationRun> {
    for sql in [steps.table, steps.announce] {
        let made = sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut *session.connection).await;
        made.map_err(could_not(&format!("write the version table for migration {}", migration.name)))?;
    }
    let mut statements = Vec::new();
    let started = Instant::now();
    let ran = send(session, migration, steps, &mut statements).await?;
    Ok(MigrationRun {
        migration: migration.clone(),
        duration_s: started.elapsed().as_secs_f64(),
        failure: ran.err(),
        output_tail: None,
        statements,
    })
}

/// One trip each, so that a place in an error is a place in the file. A deferred constraint fails at the very end.
async fn send(
    session: &mut Session<'_>,
    migration: &Migration,
    steps: &Steps<'_>,
    statements: &mut Vec<StatementRun>,
) -> Result<std::result::Result<(), SqlFailure>> {
    let action = format!("apply migration {}", migration.name);
    let parts = parts(migration, steps.cuts);
    let begin = if migration.transactional { "BEGIN" } else { "" };
    let mut watch = match &parts {
        Parts::Watched(_) => Some(LocksTaken::by(session.connection).await?),
        Parts::Timed(_) | Parts::Sent(_) => None,
    };
    let is_timed = matches!(parts, Parts::Timed(_));
    let started = Instant::now();
    if let Err(failure) = trip(session.connection, &action, begin, false).await? {
        return Ok(Err(failure));
    }
    let (Parts::Watched(parts) | Parts::Timed(parts) | Parts::Sent(parts)) = parts;
    for Part { line, sql } in parts {
        let since_us = if is_timed { Some(locks::now_us(session.watcher).await?) } else { None };
        let sent = Instant::now();
        if let Err(failure) = trip(session.connection, &action, &sql, true).await? {
            return Ok(Err(failure));
        }
        let duration_s = sent.elapsed().as_secs_f64();
        if let Some(watch) = &mut watch {
            // The transaction waits meanwhile, and holds all that its statement took.
            let taken = watch.look(session.watcher).await?;
            statements.push(StatementRun { line, duration_s, taken, span_us: None });
        }
        if let Some(since_us) = since_us {
            let span_us = Some((since_us, locks::now_us(session.watcher).await?));
            statements.push(StatementRun { line, duration_s, taken: Vec::new(), span_us });
        }
    }
    let note = (steps.note)(started.elapsed().as_secs_f64());
    let commit = if migration.transactional { "COMMIT" } else { "" };
    for sql in [note.as_str(), commit] {
        if let Err(failure) = trip(session.connection, &action, sql, false).await? {
            return Ok(Err(failure));
        }
    }
    Ok(Ok(()))
}

/// A file as it is sent.
enum Parts {
    /// Statement by statement in one transaction, which comes to the same as if it were sent whole: what each locked can be
    /// seen behind it.
    Watched(Vec<Part>),
    /// Statement by statement without a transaction: when each ran is noted, as its locks are gone behind it.
    Timed(Vec<Part>),
    /// As its tool sends it.
    Sent(Vec<Part>),
}

/// Whether a file that runs in a transaction may be sent statement by statement.
pub(super) fn can_be_watched(sql: &str) -> bool {
    statements::is_sure(sql) && statements::split(sql).len() <= MOST_WATCHED
}

fn parts(migration: &Migration, cuts: bool) -> Parts {
    let statements = statements::split(&migration.sql);
    let is_watched = migration.transactional && can_be_watched(&migration.sql);
    if !is_watched && (migration.transactional || !cuts) {
        return Parts::Sent(vec![Part { line: 1, sql: migration.sql.clone() }]);
    }
    let parts = statements.iter().map(|it| Part { line: it.line, sql: it.in_place() }).collect();
    match (is_watched, statements.len() <= MOST_WATCHED) {
        (true, _) => Parts::Watched(parts),
        (false, true) => Parts::Timed(parts),
        (false, false) => Parts::Sent(parts),
    }
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
