//! Rows reduced to what comparing them needs.

use std::sync::Arc;

use super::name::TableName;
use super::tuples::{TupleId, TupleIds};

/// One row: its key, and what is compared of its other columns. In one piece of memory, as there are millions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RowDigest {
    /// The key, then the columns: each its length in four bytes, of which -1 is NULL, and so many bytes.
    bytes: Vec<u8>,
    key_bytes: usize,
    /// Where the row lies, if the query asks for it.
    pub at: Option<TupleId>,
}

impl RowDigest {
    /// A row of this key, and no more columns yet.
    pub fn of_key(key: Vec<u8>) -> Self {
        Self { key_bytes: key.len(), bytes: key, at: None }
    }

    /// Adds columns, as they arrive: each its length in four bytes, the first ones first, and so many bytes; NULL is a
    /// length of -1 and no bytes.
    pub fn push_columns(&mut self, fields: &[u8]) {
        self.bytes.extend_from_slice(fields);
    }

    /// The key in bytes; rows arrive in their ascending order.
    pub fn key(&self) -> &[u8] {
        &self.bytes[..self.key_bytes]
    }

    /// The columns that are not in the key, as they arrived; empty where the key is the content.
    pub fn content(&self) -> &[u8] {
        &self.bytes[self.key_bytes..]
    }

    /// Whether two rows are the same, wherever they lie.
    pub fn is_same_as(&self, other: &Self) -> bool {
        self.key_bytes == other.key_bytes && self.bytes == other.bytes
    }
}

/// The columns of a row's content, one by one, each with its length before it, so that NULL is no empty one.
pub fn columns(content: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = content;
    std::iter::from_fn(move || {
        let length = i32::from_be_bytes(*rest.first_chunk()?);
        rest.split_off(..size_of::<i32>() + usize::try_from(length).unwrap_or(0))
    })
}

/// Which rows to digest and how. Digests of two queries compare only if their columns are of the same forms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DigestQuery {
    /// The table.
    pub table: TableName,
    /// Key columns, none of which holds NULL; empty: the content itself is the key.
    pub key: Vec<DigestColumn>,
    /// Columns whose values are compared. Those of the key are part of its bytes; with a key the others come one by one, in
    /// this order.
    pub columns: Vec<DigestColumn>,
    /// Rows that must be there if they exist; others may be or not, by their tuple id alone. `None`: all rows.
    pub rows: Option<Arc<TupleIds>>,
    /// Whether each row comes with the place where it lies: of a table that holds rows of its own.
    pub has_places: bool,
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
    /// `bytea`, as its bytes.
    Bytes,
    /// The value itself, of a small type of which equal values have equal text and whose hash takes all of it in.
    Value,
    /// What the type prints.
    Text,
}
