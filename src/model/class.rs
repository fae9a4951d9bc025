//! Rows of `pg_class` by where they lie, as the write-ahead log names them.

use super::tuples::TupleId;

/// A table, materialized view or TOAST table, and where its row of `pg_class` lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClassPlace {
    /// Its identity.
    pub oid: u32,
    /// The file that holds it; 0 for a partitioned table.
    pub filenode: u32,
    /// The tablespace that holds it; 0 for the database's own.
    pub tablespace: u32,
    /// Whether it is a TOAST table, which holds long values of another one.
    pub is_toast: bool,
    /// Where the row lies.
    pub at: TupleId,
}
