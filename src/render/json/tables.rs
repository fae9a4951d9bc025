//! Tables that a migration touched, as JSON.

use std::collections::BTreeMap;

use serde::Serialize;

use super::lost;
use crate::model::change::{GrossRows, TableChange, TableEvent};

#[derive(Serialize)]
pub(super) struct TouchedTable<'a> {
    /// The database of the server that it is in; `null` for the one that is migrated.
    elsewhere: Option<&'a str>,
    schema: &'a str,
    table: &'a str,
    rows_in_seed: u64,
    /// What the statements of this migration did; `null` where the log cannot tell.
    gross: Option<Gross>,
    /// Rows that TRUNCATE took, which are no deleted ones; `null` if it was not truncated, or the log cannot tell.
    truncated: Option<u64>,
    /// How the table compares with the seed after this migration, earlier ones included.
    net: Net,
    /// Of `created`, `dropped`, `rewritten`, `truncated`, `replaced`.
    events: Vec<&'static str>,
    /// What it takes on disk after it was rewritten, without its indexes; `null` if it was not.
    rewritten_bytes: Option<u64>,
    /// Of the missing rows: how many an UPDATE moved to another partition; 0 where that cannot be told for sure.
    moved: u64,
    /// Columns in which rows of the seed that are still there have other values.
    columns_changed: &'a [String],
    columns_dropped: &'a [String],
    values_lost: &'a BTreeMap<String, u64>,
    /// Some of the missing rows; `null` if none is.
    lost_rows: Option<lost::Lost<'a>>,
    /// Some of the rows that held a value in a dropped column; `null` if none did.
    lost_values: Option<lost::Lost<'a>>,
    columns_added: &'a [String],
}

#[derive(Serialize)]
pub(super) struct Gross {
    inserted: u64,
    updated: u64,
    deleted: u64,
}

#[derive(Serialize)]
struct Net {
    missing: u64,
    new: u64,
    different: u64,
}

pub(super) fn event(event: TableEvent) -> &'static str {
    match event {
        TableEvent::Created => "created",
        TableEvent::Dropped => "dropped",
        TableEvent::Rewritten => "rewritten",
        TableEvent::Truncated => "truncated",
        TableEvent::Replaced => "replaced",
    }
}

pub(super) fn gross(rows: GrossRows) -> Gross {
    Gross { inserted: rows.inserted, updated: rows.updated, deleted: rows.deleted }
}

pub(super) fn table(change: &TableChange) -> TouchedTable<'_> {
    TouchedTable {
        elsewhere: change.table.database.as_deref(),
        schema: &change.table.schema,
        table: &change.table.name,
        rows_in_seed: change.rows_in_seed,
        gross: change.gross.map(gross),
        truncated: change.truncated,
        net: Net { missing: change.net.missing, new: change.net.new, different: change.net.different },
        events: change.events.iter().copied().map(event).collect(),
        rewritten_bytes: change.rewritten_bytes,
        moved: change.moved,
        columns_changed: &change.columns_changed,
        columns_dropped: &change.columns_dropped,
        values_lost: &change.values_lost,
        lost_rows: lost::lost(&change.lost_rows),
        lost_values: lost::lost(&change.lost_values),
        columns_added: &change.columns_added,
    }
}
