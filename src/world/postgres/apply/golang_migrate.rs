//! golang-migrate's pairs, as `migrate up` applies them.

use super::Session;
use super::steps::{self, Steps};
use crate::model::error::Result;
use crate::model::migration::{Migration, MigrationRun};
use crate::model::name::quote_literal;

const TABLE: &str = "CREATE TABLE IF NOT EXISTS schema_migrations \
                     (version bigint NOT NULL PRIMARY KEY, dirty boolean NOT NULL)";
pub(super) const ROWS: &str = "SELECT version::text, NULL::text, CASE WHEN dirty THEN 'failed' ELSE 'reached' END \
                               FROM schema_migrations";

/// Applies one file between two writes of its version: first as dirty, then as clean. One that fails stays dirty.
pub(super) async fn apply(session: &mut Session<'_>, migration: &Migration) -> Result<MigrationRun> {
    let version = quote_literal(&migration.version);
    let set = |dirty: bool| {
        format!(
            "BEGIN; TRUNCATE schema_migrations; \
             INSERT INTO schema_migrations (version, dirty) VALUES ({version}, {dirty}); COMMIT"
        )
    };
    let (announce, note) = (set(true), |_| set(false));
    let steps = Steps { table: TABLE, announce: &announce, note: &note, cuts: false };
    steps::run(session, migration, &steps).await
}
