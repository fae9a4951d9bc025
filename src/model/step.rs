//! One migration of several that a command ran in one go, told apart by the writes to its tool's version table.

use std::collections::BTreeSet;
use std::fmt;

use super::change::{GrossRows, TableEvent};
use super::name::TableName;

/// One step of a command, in the order in which they were committed. Together they are all that the command did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Which one.
    pub name: StepName,
    /// Tables that it touched, in order of name.
    pub tables: Vec<StepTable>,
    /// Rows that it wrote to files of which no catalogue says whose they are: none but of a table that was made anew
    /// several times.
    pub unplaced: GrossRows,
    /// Bytes of write-ahead log until its end, since the end of the step before it.
    pub wal_bytes: u64,
    /// When the last of it was committed, by the server's clock in microseconds since the year 2000 began; `None` of what
    /// was never committed.
    pub until_us: Option<i64>,
}

/// What a step is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepName {
    /// A migration that was noted as applied, by the name that its tool knows it by.
    Applied(String),
    /// A migration that was announced, and never noted as applied.
    Unfinished(String),
    /// A migration that was taken back.
    TakenBack(String),
    /// What was committed before, between or after migrations, and belongs to none.
    Between(String),
}

/// What a step did to one table. How the rows compare with the seed is known only at the end of the command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepTable {
    /// Whose rows.
    pub table: StepTableName,
    /// What its statements did.
    pub gross: GrossRows,
    /// What happened to the table as a whole.
    pub events: BTreeSet<TableEvent>,
}

/// A table that a step touched.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StepTableName {
    /// One that is there before or after the command, by the name that the command's change has for it.
    Known(TableName),
    /// One that the command made and dropped again, by its name without its schema.
    Passing(String),
}

impl Step {
    /// Whether it touched no row and no table.
    pub fn is_silent(&self) -> bool {
        self.tables.is_empty() && self.unplaced.is_zero()
    }

    /// What it did to a table; `None` if nothing.
    pub fn table(&self, table: &TableName) -> Option<&StepTable> {
        self.tables
            .iter()
            .find(|touched| matches!(&touched.table, StepTableName::Known(name) if name == table))
    }
}

impl StepTable {
    /// Whether rows of it may be gone since.
    pub fn may_lose(&self) -> bool {
        let gone = [TableEvent::Dropped, TableEvent::Replaced, TableEvent::Truncated];
        self.gross.deleted > 0 || gone.iter().any(|event| self.events.contains(event))
    }

    /// Whether its rows may have other values since.
    pub fn may_differ(&self) -> bool {
        self.gross.updated > 0 || self.events.contains(&TableEvent::Rewritten)
    }
}

impl fmt::Display for StepName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Applied(name) => f.write_str(name),
            Self::Unfinished(name) => write!(f, "{name} (not finished)"),
            Self::TakenBack(name) => write!(f, "{name} (taken back)"),
            Self::Between(place) => f.write_str(place),
        }
    }
}

impl fmt::Display for StepTableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(table) => table.fmt(f),
            Self::Passing(table) => f.write_str(table),
        }
    }
}
