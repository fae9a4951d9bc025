//! One stretch of the log commit by commit, cut where a version table was written to.

use std::collections::{BTreeMap, BTreeSet};

use super::class::ClassRow;
use super::facts::File;
use super::heap::{Offsets, Written};
use super::ledger::RowRecord;
use super::tuple::{TupleBytes, TuplePatch};
use crate::model::change::GrossRows;
use crate::model::lsn::Lsn;
use crate::model::tuples::TupleId;

/// What was committed, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Commits {
    /// Parts of transactions, in the order in which those were committed.
    pub parts: Vec<Part>,
    /// What was made in this stretch, by file.
    pub made: BTreeMap<File, ClassRow>,
    /// Tables and the like by the files that they had for a while, by oid.
    pub passed: BTreeMap<File, u32>,
    /// Version tables by database and oid, those that were made in this stretch among them.
    pub version_tables: BTreeMap<(u32, u32), String>,
    /// Files that TRUNCATE put in the place of theirs.
    pub version_files: BTreeSet<File>,
}

/// What one transaction did until it wrote to a version table, or until its end; or several transactions in a row that
/// wrote to none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Part {
    /// Rows by file.
    pub rows: BTreeMap<File, PartRows>,
    /// Files that were made, for a table or an index.
    pub made: BTreeSet<File>,
    /// Files that were given up by the end of the transaction: its last part has them, whenever that happened.
    pub dropped: BTreeSet<File>,
    /// Tables, indexes and the like that were dropped, by database and oid.
    pub classes_dropped: BTreeSet<(u32, u32)>,
    /// What it wrote to a version table at its end.
    pub mark: Option<Mark>,
    /// Whether the transaction goes on in the next part.
    pub goes_on: bool,
    /// Where it ends.
    pub until: Lsn,
    /// When it was committed, by the server's clock in microseconds since the year 2000 began, as its record says.
    pub until_us: Option<i64>,
}

/// Rows of one file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PartRows {
    /// What the records wrote.
    pub gross: GrossRows,
    /// Of the rows inserted: how many came out of another file by a rewrite, as in `WalFacts::copied`.
    pub copied: u64,
}

/// One write to a version table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The table, by database and oid.
    pub table: (u32, u32),
    /// The file that it was in.
    pub file: File,
    /// What became of the row.
    pub touch: Touch,
}

/// What became of one row of a version table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Touch {
    /// It is new.
    Inserted {
        /// Where it lies; `None` if several were inserted at once.
        at: Option<TupleId>,
        /// Its values; `None` if the record leaves them out.
        tuple: Option<TupleBytes>,
    },
    /// It has other values.
    Updated {
        /// Where it lay.
        old: TupleId,
        /// Where it lies.
        new: TupleId,
        /// How its values follow from the former ones; `None` if the record leaves them out.
        patch: Option<TuplePatch>,
    },
    /// It is gone.
    Deleted(TupleId),
}

impl Touch {
    /// What a record did to one row; `None` if it changed none.
    pub(super) fn of(record: &RowRecord<'_>) -> Option<Self> {
        let block = record.place.block;
        let at = |offset| TupleId { block, offset };
        Some(match record.written {
            Written::Inserted(Offsets::One(offset)) => {
                Self::Inserted { at: Some(at(offset)), tuple: TupleBytes::inserted(record.block) }
            }
            Written::Inserted(_) => Self::Inserted { at: None, tuple: None },
            Written::Updated { old, new } => Self::Updated {
                old: TupleId { block: record.place.old_block.unwrap_or(block), offset: old },
                new: at(new),
                patch: TuplePatch::read(record.main, record.block),
            },
            Written::Deleted(offset) | Written::Moved(offset) | Written::Withdrawn(offset) => {
                Self::Deleted(at(offset))
            }
            Written::Nothing => return None,
        })
    }
}

impl Part {
    /// Adds what another part did behind this one.
    pub fn absorb(&mut self, next: Self) {
        for (file, rows) in next.rows {
            self.rows.entry(file).or_default().add(rows);
        }
        self.made.extend(next.made);
        self.dropped.extend(next.dropped);
        self.classes_dropped.extend(next.classes_dropped);
        (self.until, self.until_us) = (next.until, next.until_us);
    }
}

impl PartRows {
    /// Adds other rows.
    pub fn add(&mut self, other: Self) {
        self.gross.inserted += other.gross.inserted;
        self.gross.updated += other.gross.updated;
        self.gross.deleted += other.gross.deleted;
        self.copied += other.copied;
    }
}
