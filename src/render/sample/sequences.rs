//! Sequences that a migration moved, for the samples.

use crate::model::name::TableName;
use crate::model::sequence::{Behind, SequenceChange};

/// One that falls behind its column, one that goes on, and one that is gone.
pub(super) fn moved() -> Vec<SequenceChange> {
    let change = |name: &str, next_before, next_after, behind| SequenceChange {
        sequence: TableName::new("public", name),
        next_before,
        next_after,
        behind,
    };
    let behind =
        Behind { table: TableName::new("public", "orders"), column: "id".to_owned(), reach: 600_000 };
    vec![
        change("orders_id_seq", Some(600_001), Some(1), Some(behind)),
        change("receipt_numbers", Some(700_001), Some(700_033), None),
        change("old_numbers", Some(12), None, None),
    ]
}
