//! Databases of the server that came and went, as JSON.

use serde::Serialize;

use crate::model::database::{DatabaseChange, DatabaseEvent};

#[derive(Serialize)]
pub(super) struct Database<'a> {
    /// Afterwards; before, if it was dropped.
    name: &'a str,
    /// `created`, `dropped` or `renamed`.
    event: &'static str,
    /// Of one that was dropped: its tables in the seed.
    tables: Option<usize>,
    /// Of one that was dropped: their rows in the seed.
    rows: Option<u64>,
    /// Of one that was renamed: its name before.
    from: Option<&'a str>,
}

/// One of them.
pub(super) fn database(of: &DatabaseChange) -> Database<'_> {
    let (event, tables, rows, from) = match &of.event {
        DatabaseEvent::Created => ("created", None, None, None),
        DatabaseEvent::Dropped { tables, rows } => ("dropped", Some(*tables), Some(*rows), None),
        DatabaseEvent::Renamed { from } => ("renamed", None, None, Some(from.as_str())),
    };
    Database { name: &of.name, event, tables, rows, from }
}
