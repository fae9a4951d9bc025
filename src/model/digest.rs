//! Rows reduced to what comparing them needs.

use super::name::TableName;

/// One row: its key and a digest of its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowDigest {
    /// The key's text form; rows arrive in ascending order of these bytes.
    pub key: Vec<u8>,
    /// A digest of the compared columns.
    pub content: u128,
}

/// Which rows to digest and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DigestQuery {
    /// The table.
    pub table: TableName,
    /// Key columns; empty: the content itself is the key.
    pub key: Vec<String>,
    /// Columns whose values are compared.
    pub columns: Vec<String>,
}
