//! What a migration did ("blast radius"), exactly and with the witness that saw it.

use std::collections::{BTreeMap, BTreeSet};

use super::database::DatabaseChange;
use super::lock::{HeldLock, StatementLocks};
use super::lost::LostRows;
use super::name::TableName;
use super::object::ObjectCounts;
use super::schema_change::SchemaChange;
use super::sequence::SequenceChange;
use super::step::Step;

/// What the statements did to rows of one table, committed ones only. Gross: a row deleted and inserted again counts twice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GrossRows {
    /// Rows inserted.
    pub inserted: u64,
    /// Rows updated, a row updated twice counts twice; an update that changes no value counts.
    pub updated: u64,
    /// Rows deleted.
    pub deleted: u64,
}

impl GrossRows {
    /// Whether nothing happened.
    pub fn is_zero(self) -> bool {
        self == Self::default()
    }
}

/// How the rows of one table compare with the seed, by primary key, or by content where a table has none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NetRows {
    /// Rows of the seed that are no longer there.
    pub missing: u64,
    /// Rows that the seed did not have.
    pub new: u64,
    /// Rows of the seed that are still there with other values in columns that both have.
    pub different: u64,
}

/// What happened to a table as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TableEvent {
    /// It did not exist before.
    Created,
    /// It no longer exists.
    Dropped,
    /// Its file is another one, by a rewriting ALTER TABLE, VACUUM FULL, CLUSTER or REFRESH.
    Rewritten,
    /// TRUNCATE emptied it.
    Truncated,
    /// Its name belongs to another table now: dropped and made again.
    Replaced,
}

/// What happened to one table during one migration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableChange {
    /// The table, by the name it has afterwards (before, if it was dropped).
    pub table: TableName,
    /// Rows in the seed; 0 for a table that the seed does not have.
    pub rows_in_seed: u64,
    /// What this migration's statements did. `None` where the log cannot tell (unlogged tables).
    pub gross: Option<GrossRows>,
    /// Rows that TRUNCATE took, those among them that the migration itself had inserted; they are no deleted ones. `None`
    /// if it was not truncated, or where the log cannot tell.
    pub truncated: Option<u64>,
    /// How the table compares with the seed after this migration, all earlier ones included.
    pub net: NetRows,
    /// What happened to the table as a whole.
    pub events: BTreeSet<TableEvent>,
    /// What the table takes on disk after it was rewritten, with what lies out of line and without indexes, in bytes; `None`
    /// if it was not.
    pub rewritten_bytes: Option<u64>,
    /// Of the missing rows: how many an UPDATE moved to another partition of the same table, where they are new ones. 0 where
    /// anything else took rows of its partitions or brought some, so that nobody can tell them apart.
    pub moved: u64,
    /// Columns in which rows of the seed that are still there have other values, by the names that they have now.
    pub columns_changed: Vec<String>,
    /// Columns that the seed has and the table no longer has.
    pub columns_dropped: Vec<String>,
    /// Of those columns: in how many rows of the seed each held a value, not NULL. Such that held none are left out.
    pub values_lost: BTreeMap<String, u64>,
    /// Some of the missing rows.
    pub lost_rows: LostRows,
    /// Some of the rows that held a value in a dropped column.
    pub lost_values: LostRows,
    /// Columns that the seed does not have.
    pub columns_added: Vec<String>,
}

impl TableChange {
    /// Rows of the seed that are in no partition any more.
    pub fn lost(&self) -> u64 {
        self.net.missing.saturating_sub(self.moved)
    }
}

/// What one migration did.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Change {
    /// Tables that any witness shows as touched, in order of name; those of other databases of the server last.
    pub tables: Vec<TableChange>,
    /// Bytes of write-ahead log that it wrote.
    pub wal_bytes: u64,
    /// Bytes that it wrote to temporary files, as sorts and hashes do that find no room in memory; `None` where the server
    /// does not say in time (before PostgreSQL 15).
    pub temp_bytes: Option<u64>,
    /// What it did to the schema.
    pub schema: Vec<SchemaChange>,
    /// Of a command: the migrations that its tool ran, in order, as far as the log tells them apart.
    pub steps: Vec<Step>,
    /// What it locked, by table, the strongest mode first: every `ACCESS EXCLUSIVE`, others if they were held for a while.
    pub locks: Vec<HeldLock>,
    /// Of a file whose transaction was watched statement by statement: what each of them locked, in order.
    pub statements: Vec<StatementLocks>,
    /// Sequences that stand elsewhere than before, and those that are behind their column, in order of name.
    pub sequences: Vec<SequenceChange>,
    /// What it did to large objects.
    pub objects: ObjectCounts,
    /// Other databases of the server that came, went or were renamed.
    pub databases: Vec<DatabaseChange>,
    /// Why the witnesses do not agree; anything here makes the run end as "could not verify".
    pub doubts: Vec<String>,
}

/// Facts of the write-ahead log over one stretch: rows by the file that holds them, committed transactions only.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WalRows {
    /// By database oid and file node (`relfilenode`).
    pub by_file: BTreeMap<(u32, u32), GrossRows>,
}
