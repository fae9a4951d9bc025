//! diesel's folders, as `diesel migration run` applies them.

use super::Session;
use super::steps::{self, Steps};
use crate::model::error::Result;
use crate::model::migration::{Migration, MigrationRun};
use crate::model::name::quote_literal;

const TABLE: &str = "CREATE TABLE IF NOT EXISTS __diesel_schema_migrations \
                     (version VARCHAR(50) PRIMARY KEY NOT NULL, \
                     run_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP)";
pub(super) const ROWS: &str =
    "SELECT version::text, NULL::text, 'applied' FROM __diesel_schema_migrations ORDER BY version";

/// Applies one folder, in a transaction with its row unless its metadata say otherwise.
pub(super) async fn apply(session: &mut Session<'_>, migration: &Migration) -> Result<MigrationRun> {
    let version = quote_literal(&migration.version);
    let note = |_| format!("INSERT INTO __diesel_schema_migrations (version) VALUES ({version})");
    steps::run(session, migration, &Steps { table: TABLE, announce: "", note: &note, cuts: false }).await
}
