//! An approval lifts one guard for one migration, bound to the migration's checksum.

use jiff::Timestamp;

/// A finding that somebody looked at and accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approval {
    /// The guard that it lifts, by its id (`rows_lost`).
    pub guard: String,
    /// Hexadecimal SHA-384 of the migration's text; an edited migration needs a new approval.
    pub checksum: String,
    /// Why it is right.
    pub reason: String,
    /// Who accepted it.
    pub by: String,
    /// When it ends.
    pub until: Option<Timestamp>,
}
