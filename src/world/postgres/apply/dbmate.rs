//! dbmate's files, as `dbmate migrate` applies them.

use super::Session;
use super::steps::{self, Steps};
use crate::model::error::Result;
use crate::model::migration::{Migration, MigrationRun};
use crate::model::name::quote_literal;

const TABLE: &str = "CREATE TABLE IF NOT EXISTS schema_migrations (version varchar PRIMARY KEY)";
pub(super) const ROWS: &str =
    "SELECT version::text, NULL::text, 'applied' FROM schema_migrations ORDER BY version";

/// Applies the way up of one file, in a transaction with its row unless its marker says otherwise.
pub(super) async fn apply(session: &mut Session<'_>, migration: &Migration) -> Result<MigrationRun> {
    let version = quote_literal(&migration.version);
    let note = |_| format!("INSERT INTO schema_migrations (version) VALUES ({version})");
    steps::run(session, migration, &Steps { table: TABLE, announce: "", note: &note, cuts: false }).await
}
