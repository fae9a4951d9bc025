//! What a migration made of sequences, as JSON.

use serde::Serialize;

use crate::model::sequence::{Behind, SequenceChange};

#[derive(Serialize)]
pub(super) struct Moved<'a> {
    schema: &'a str,
    sequence: &'a str,
    /// The value that it would have given next before; `null` if it is new.
    next_before: Option<i64>,
    /// The value that it gives next; `null` if it is gone.
    next_after: Option<i64>,
    /// A unique column that holds values already that it has yet to give, and in the seed held none; `null` if there is none.
    behind: Option<Ahead<'a>>,
}

#[derive(Serialize)]
struct Ahead<'a> {
    schema: &'a str,
    table: &'a str,
    column: &'a str,
    /// Its greatest value; its least if the sequence goes down.
    reach: i64,
}

/// One sequence.
pub(super) fn sequence(of: &SequenceChange) -> Moved<'_> {
    Moved {
        schema: &of.sequence.schema,
        sequence: &of.sequence.name,
        next_before: of.next_before,
        next_after: of.next_after,
        behind: of.behind.as_ref().map(column),
    }
}

fn column(behind: &Behind) -> Ahead<'_> {
    let Behind { table, column, reach } = behind;
    Ahead { schema: &table.schema, table: &table.name, column, reach: *reach }
}
