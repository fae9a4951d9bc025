//! Single rows: which ones to read, and where each lies.

use super::name::TableName;
use super::tuples::TupleId;

/// Which rows of a table to read, and what of them.
#[derive(Clone, Debug, PartialEq)]
pub struct RowQuery {
    /// The table: one that holds rows of its own.
    pub table: TableName,
    /// Columns whose values are asked for; none asks for places alone.
    pub columns: Vec<String>,
    /// Which rows.
    pub which: WhichRows,
    /// At most so many, the first ones in the order of the file.
    pub limit: usize,
}

/// Which rows of a table.
#[derive(Clone, Debug, PartialEq)]
pub enum WhichRows {
    /// Any.
    Any,
    /// Those that lie here, if they exist.
    At(Vec<TupleId>),
    /// Those that hold a value, not NULL, in one of these columns.
    Holding(Vec<String>),
    /// Whole pages spread over the table, about this share of it in percent, the same ones every time.
    Spread(f64),
}

/// A row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlacedRow {
    /// Where it lies.
    pub at: TupleId,
    /// The values that were asked for, in order, cut as [`super::lost::LostRows`] says; `None` for NULL.
    pub values: Vec<Option<String>>,
}
