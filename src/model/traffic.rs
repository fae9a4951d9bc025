//! What works on the databases while migrations run, as an app would, and how long they keep it waiting.

use std::fmt;
use std::path::PathBuf;

use super::lock::LockMode;
use super::migration::SqlFailure;
use super::name::TableName;

/// What is to run while migrations do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TrafficSpec {
    /// A command in the image of a service, with its environment and volumes.
    Command {
        /// The service.
        service: String,
        /// It, in words; replaces the command of the service, not its entrypoint.
        command: Vec<String>,
    },
    /// A script that `pgbench` runs over and over, from the image of a database.
    Script {
        /// The service whose database it is run on.
        database: String,
        /// The file.
        file: PathBuf,
        /// Its text.
        text: String,
        /// How many connections run it at once.
        clients: u16,
    },
}

impl TrafficSpec {
    /// The service whose image it runs in.
    pub fn service(&self) -> &str {
        match self {
            Self::Command { service, .. } => service,
            Self::Script { database, .. } => database,
        }
    }
}

impl fmt::Display for TrafficSpec {
    /// As a report calls it: the command, or `pgbench` and the name of the script.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Command { command, .. } => f.write_str(&command.join(" ")),
            Self::Script { file, .. } => {
                write!(f, "pgbench {}", file.file_name().unwrap_or_default().to_string_lossy())
            }
        }
    }
}

/// The connections of the traffic at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrafficSample {
    /// When, as [`super::lock::LockSample::at_us`].
    pub at_us: i64,
    /// One a connection.
    pub sessions: Vec<TrafficSession>,
}

/// One connection at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrafficSession {
    /// The server process.
    pub pid: i32,
    /// When its present or last statement began; `None` before the first.
    pub statement_us: Option<i64>,
    /// What that one waits for, if it is a lock.
    pub wait: Option<LockWait>,
}

/// A lock that a statement waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockWait {
    /// The table or index, by its oid; where the server does not say, all that the process has locked to write.
    pub relations: Vec<u32>,
    /// What kind of lock it is.
    pub of: Awaited,
    /// Since when it waits; `None` where the server does not say (before PostgreSQL 14).
    pub since_us: Option<i64>,
    /// The processes that it waits for, those before it in the queue as well.
    pub blockers: Vec<i32>,
}

/// What kind of lock a statement waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Awaited {
    /// One on a table or index.
    Relation(LockMode),
    /// One on a row that another transaction has changed, or the end of that transaction.
    Row,
    /// Any other, such as an advisory one.
    Other,
}

/// What the statements that waited wanted of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Access {
    /// To read it.
    Reads,
    /// To write its rows.
    Writes,
    /// Anything else.
    Others,
}

impl Awaited {
    /// What a statement wants that waits for it.
    pub const fn access(self) -> Access {
        match self {
            Self::Relation(LockMode::AccessShare) => Access::Reads,
            Self::Relation(LockMode::RowShare | LockMode::RowExclusive) | Self::Row => Access::Writes,
            Self::Relation(_) | Self::Other => Access::Others,
        }
    }
}

/// How long statements waited.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Waits {
    /// How many of them waited.
    pub statements: u64,
    /// The one that waited longest, in seconds.
    pub longest_s: f64,
    /// All of them together, in seconds.
    pub total_s: f64,
}

impl Waits {
    /// Those of both.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        Self {
            statements: self.statements + other.statements,
            longest_s: self.longest_s.max(other.longest_s),
            total_s: self.total_s + other.total_s,
        }
    }

    /// Adds a statement that waited for so long.
    pub fn add(&mut self, waited_s: f64) {
        self.statements += 1;
        self.longest_s = self.longest_s.max(waited_s);
        self.total_s += waited_s;
    }
}

/// The statements that waited for one table.
#[derive(Clone, Debug, PartialEq)]
pub struct TableWaits {
    /// The table, by the name that it had before; `None` where the server does not say which it was.
    pub table: Option<TableName>,
    /// What they wanted of it.
    pub access: Access,
    /// How long they waited.
    pub waits: Waits,
}

impl TableWaits {
    /// Who waited (`writes to orders`).
    pub fn who(&self) -> String {
        match (self.access, &self.table) {
            (Access::Reads, Some(table)) => format!("reads of {table}"),
            (Access::Writes, Some(table)) => format!("writes to {table}"),
            (Access::Others, Some(table)) => format!("other statements on {table}"),
            (_, None) => "statements".to_owned(),
        }
    }
}

/// How long one migration kept the traffic waiting.
#[derive(Clone, Debug, PartialEq)]
pub struct MigrationTraffic {
    /// The service whose database it changed.
    pub database: String,
    /// The migration, by its name.
    pub migration: String,
    /// How long it took with the traffic, in seconds.
    pub duration_s: f64,
    /// Why it failed with the traffic, though it runs through alone.
    pub failure: Option<SqlFailure>,
    /// Statements of the traffic that were seen meanwhile; there may have been more.
    pub seen: u64,
    /// Statements that waited for it at all.
    pub all: Waits,
    /// By table and access, those that waited longest first.
    pub tables: Vec<TableWaits>,
}

/// What came of the traffic.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Traffic {
    /// What ran, as [`TrafficSpec`] is displayed.
    pub command: String,
    /// The migrations that ran with it, in order.
    pub migrations: Vec<MigrationTraffic>,
    /// Why it does not tell what production would have felt; anything here makes the run end as "could not verify".
    pub doubts: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_is_told_by_what_it_wants() {
        let waits = |access, table: Option<&str>| {
            let table = table.map(|table| TableName::new("public", table));
            TableWaits { table, access, waits: Waits::default() }.who()
        };
        assert_eq!(waits(Awaited::Relation(LockMode::AccessShare).access(), Some("a")), "reads of a");
        assert_eq!(waits(Awaited::Relation(LockMode::RowExclusive).access(), Some("a")), "writes to a");
        assert_eq!(waits(Awaited::Row.access(), Some("a")), "writes to a");
        assert_eq!(waits(Awaited::Relation(LockMode::Share).access(), Some("a")), "other statements on a");
        assert_eq!(waits(Awaited::Other.access(), None), "statements");
    }
}
