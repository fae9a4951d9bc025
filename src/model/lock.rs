//! What a migration locked, and who would have waited for it.

use std::collections::BTreeMap;
use std::fmt;

use super::name::TableName;

/// How a table is locked, weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LockMode {
    /// As SELECT takes it.
    AccessShare,
    /// As SELECT FOR UPDATE takes it.
    RowShare,
    /// As INSERT, UPDATE and DELETE take it.
    RowExclusive,
    /// As CREATE INDEX CONCURRENTLY, VALIDATE CONSTRAINT and VACUUM take it.
    ShareUpdateExclusive,
    /// As CREATE INDEX takes it.
    Share,
    /// As CREATE TRIGGER takes it, and adding a foreign key.
    ShareRowExclusive,
    /// As REFRESH MATERIALIZED VIEW CONCURRENTLY takes it.
    Exclusive,
    /// As TRUNCATE, DROP TABLE and most forms of ALTER TABLE take it.
    AccessExclusive,
}

/// Whom a lock makes wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Blocked {
    /// Some or all changes of the schema, and no app.
    SchemaChanges,
    /// Whoever writes rows.
    Writes,
    /// Everybody.
    ReadsAndWrites,
}

impl LockMode {
    /// Every mode, weakest first.
    pub const ALL: [Self; 8] = [
        Self::AccessShare,
        Self::RowShare,
        Self::RowExclusive,
        Self::ShareUpdateExclusive,
        Self::Share,
        Self::ShareRowExclusive,
        Self::Exclusive,
        Self::AccessExclusive,
    ];

    /// Its name in SQL.
    pub const fn sql(self) -> &'static str {
        match self {
            Self::AccessShare => "ACCESS SHARE",
            Self::RowShare => "ROW SHARE",
            Self::RowExclusive => "ROW EXCLUSIVE",
            Self::ShareUpdateExclusive => "SHARE UPDATE EXCLUSIVE",
            Self::Share => "SHARE",
            Self::ShareRowExclusive => "SHARE ROW EXCLUSIVE",
            Self::Exclusive => "EXCLUSIVE",
            Self::AccessExclusive => "ACCESS EXCLUSIVE",
        }
    }

    /// The mode that `pg_locks` calls so (`AccessShareLock`).
    pub fn of_server(name: &str) -> Option<Self> {
        let name = name.strip_suffix("Lock")?;
        Self::ALL.into_iter().find(|mode| mode.sql().replace(' ', "").eq_ignore_ascii_case(name))
    }

    /// Whom it makes wait.
    pub const fn blocks(self) -> Blocked {
        match self {
            Self::AccessShare | Self::RowShare | Self::RowExclusive | Self::ShareUpdateExclusive => {
                Blocked::SchemaChanges
            }
            Self::Share | Self::ShareRowExclusive | Self::Exclusive => Blocked::Writes,
            Self::AccessExclusive => Blocked::ReadsAndWrites,
        }
    }
}

/// A lock that a migration held on a table that was there before it.
#[derive(Clone, Debug, PartialEq)]
pub struct HeldLock {
    /// The table, by the name that it had before.
    pub table: TableName,
    /// How it was locked.
    pub mode: LockMode,
    /// How long the longest of its transactions held it, in seconds.
    pub held_s: f64,
    /// When that one had it, since the migration began, in seconds.
    pub begun_s: f64,
    /// A moment at which that one surely had it, since the migration began, in seconds: where the log has its end, that, else when it was
    /// first seen.
    pub certain_s: f64,
    /// How many transactions were seen to hold it.
    pub times: u64,
    /// The line of the file in which the first statement stands that took it, where statements were watched one by one.
    pub line: Option<usize>,
    /// Of a command that ran several migrations: the one that took it, by its name, where it is known.
    pub step: Option<String>,
}

/// What one statement of a file locked of the tables that were there before, and kept until its transaction ended.
#[derive(Clone, Debug, PartialEq)]
pub struct StatementLocks {
    /// Its line in the file, from 1.
    pub line: usize,
    /// How long it took, in seconds.
    pub duration_s: f64,
    /// Tables, by the names that they had before, and modes, the strongest of each table first.
    pub locks: Vec<(TableName, LockMode)>,
}

impl HeldLock {
    /// What it makes wait (`writes to orders`).
    pub fn waiting(&self) -> String {
        let preposition = if self.mode.blocks() == Blocked::Writes { "to" } else { "of" };
        format!("{} {preposition} {}", self.mode.blocks(), self.table)
    }
}

impl fmt::Display for Blocked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SchemaChanges => "schema changes",
            Self::Writes => "writes",
            Self::ReadsAndWrites => "reads and writes",
        })
    }
}

/// What was locked at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LockSample {
    /// When, by the server's clock, in microseconds since the beginning of the year 2000 as the server counts them.
    pub at_us: i64,
    /// Locks that were held; those that were waited for are left out.
    pub held: Vec<SampledLock>,
    /// Since when each server process has been at what it was at, as [`Self::at_us`]: when its transaction began, or when
    /// it had nothing to do any more. What another transaction of it held was gone by then, or was about to be committed, if
    /// one message said both.
    pub turned_us: BTreeMap<i32, i64>,
}

/// A lock that somebody held at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SampledLock {
    /// The table or index, by its oid.
    pub relation: u32,
    /// How it was locked.
    pub mode: LockMode,
    /// The server process that held it.
    pub pid: i32,
    /// The transaction that held it, as the server numbers those that may not write; `None` if that has ended and is about to let
    /// go of its locks.
    pub transaction: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_of_the_server_are_known() {
        let names = [
            "AccessShareLock",
            "RowShareLock",
            "RowExclusiveLock",
            "ShareUpdateExclusiveLock",
            "ShareLock",
            "ShareRowExclusiveLock",
            "ExclusiveLock",
            "AccessExclusiveLock",
        ];
        assert_eq!(names.map(LockMode::of_server), LockMode::ALL.map(Some));
        assert_eq!(LockMode::of_server("SIReadLock"), None);
    }

    #[test]
    fn a_stronger_lock_makes_no_fewer_wait() {
        assert!(LockMode::ALL.is_sorted_by_key(|mode| mode.blocks()));
        assert_eq!(LockMode::Share.blocks(), Blocked::Writes);
        assert_eq!(LockMode::ShareUpdateExclusive.blocks(), Blocked::SchemaChanges);
    }
}
