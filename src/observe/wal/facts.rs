//! What one stretch of the log says.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::change::WalRows;
use crate::model::tuples::TupleIds;

/// A file that holds a table, as the log names it: database oid and file node.
pub type File = (u32, u32);

/// What one stretch of the log says. A transaction counts in the stretch in which it ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WalFacts {
    /// Rows by file, of committed transactions.
    pub rows: WalRows,
    /// Of the rows inserted into a file: how many were there before, and came out of another file because ALTER
    /// TABLE rewrote the table or REFRESH filled it again. Means something only for a table that was not made in
    /// this stretch, and whose file node is not its oid.
    pub copied: BTreeMap<File, u64>,
    /// Tables and the like that were given other files, in the order in which that was done and committed.
    pub successions: Vec<Succession>,
    /// Files that TRUNCATE emptied in place, as it does in the transaction that made them: what records had put there by
    /// then, of all that they put there.
    pub emptied: BTreeMap<File, EmptiedRows>,
    /// Of the rows deleted from a file: how many went to another partition by an UPDATE of their key.
    pub moved: BTreeMap<File, u64>,
    /// Transactions and subtransactions that wrote rows and were committed.
    pub committed: u64,
    /// Transactions and subtransactions that wrote rows and were rolled back; nothing of them is counted.
    pub aborted: u64,
    /// Transactions and subtransactions that wrote rows and had not ended at the end of this stretch: running,
    /// prepared, or lost in a crash.
    pub undecided: u64,
    /// Files that those wrote to.
    pub undecided_files: BTreeSet<File>,
    /// Rows that records of this stretch wrote or removed, by file, whatever became of the transaction.
    pub touched: BTreeMap<File, TouchedRows>,
    /// Tables and indexes that transactions locked against everybody, in the order in which those ended.
    pub exclusive: Vec<ExclusiveHold>,
    /// Files of sequences whose value was set, whatever became of the transaction. Not every value that one gives is in
    /// the log: a record is good for thirty-two of them.
    pub sequences: BTreeSet<File>,
}

/// What records did to a file until TRUNCATE emptied it, the last time if it did so several times.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EmptiedRows {
    /// Rows inserted.
    pub inserted: u64,
    /// Rows deleted.
    pub deleted: u64,
    /// Of the rows inserted: how many a rewrite copied, as in [`WalFacts::copied`].
    pub copied: u64,
}

/// A table, index or the like that was given another file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Succession {
    /// Oids of the database and of the table.
    pub relation: (u32, u32),
    /// The file node that it had.
    pub from: u32,
    /// The file node that it has.
    pub to: u32,
    /// How the other file came about.
    pub successor: Successor,
}

/// What kind of file takes another's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Successor {
    /// One that TRUNCATE made, without any row.
    Empty,
    /// One that a rewrite filled, or REFRESH.
    Rewritten,
    /// The same pages in another tablespace.
    Copied,
}

/// A table or index that one transaction locked against everybody (`ACCESS EXCLUSIVE`). Times are the server's, in
/// microseconds since the year 2000 began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExclusiveHold {
    /// The transaction; of a subtransaction that was committed the one that it belongs to.
    pub xid: u32,
    /// Oids of the database and of the table or index.
    pub relation: (u32, u32),
    /// The end of another transaction that the log has before this lock; `None` if there is none.
    pub after_us: Option<i64>,
    /// When the transaction ended.
    pub until_us: i64,
}

/// Rows of one file that somebody wrote or removed. Every other row is the one that was there before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TouchedRows {
    /// All of them lie here, or lay here.
    At(TupleIds),
    /// Too many to keep, or the file was made anew.
    TooMany,
}
