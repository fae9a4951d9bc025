//! Limits on a change, and what breaks them.

use std::collections::BTreeMap;
use std::fmt;

use super::name::TableName;
use super::quantity::duration;

/// The ids of all guards, most severe first: the order of findings, and the cases of a JUnit report.
pub const GUARD_IDS: [&str; 10] = [
    "table_dropped",
    "rows_lost",
    "objects_lost",
    "values_lost",
    "rows_changed",
    "sequence_behind",
    "migration_failed",
    "service_failed",
    "suite_failed",
    "table_locked",
];

/// How much is too much: a number of rows, or a share of the table's rows in the seed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Limit {
    /// At most so many rows.
    Rows(u64),
    /// At most this share, in percent.
    Percent(f64),
    /// Not limited.
    Off,
}

impl Limit {
    /// Whether `rows` of `total` exceed this limit. Of an empty table nothing exceeds a share.
    #[expect(clippy::cast_precision_loss, reason = "a share of a count needs no more than 53 bits")]
    pub fn is_exceeded_by(self, rows: u64, total: u64) -> bool {
        match self {
            Self::Rows(limit) => rows > limit,
            Self::Percent(limit) => total > 0 && rows as f64 * 100.0 > limit * total as f64,
            Self::Off => false,
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rows(rows) => write!(f, "{rows} rows"),
            Self::Percent(percent) => write!(f, "{percent} %"),
            Self::Off => f.write_str("off"),
        }
    }
}

/// How long is too long.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum HoldLimit {
    /// At most so many seconds.
    AtMost(f64),
    /// Not limited.
    Off,
}

impl HoldLimit {
    /// Whether something that lasted `held_s` seconds exceeds this limit.
    pub fn is_exceeded_by(self, held_s: f64) -> bool {
        matches!(self, Self::AtMost(limit_s) if held_s > limit_s)
    }
}

impl fmt::Display for HoldLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtMost(limit_s) => f.write_str(&duration(*limit_s)),
            Self::Off => f.write_str("off"),
        }
    }
}

/// The limits of one guard: one for all tables, and exceptions by table.
#[derive(Clone, Debug, PartialEq)]
pub struct TableLimits<L = Limit> {
    /// For every table that has none of its own.
    pub all: L,
    /// By table.
    pub tables: BTreeMap<TableName, L>,
}

impl<L: Copy> TableLimits<L> {
    /// One limit for every table.
    pub fn all(all: L) -> Self {
        Self { all, tables: BTreeMap::new() }
    }

    /// The limit that holds for `table`.
    pub fn of(&self, table: &TableName) -> L {
        self.tables.get(table).copied().unwrap_or(self.all)
    }
}

/// The limits of an environment, one field a guard; what is not written keeps the default.
#[derive(Clone, Debug, PartialEq)]
pub struct GuardLimits {
    /// Rows of the seed that are gone, net, per table. Default: 10 %.
    pub rows_lost: TableLimits,
    /// Large objects of the seed that are gone, net; their number is given where rows are. Default: 10 %.
    pub objects_lost: Limit,
    /// Rows of the seed with other values, net, per table. Default: off.
    pub rows_changed: TableLimits,
    /// Tables that may be dropped or emptied without a finding. Default: none; `true` lifts the guard.
    pub allow_table_dropped: bool,
    /// Columns that held values may be dropped without a finding. Default: none; `true` lifts the guard.
    pub allow_values_lost: bool,
    /// Sequences may have yet to give values that their column holds. Default: none; `true` lifts the guard.
    pub allow_sequence_behind: bool,
    /// How long reads or writes of a table may be kept waiting by one transaction. Default: off.
    pub table_locked: TableLimits<HoldLimit>,
}

impl Default for GuardLimits {
    fn default() -> Self {
        Self {
            rows_lost: TableLimits::all(Limit::Percent(10.0)),
            objects_lost: Limit::Percent(10.0),
            rows_changed: TableLimits::all(Limit::Off),
            allow_table_dropped: false,
            allow_values_lost: false,
            allow_sequence_behind: false,
            table_locked: TableLimits::all(HoldLimit::Off),
        }
    }
}

/// A guard that was broken.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// The guard's id (`rows_lost`).
    pub guard: &'static str,
    /// The migration that broke it, by name; `None` for the suite.
    pub migration: Option<String>,
    /// The service whose database that one changes; `None` for the suite.
    pub database: Option<String>,
    /// Where that is a command that ran several: those of them that may have broken it, by name.
    pub steps: Vec<String>,
    /// The table it is about.
    pub table: Option<TableName>,
    /// One sentence without a final period: what, how much of how much, and the limit.
    pub message: String,
    /// What to do: the usual cause, or how to allow it.
    pub hint: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_exceeded_only_beyond_it() {
        assert!(!Limit::Percent(1.0).is_exceeded_by(10, 1000));
        assert!(Limit::Percent(1.0).is_exceeded_by(11, 1000));
        assert!(!Limit::Percent(0.0).is_exceeded_by(0, 0));
        assert!(Limit::Rows(0).is_exceeded_by(1, 0));
        assert!(!Limit::Off.is_exceeded_by(u64::MAX, 1));
    }
}
