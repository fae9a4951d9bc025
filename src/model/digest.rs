//! Rows reduced to what comparing them needs.

use std::sync::Arc;

use super::name::TableName;
use super::tuples::{TupleId, TupleIds};

/// One row: its key and a digest of its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowDigest {
    /// The key in bytes; rows arrive in their ascending order.
    pub key: Vec<u8>,
    /// A digest of the compared columns.
    pub content: u128,
    /// Where the row lies, if the query asks for it.
    pub at: Option<TupleId>,
    /// A digest of each column that is not in the key, if the query asks for them one by one.
    pub columns: Vec<u128>,
}

impl RowDigest {
    /// Whether two rows are the same, wherever they lie.
    pub fn is_same_as(&self, other: &Self) -> bool {
        self.content == other.content && self.key == other.key
    }
}

/// Which rows to digest and how. Digests of two queries compare only if their columns are of the same forms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DigestQuery {
    /// The table.
    pub table: TableName,
    /// Key columns, none of which holds NULL; empty: the content itself is the key.
    pub key: Vec<DigestColumn>,
    /// Columns whose values are compared. Those of the key are part of its bytes, and need not go into the content.
    pub columns: Vec<DigestColumn>,
    /// Rows that must be there if they exist; others may be or not, by their tuple id alone. `None`: all rows.
    pub rows: Option<Arc<TupleIds>>,
    /// Whether each row comes with the place where it lies: of a table that holds rows of its own.
    pub has_places: bool,
    /// Whether each column that is not in the key has a digest of its own, in the order of the query; only with a key.
    pub is_by_column: bool,
}

impl DigestQuery {
    /// Columns that are not in the key.
    pub fn beside_key(&self) -> impl Iterator<Item = &DigestColumn> {
        self.columns.iter().filter(|column| !self.key.contains(column))
    }
}

/// A column and what of its values goes into a digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DigestColumn {
    /// Its name.
    pub name: String,
    /// What of its values.
    pub form: Form,
}

/// What of a column's values goes into a digest. Values differ in it exactly where their text differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Form {
    /// Integers of any width, as numbers.
    Integer,
    /// UUIDs, as their sixteen bytes.
    Uuid,
    /// Text of any length limit, as its bytes, whatever its collation holds equal.
    Characters,
    /// `timestamp`, as its microseconds.
    Timestamp,
    /// `timestamptz`, as its microseconds.
    Timestamptz,
    /// `numeric` of any scale, as its digits and how many of them are printed.
    Numeric,
    /// `jsonb`, as its text.
    Jsonb,
    /// The value itself, of a type of which equal values have equal text and whose hash takes all of it in.
    Value,
    /// What the type prints.
    Text,
}
