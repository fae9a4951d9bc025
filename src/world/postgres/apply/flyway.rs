//! Flyway's scripts, as `flyway migrate` applies them.

use sqlx::AssertSqlSafe;

use super::Session;
use super::steps::{self, Steps};
use crate::model::error::Result;
use crate::model::flyway;
use crate::model::migration::{Migration, MigrationRun};
use crate::model::name::quote_literal;
use crate::world::postgres::errors::could_not;

const TABLE: &str = "DO $$ BEGIN IF to_regclass('flyway_schema_history') IS NULL THEN \
                     CREATE TABLE flyway_schema_history (installed_rank INT NOT NULL, version VARCHAR(50), \
                     description VARCHAR(200) NOT NULL, type VARCHAR(20) NOT NULL, script VARCHAR(1000) NOT NULL, \
                     checksum INTEGER, installed_by VARCHAR(100) NOT NULL, \
                     installed_on TIMESTAMP NOT NULL DEFAULT now(), execution_time INTEGER NOT NULL, \
                     success BOOLEAN NOT NULL, \
                     CONSTRAINT flyway_schema_history_pk PRIMARY KEY (installed_rank)); \
                     CREATE INDEX flyway_schema_history_s_idx ON flyway_schema_history (success); \
                     END IF; END $$";
/// Of several rows of a script the newest holds; what was taken back or given up by `repair` is as if it had never been.
/// The row of a schema that Flyway made is none of a script.
pub(super) const ROWS: &str = "SELECT key, checksum::text, CASE WHEN NOT success THEN 'failed' \
                               WHEN type LIKE '%BASELINE' THEN 'reached' ELSE 'applied' END FROM ( \
                               SELECT DISTINCT ON (coalesce(version, 'R__' || description)) *, \
                               coalesce(version, 'R__' || description) AS key FROM flyway_schema_history \
                               WHERE type <> 'SCHEMA' \
                               ORDER BY coalesce(version, 'R__' || description), installed_rank DESC) AS newest \
                               WHERE type <> 'DELETE' AND type NOT LIKE 'UNDO%' ORDER BY installed_rank";

/// Applies one script, in a transaction with its row, or statement by statement if no transaction may hold it. What fails
/// half-way is noted as failed, and nothing runs until that is repaired.
pub(super) async fn apply(session: &mut Session<'_>, migration: &Migration) -> Result<MigrationRun> {
    let note = |took_s: f64| row(migration, took_s, true);
    let run = steps::run(session, migration, &Steps { table: TABLE, announce: "", note: &note, cuts: true })
        .await?;
    if run.failure.is_some() && !migration.transactional {
        let failed = row(migration, run.duration_s, false);
        let noted = sqlx::raw_sql(AssertSqlSafe(failed)).execute(&mut *session.connection).await;
        noted.map_err(could_not("note the failed migration in flyway_schema_history"))?;
    }
    Ok(run)
}

/// The statement that adds the row of one script.
fn row(migration: &Migration, took_s: f64, success: bool) -> String {
    let version = if migration.version.starts_with("R__") {
        "NULL".to_owned()
    } else {
        quote_literal(&migration.version)
    };
    format!(
        "INSERT INTO flyway_schema_history \
         (installed_rank, version, description, type, script, checksum, installed_by, execution_time, success) \
         SELECT coalesce(max(installed_rank), 0) + 1, {version}, {}, 'SQL', {}, {}, current_user, {:.0}, {success} \
         FROM flyway_schema_history",
        quote_literal(&flyway::description(&migration.name).unwrap_or_default()),
        quote_literal(&migration.name),
        flyway::checksum(&migration.sql),
        took_s * 1000.0,
    )
}
