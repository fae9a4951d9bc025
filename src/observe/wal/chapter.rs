//! What one open transaction did, between writes to version tables.

use std::collections::{BTreeMap, BTreeSet};

use super::commits::{Mark, Part, PartRows};
use super::facts::File;
use super::ledger::FileRows;
use crate::model::lsn::Lsn;

/// What one open transaction did. An epoch ends with every write to a version table, whoever made it, so that what
/// subtransactions did can be put before or behind the writes of the transaction that they belong to.
#[derive(Debug, Default)]
pub(super) struct Chapter {
    rows: BTreeMap<u32, BTreeMap<File, FileRows>>,
    made: Vec<(u32, File)>,
    locked: BTreeSet<(u32, u32)>,
    classes_dropped: Vec<(u32, (u32, u32))>,
    /// With the epoch that each ended, and its place in the log.
    marks: Vec<(u32, Lsn, Mark)>,
}

impl Chapter {
    /// Rows were written.
    pub fn write(&mut self, epoch: u32, file: File, rows: &FileRows) {
        self.rows.entry(epoch).or_default().entry(file).or_default().add(rows);
    }

    /// A file was made.
    pub fn make(&mut self, epoch: u32, file: File) {
        self.made.push((epoch, file));
    }

    /// A table was locked against everybody, by database and oid.
    pub fn lock(&mut self, table: (u32, u32)) {
        self.locked.insert(table);
    }

    /// A table, an index or the like was dropped, by database and oid.
    pub fn drop_class(&mut self, epoch: u32, class: (u32, u32)) {
        self.classes_dropped.push((epoch, class));
    }

    /// A version table was written to, which ended an epoch.
    pub fn mark(&mut self, epoch: u32, at: Lsn, mark: Mark) {
        self.marks.push((epoch, at, mark));
    }

    /// Adds what a subtransaction did.
    pub fn absorb(&mut self, other: Self) {
        for (epoch, files) in other.rows {
            let known = self.rows.entry(epoch).or_default();
            for (file, rows) in files {
                known.entry(file).or_default().add(&rows);
            }
        }
        self.made.extend(other.made);
        self.locked.extend(other.locked);
        self.classes_dropped.extend(other.classes_dropped);
        self.marks.extend(other.marks);
    }

    /// Its parts, one for each write to a version table, or one if there was none; `dropped` are the files that its
    /// commit, which ends at `until`, gave up.
    pub fn into_parts(mut self, dropped: BTreeSet<File>, (until, until_us): (Lsn, Option<i64>)) -> Vec<Part> {
        self.marks.sort_by_key(|(epoch, ..)| *epoch);
        let ends: Vec<u32> = self.marks.iter().map(|(epoch, ..)| *epoch).collect();
        let mut parts = vec![Part { until_us, ..Part::default() }; ends.len().max(1)];
        // What is behind the last mark belongs to it: they were committed together.
        let place = |epoch: u32| ends.partition_point(|end| *end < epoch).min(ends.len().saturating_sub(1));
        for (epoch, files) in self.rows {
            let part = &mut parts[place(epoch)];
            for (file, rows) in files {
                part.rows.entry(file).or_default().add(rows.counted(self.locked.contains(&file)));
            }
        }
        for (epoch, file) in self.made {
            parts[place(epoch)].made.insert(file);
        }
        for (epoch, class) in self.classes_dropped {
            parts[place(epoch)].classes_dropped.insert(class);
        }
        for (part, (_, at, mark)) in parts.iter_mut().zip(self.marks) {
            (part.mark, part.until, part.goes_on) = (Some(mark), at, true);
        }
        if let Some(last) = parts.last_mut() {
            (last.until, last.goes_on, last.dropped) = (until, false, dropped);
        }
        parts
    }
}

impl FileRows {
    /// What records of a committed transaction wrote; see `WalFacts::copied` for what a lock has to do with it.
    fn counted(&self, is_locked: bool) -> PartRows {
        let mut gross = self.gross;
        gross.inserted = gross.inserted.saturating_sub(self.withdrawn);
        let copied = if is_locked { self.copied.min(gross.inserted) } else { 0 };
        PartRows { gross, copied }
    }
}
