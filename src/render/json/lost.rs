//! Rows that were lost, as JSON.

use serde::Serialize;

use crate::model::lost::LostRows;

/// A few rows, five at most, as they stand in the masked seed.
#[derive(Serialize)]
pub(super) struct Lost<'a> {
    columns: &'a [String],
    /// Of each row a value for each column as the server prints it, cut to 80 characters and an ellipsis; `null` for NULL.
    rows: &'a [Vec<Option<String>>],
}

/// A few rows; `None` if none is known.
pub(super) fn lost(rows: &LostRows) -> Option<Lost<'_>> {
    (!rows.is_empty()).then_some(Lost { columns: &rows.columns, rows: &rows.rows })
}
