//! Applying migrations as their layout's tool would, and what the version tables say of earlier ones. One file a layout.

mod dbmate;
mod diesel;
mod flyway;
mod golang_migrate;
mod goose;
mod plain;
mod sqlx_layout;
mod steps;
mod watched;

use sqlx::postgres::PgConnection;

use super::errors::could_not;
use crate::model::error::{Error, ErrorKind, Result};
use crate::model::migration::{AppliedMigration, AppliedState, Migration, MigrationLayout, MigrationRun};

/// The connection on which a migration runs, which is closed afterwards, and another one, which looks at it meanwhile.
pub(super) struct Session<'a> {
    pub(super) connection: &'a mut PgConnection,
    pub(super) watcher: &'a mut PgConnection,
}

/// Runs one migration as its tool would, and notes it where the tool does.
pub(super) async fn apply(
    session: &mut Session<'_>,
    layout: MigrationLayout,
    migration: &Migration,
    all: &[Migration],
) -> Result<MigrationRun> {
    match layout {
        MigrationLayout::Sqlx => sqlx_layout::apply(session, migration, all).await,
        MigrationLayout::Diesel => diesel::apply(session, migration).await,
        MigrationLayout::GolangMigrate => golang_migrate::apply(session, migration).await,
        MigrationLayout::Dbmate => dbmate::apply(session, migration).await,
        MigrationLayout::Flyway => flyway::apply(session, migration).await,
        MigrationLayout::Goose => goose::apply(session, migration).await,
        MigrationLayout::Plain => plain::apply(session, migration, all).await,
    }
}

/// Version, checksum and state of every row of a version table.
const fn rows(layout: MigrationLayout) -> &'static str {
    match layout {
        MigrationLayout::Sqlx => {
            "SELECT version::text, encode(checksum, 'hex'), CASE WHEN success THEN 'applied' ELSE 'failed' END \
             FROM _sqlx_migrations ORDER BY version"
        }
        MigrationLayout::Diesel => diesel::ROWS,
        MigrationLayout::GolangMigrate => golang_migrate::ROWS,
        MigrationLayout::Dbmate => dbmate::ROWS,
        MigrationLayout::Flyway => flyway::ROWS,
        MigrationLayout::Goose => goose::ROWS,
        MigrationLayout::Plain => "SELECT name, checksum, 'applied' FROM stage_migrations ORDER BY name",
    }
}

/// What the layout's version table says; nothing if there is no such table.
pub(super) async fn applied(
    connection: &mut PgConnection,
    layout: MigrationLayout,
) -> Result<Vec<AppliedMigration>> {
    let table = layout.version_table();
    let action = format!("read version table {table}");
    let exists: bool = sqlx::query_scalar("SELECT to_regclass($1) IS NOT NULL")
        .bind(table)
        .fetch_one(&mut *connection)
        .await
        .map_err(could_not(&action))?;
    if !exists {
        return Ok(Vec::new());
    }
    refuse_namesake(connection, layout).await?;
    // Not kept as a prepared statement: a migration may change the table.
    let rows: Vec<(String, Option<String>, String)> = sqlx::query_as(rows(layout))
        .persistent(false)
        .fetch_all(connection)
        .await
        .map_err(could_not(&action))?;
    let row = |(version, checksum, state): (String, Option<String>, String)| {
        let state = match state.as_str() {
            "applied" => AppliedState::Applied,
            "reached" => AppliedState::Reached,
            _ => AppliedState::Failed,
        };
        AppliedMigration { version, checksum, state }
    };
    Ok(rows.into_iter().map(row).collect())
}

/// Two tools call their table `schema_migrations`; only golang-migrate's has a column `dirty`. What the one wrote says
/// nothing to the other.
async fn refuse_namesake(connection: &mut PgConnection, layout: MigrationLayout) -> Result<()> {
    let wants_dirty = match layout {
        MigrationLayout::GolangMigrate => true,
        MigrationLayout::Dbmate => false,
        _ => return Ok(()),
    };
    let table = layout.version_table();
    let has_dirty: bool = sqlx::query_scalar(
        "SELECT EXISTS (SELECT FROM pg_attribute WHERE attrelid = to_regclass($1) AND attname = 'dirty' \
         AND NOT attisdropped)",
    )
    .bind(table)
    .fetch_one(connection)
    .await
    .map_err(could_not(&format!("look at version table {table}")))?;
    if has_dirty == wants_dirty {
        return Ok(());
    }
    let owner = if has_dirty { "golang-migrate's" } else { "not golang-migrate's" };
    let message =
        format!("`{table}` of this database is {owner}, and the migrations are laid out for {layout}");
    Err(Error::new(ErrorKind::Config, message).hint("say whose layout it is with `layout:` beside `sql`"))
}
