//! Plain `.sql` files, run in order of name and remembered in `stage_migrations`.

use super::Session;
use super::steps::{self, Steps};
use crate::model::error::{Error, ErrorKind, Location, Result};
use crate::model::migration::{Migration, MigrationLayout, MigrationRun};
use crate::model::name::quote_literal;

const TABLE: &str = "CREATE TABLE IF NOT EXISTS stage_migrations \
                     (name text PRIMARY KEY, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())";

/// Applies one file, in a transaction of its own unless it says otherwise. One that was applied is left alone.
pub(super) async fn apply(
    session: &mut Session<'_>,
    migration: &Migration,
    all: &[Migration],
) -> Result<MigrationRun> {
    let applied = super::applied(session.connection, MigrationLayout::Plain).await?;
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
    if applied.iter().any(|earlier| earlier.version == migration.version) {
        let migration = migration.clone();
        let statements = Vec::new();
        return Ok(MigrationRun { migration, duration_s: 0.0, failure: None, output_tail: None, statements });
    }
    let note = |_| {
        format!(
            "INSERT INTO stage_migrations (name, checksum) VALUES ({}, {})",
            quote_literal(&migration.version),
            quote_literal(&migration.checksum)
        )
    };
    steps::run(session, migration, &Steps { table: TABLE, announce: "", note: &note, cuts: false }).await
}
