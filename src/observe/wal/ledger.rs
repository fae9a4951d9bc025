//! Rows by transaction and file, until the transaction ends. Its size follows the number of files that open
//! transactions wrote to, not the number of rows; where rows were touched is kept apart, and bounded.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::chapter::Chapter;
use super::chronicle::Chronicle;
use super::commits::{Commits, Touch};
use super::facts::{EmptiedRows, ExclusiveHold, File, Succession, WalFacts};
use super::heap::Written;
use super::lineage::{ClassNews, Lineage};
use super::record::Place;
use super::storage::ExclusiveLock;
use super::touched::TouchedFiles;
use crate::model::change::GrossRows;
use crate::model::class::ClassPlace;
use crate::model::lsn::Lsn;

/// The file node of `pg_class`, which only VACUUM FULL changes.
pub(super) const CLASS_NODE: u32 = 1259;

/// Updates of `pg_class` between making the file of a rewritten table and putting it in place: one links its TOAST
/// table. The swap itself makes two.
const UPDATES_BEFORE_SWAP: u64 = 1;

/// A record that wrote rows.
#[derive(Clone, Copy, Debug)]
pub(super) struct RowRecord<'a> {
    /// The transaction or subtransaction that wrote it.
    pub xid: u32,
    /// Where.
    pub place: Place,
    /// What.
    pub written: Written<'a>,
    /// The record's own part.
    pub main: &'a [u8],
    /// What it holds for the page.
    pub block: &'a [u8],
    /// Where the record ends.
    pub end: Lsn,
}

/// Rows of one transaction in one file.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct FileRows {
    pub gross: GrossRows,
    pub withdrawn: u64,
    moved: u64,
    pub copied: u64,
    /// What was written before TRUNCATE emptied the file in place.
    emptied: Option<EmptiedRows>,
    /// Updates of `pg_class` that the transaction had made when it made the file, if it did.
    made_after: Option<u64>,
}

#[derive(Debug, Default)]
struct Transaction {
    files: HashMap<File, FileRows>,
    class_updates: u64,
    locked: BTreeSet<(u32, u32)>,
    /// As `locked`, with the end of a transaction that came before the lock.
    held: Vec<((u32, u32), Option<i64>)>,
    /// Files that took others' places, each with where the log says so.
    successions: Vec<(Lsn, Succession)>,
    /// Filled only while commits are recorded.
    chapter: Chapter,
}

/// Rows by transaction and file.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    open: HashMap<u32, Transaction>,
    /// The rows of the last record's transaction and file that are not in `open` yet: most records go on where
    /// the one before them wrote.
    current: Option<(u32, File, FileRows)>,
    /// Whether records of the current file are looked into: those of `pg_class`, and what the chronicle wants.
    is_noted: bool,
    lineage: Lineage,
    successions: Vec<Succession>,
    /// What is committed in order, while a command runs.
    chronicle: Option<Chronicle>,
    totals: BTreeMap<File, FileRows>,
    touched: TouchedFiles,
    committed: u64,
    aborted: u64,
    exclusive: Vec<ExclusiveHold>,
    sequences: BTreeSet<File>,
    /// The latest end of a transaction so far.
    clock_us: Option<i64>,
}

impl Ledger {
    /// Knows where rows of `pg_class` of one database lie at this place of the log.
    pub fn know(&mut self, database: u32, classes: &[ClassPlace]) {
        self.lineage.know(database, classes);
    }

    /// Records commits from now on.
    pub fn record(&mut self, chronicle: Chronicle) {
        self.settle();
        self.chronicle = Some(chronicle);
    }

    /// What was committed since, and no more recording; nothing if nothing was recorded.
    pub fn take_commits(&mut self) -> Option<Commits> {
        self.settle();
        self.chronicle.take().map(Chronicle::into_commits)
    }

    /// A record of where a sequence stands, which no rollback takes back.
    pub fn sequence(&mut self, file: File) {
        self.sequences.insert(file);
    }

    /// A row record.
    pub fn write(&mut self, record: &RowRecord<'_>) {
        let RowRecord { xid, place, written, .. } = *record;
        self.touched.touch(place, written);
        let file = place.file;
        let goes_on = self.current.as_ref().is_some_and(|(x, f, _)| *x == xid && *f == file);
        if !goes_on {
            self.settle();
            self.is_noted = file.1 == CLASS_NODE || self.chronicle.as_ref().is_some_and(|it| it.notes(file));
        }
        let (_, _, rows) = self.current.get_or_insert_with(|| (xid, file, FileRows::default()));
        match written {
            Written::Inserted(offsets) => rows.gross.inserted += offsets.count(),
            Written::Updated { .. } => rows.gross.updated += 1,
            Written::Deleted(_) => rows.gross.deleted += 1,
            Written::Moved(_) => {
                rows.gross.deleted += 1;
                rows.moved += 1;
            }
            Written::Withdrawn(_) => rows.withdrawn += 1,
            Written::Nothing => {}
        }
        if self.is_noted {
            self.note(record);
        }
    }

    /// A transaction made a file.
    pub fn make(&mut self, xid: u32, file: File) {
        self.settle();
        self.touched.make(file);
        let transaction = self.open.entry(xid).or_default();
        let made_after = Some(transaction.class_updates);
        transaction.files.entry(file).or_default().made_after = made_after;
        if let Some(chronicle) = &mut self.chronicle {
            chronicle.make(file, &transaction.locked);
            transaction.chapter.make(chronicle.epoch(), file);
        }
    }

    /// A file was cut down to nothing. If that was TRUNCATE, one transaction made the file and wrote all that was in it,
    /// its subtransactions each a part. VACUUM does so too, once nothing is left and nobody is at work there.
    pub fn empty(&mut self, file: File) {
        self.settle();
        for rows in self.open.values_mut().filter_map(|transaction| transaction.files.get_mut(&file)) {
            let inserted = rows.gross.inserted.saturating_sub(rows.withdrawn);
            rows.emptied = Some(EmptiedRows { inserted, deleted: rows.gross.deleted, copied: rows.copied });
        }
    }

    /// A transaction locked a table against everybody.
    pub fn lock(&mut self, lock: ExclusiveLock) {
        let transaction = self.open.entry(lock.xid).or_default();
        let table = (lock.database, lock.table);
        if transaction.locked.insert(table) {
            transaction.held.push((table, self.clock_us));
        }
        if self.chronicle.is_some() {
            transaction.chapter.lock(table);
        }
    }

    /// Transactions ended together, and with them their locks.
    pub fn release(&mut self, xids: &[u32], until_us: i64) {
        for of in xids {
            let Some(transaction) = self.open.get_mut(of) else { continue };
            let locks = std::mem::take(&mut transaction.held);
            let xid = xids.first().copied().unwrap_or(*of);
            let hold = |(relation, after_us)| ExclusiveHold { xid, relation, after_us, until_us };
            self.exclusive.extend(locks.into_iter().map(hold));
        }
        self.clock_us = self.clock_us.max(Some(until_us));
    }

    /// Transactions were committed together, which gave up files.
    pub fn commit(&mut self, xids: &[u32], dropped: Vec<File>, until: Lsn) {
        self.settle();
        let (mut chapter, mut successions) = (Chapter::default(), Vec::new());
        for xid in xids {
            let Some(mut transaction) = self.open.remove(xid) else { continue };
            self.committed += u64::from(transaction.has_rows());
            chapter.absorb(std::mem::take(&mut transaction.chapter));
            successions.append(&mut transaction.successions);
            transaction.add_to(&mut self.totals);
        }
        successions.sort_by_key(|(at, _)| *at);
        self.successions.extend(successions.into_iter().map(|(_, succession)| succession));
        if let Some(chronicle) = &mut self.chronicle {
            // The locks went a moment before, and with them came the time.
            chronicle.commit(chapter, dropped.into_iter().collect(), (until, self.clock_us));
        }
    }

    /// Transactions were rolled back.
    pub fn abort(&mut self, xids: &[u32]) {
        self.settle();
        for xid in xids {
            let Some(transaction) = self.open.remove(xid) else { continue };
            self.aborted += u64::from(transaction.has_rows());
        }
    }

    /// What ended since the last call; open transactions stay.
    pub fn take(&mut self) -> WalFacts {
        self.settle();
        let mut facts = WalFacts {
            committed: std::mem::take(&mut self.committed),
            aborted: std::mem::take(&mut self.aborted),
            undecided: self.open.values().map(|transaction| u64::from(transaction.has_rows())).sum(),
            undecided_files: self.open.values().flat_map(Transaction::written_files).collect(),
            touched: self.touched.take(),
            exclusive: std::mem::take(&mut self.exclusive),
            successions: std::mem::take(&mut self.successions),
            sequences: std::mem::take(&mut self.sequences),
            ..WalFacts::default()
        };
        if self.open.is_empty() {
            self.lineage.end_stretch();
        }
        for (file, rows) in std::mem::take(&mut self.totals) {
            let inserted = rows.gross.inserted.saturating_sub(rows.withdrawn);
            let gross = GrossRows { inserted, ..rows.gross };
            if !gross.is_zero() {
                facts.rows.by_file.insert(file, gross);
            }
            if rows.copied > 0 {
                facts.copied.insert(file, rows.copied.min(inserted));
            }
            if rows.moved > 0 {
                facts.moved.insert(file, rows.moved);
            }
            facts.emptied.extend(rows.emptied.map(|emptied| (file, emptied)));
        }
        facts
    }

    /// Looks into a record.
    fn note(&mut self, record: &RowRecord<'_>) {
        let Some(touch) = Touch::of(record) else { return };
        let (xid, file) = (record.xid, record.place.file);
        if file.1 == CLASS_NODE {
            if let Some(news) = self.lineage.follow(file.0, &touch) {
                self.learn(record, news);
            }
            return;
        }
        // One that writes to a version table ends what went before it.
        let Some(chronicle) = &mut self.chronicle else { return };
        let epoch = chronicle.epoch();
        if let Some(mark) = chronicle.note(file, touch) {
            self.settle_within(epoch);
            self.open.entry(xid).or_default().chapter.mark(epoch, record.end, mark);
        }
    }

    /// A record says something of a table, index or the like.
    fn learn(&mut self, record: &RowRecord<'_>, news: ClassNews) {
        let database = record.place.file.0;
        let transaction = self.open.entry(record.xid).or_default();
        if let ClassNews::Held { oid, from, to, successor } = news
            && from != to
        {
            let succession = Succession { relation: (database, oid), from, to, successor };
            transaction.successions.push((record.end, succession));
        }
        let Some(chronicle) = &mut self.chronicle else { return };
        if let ClassNews::Dropped(oid) = news {
            transaction.chapter.drop_class(chronicle.epoch(), (database, oid));
        }
        chronicle.learn(database, news);
    }

    /// Moves the current rows to their transaction.
    fn settle(&mut self) {
        self.settle_within(self.chronicle.as_ref().map_or(0, Chronicle::epoch));
    }

    fn settle_within(&mut self, epoch: u32) {
        let Some((xid, file, mut rows)) = self.current.take() else { return };
        let transaction = self.open.entry(xid).or_default();
        if file.1 == CLASS_NODE {
            transaction.class_updates += rows.gross.updated;
        }
        let class_updates = transaction.class_updates;
        let sum = transaction.files.entry(file).or_default();
        let is_before_swap = sum.made_after.is_some_and(|then| class_updates - then <= UPDATES_BEFORE_SWAP);
        if is_before_swap {
            rows.copied = rows.gross.inserted;
        }
        sum.add(&rows);
        if self.chronicle.is_some() {
            transaction.chapter.write(epoch, file, &rows);
        }
    }
}

impl Transaction {
    fn has_rows(&self) -> bool {
        self.written_files().next().is_some()
    }

    fn written_files(&self) -> impl Iterator<Item = File> {
        self.files.iter().filter(|(_, rows)| !rows.gross.is_zero()).map(|(file, _)| *file)
    }

    fn add_to(self, totals: &mut BTreeMap<File, FileRows>) {
        for (file, mut rows) in self.files {
            // The file of a rewrite belongs to a table of its own number until it is put in place; the one that
            // TRUNCATE makes never does.
            if !self.locked.contains(&file) {
                rows.copied = 0;
                rows.emptied = rows.emptied.map(|emptied| EmptiedRows { copied: 0, ..emptied });
            }
            totals.entry(file).or_default().add(&rows);
        }
    }
}

impl FileRows {
    /// Adds other rows.
    pub fn add(&mut self, other: &Self) {
        self.gross.inserted += other.gross.inserted;
        self.gross.updated += other.gross.updated;
        self.gross.deleted += other.gross.deleted;
        self.withdrawn += other.withdrawn;
        self.moved += other.moved;
        self.copied += other.copied;
        if let Some(more) = other.emptied {
            let emptied = self.emptied.get_or_insert_default();
            emptied.inserted += more.inserted;
            emptied.deleted += more.deleted;
            emptied.copied += more.copied;
        }
    }
}
