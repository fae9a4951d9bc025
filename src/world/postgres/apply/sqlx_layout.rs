//! sqlx's layout, by sqlx's own migrator: its lock, its table, its checks, its transaction.

use std::time::Instant;

use sqlx::AssertSqlSafe;
use sqlx::SqlSafeStr;
use sqlx::migrate::{MigrateError, Migration as SqlxMigration, MigrationType, Migrator};
use sqlx::postgres::PgConnection;

use super::Session;
use super::watched::Watched;
use crate::model::error::{Error, ErrorKind, Location, Result};
use crate::model::migration::{Migration, MigrationRun, SqlFailure};
use crate::world::postgres::errors::{could_not, outcome};

/// Applies everything up to and with `migration`, which is `migration` alone when those before it have been applied.
pub(super) async fn apply(
    session: &mut Session<'_>,
    migration: &Migration,
    all: &[Migration],
) -> Result<MigrationRun> {
    let target = version(migration)?;
    let migrator = Migrator::with_migrations(all.iter().map(as_sqlx).collect::<Result<_>>()?);
    let started = Instant::now();
    let mut watched = Watched::new(session.connection, session.watcher);
    let ran = migrator.run_direct(Some(target), &mut watched, false).await;
    let Watched { statements, refused, blindness, .. } = watched;
    if let Some(error) = blindness {
        return Err(error);
    }
    let text = refused.as_deref().unwrap_or(&migration.sql);
    let failure = ran.err().map(|error| failure(error, (migration, text), all)).transpose()?;
    let duration_s = match failure {
        Some(_) => started.elapsed().as_secs_f64(),
        // What sqlx itself measured: the transaction alone, without its lock and its questions.
        None => measured_s(session.connection, target).await?,
    };
    let migration = migration.clone();
    Ok(MigrationRun { migration, duration_s, failure, output_tail: None, statements })
}

fn as_sqlx(migration: &Migration) -> Result<SqlxMigration> {
    let name = migration.name.split_once('_').map_or("", |(_, name)| name);
    let kind = MigrationType::from_filename(name);
    let description = name.trim_end_matches(kind.suffix()).replace('_', " ");
    let sql = AssertSqlSafe(migration.sql.clone()).into_sql_str();
    Ok(SqlxMigration::new(version(migration)?, description.into(), kind, sql, !migration.transactional))
}

fn version(migration: &Migration) -> Result<i64> {
    migration.version.parse().map_err(|_| {
        let message = format!("`{}` is no version of sqlx: a number is", migration.version);
        Error::new(ErrorKind::Config, message).at(beginning(migration))
    })
}

async fn measured_s(connection: &mut PgConnection, version: i64) -> Result<f64> {
    let sql = "SELECT execution_time::float8 / 1e9 FROM _sqlx_migrations WHERE version = $1";
    let measured = sqlx::query_scalar(sql).bind(version).fetch_one(connection).await;
    measured.map_err(could_not("read version table _sqlx_migrations"))
}

/// The fact that the server refused the migration, of which that text was sent, or the error that it could not be tried.
fn failure(
    error: MigrateError,
    (migration, text): (&Migration, &str),
    all: &[Migration],
) -> Result<SqlFailure> {
    let changed = |version: i64, what: &str| {
        let file = all.iter().find(|other| other.version == version.to_string());
        let name = file.map_or_else(|| version.to_string(), |file| file.name.clone());
        let error = Error::new(ErrorKind::Config, format!("migration `{name}` {what}"));
        file.map(beginning).into_iter().fold(error, Error::at)
    };
    let action = format!("apply migration {}", migration.name);
    match error {
        MigrateError::VersionMismatch(version) => {
            Err(changed(version, "was changed after production had applied it")
                .hint("restore its text, and put the change into a new migration"))
        }
        MigrateError::VersionMissing(version) => {
            Err(changed(version, "was applied in production, but its file is missing"))
        }
        MigrateError::Dirty(version) => {
            Err(changed(version, "is marked as failed in production's `_sqlx_migrations`"))
        }
        MigrateError::ExecuteMigration(cause, _) | MigrateError::Execute(cause) => {
            match outcome::<()>(&action, text, Err(cause))? {
                Err(failure) => Ok(failure),
                Ok(()) => {
                    Err(Error::new(ErrorKind::Bug, format!("could not {action}: it failed without a cause")))
                }
            }
        }
        other => Err(Error::new(ErrorKind::Config, format!("could not {action}: {other}"))),
    }
}

fn beginning(migration: &Migration) -> Location {
    Location { file: migration.path.clone(), line: 1, column: 1 }
}
