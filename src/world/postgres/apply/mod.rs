//! Applying migrations as their layout's tool would, and what the version tables say of earlier ones.

mod plain;
mod sqlx_layout;

use sqlx::postgres::PgConnection;

use super::errors::could_not;
use crate::model::error::Result;
use crate::model::migration::MigrationLayout;
use crate::world::database::AppliedMigration;

pub(super) use plain::apply as plainly;
pub(super) use sqlx_layout::apply as by_sqlx;

/// What the layout's version table has as applied; nothing if there is no such table.
pub(super) async fn applied(
    connection: &mut PgConnection,
    layout: MigrationLayout,
) -> Result<Vec<AppliedMigration>> {
    let (table, rows) = match layout {
        MigrationLayout::Sqlx => (
            "_sqlx_migrations",
            "SELECT version::text, encode(checksum, 'hex') FROM _sqlx_migrations ORDER BY version",
        ),
        MigrationLayout::Plain => {
            ("stage_migrations", "SELECT name, checksum FROM stage_migrations ORDER BY name")
        }
    };
    let action = format!("read version table {table}");
    let exists: bool = sqlx::query_scalar("SELECT to_regclass($1) IS NOT NULL")
        .bind(table)
        .fetch_one(&mut *connection)
        .await
        .map_err(could_not(&action))?;
    if !exists {
        return Ok(Vec::new());
    }
    // Not kept as a prepared statement: a migration may change the table.
    let rows: Vec<(String, Option<String>)> =
        sqlx::query_as(rows).persistent(false).fetch_all(connection).await.map_err(could_not(&action))?;
    Ok(rows.into_iter().map(|(version, checksum)| AppliedMigration { version, checksum }).collect())
}
