//! What happened to databases since they were cloned, as JSON.

use serde::Serialize;

use super::tables::{TouchedTable, table};
use super::{databases, schema, sequences};
use crate::model::report::MigrationReport;

#[derive(Serialize)]
struct Since<'a> {
    database: &'a str,
    wal_bytes: u64,
    tables: Vec<TouchedTable<'a>>,
    schema_changes: Vec<schema::ObjectChange<'a>>,
    sequences: Vec<sequences::Moved<'a>>,
    databases: Vec<databases::Database<'a>>,
    doubts: &'a [String],
}

/// What happened to databases since they were cloned, an object each, with the keys of a migration that tell it.
pub fn changes_value(since: &[MigrationReport]) -> serde_json::Value {
    let changes = since.iter().map(|of| Since {
        database: &of.run.migration.database,
        wal_bytes: of.change.wal_bytes,
        tables: of.change.tables.iter().map(table).collect(),
        schema_changes: of.change.schema.iter().map(schema::object).collect(),
        sequences: of.change.sequences.iter().map(sequences::sequence).collect(),
        databases: of.change.databases.iter().map(databases::database).collect(),
        doubts: &of.change.doubts,
    });
    serde_json::to_value(changes.collect::<Vec<_>>()).unwrap_or_default()
}
