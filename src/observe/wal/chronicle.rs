//! Keeps what was committed in order while a command runs, and knows which files hold version tables: those that did
//! before, those that are made, and those that a TRUNCATE or a rewrite puts in their place.

use std::collections::{BTreeMap, BTreeSet};

use super::chapter::Chapter;
use super::class::ClassRow;
use super::commits::{Commits, Mark, Touch};
use super::facts::File;
use super::lineage::ClassNews;
use crate::model::catalog::Catalog;
use crate::model::lsn::Lsn;
use crate::model::version_table;

/// No tool runs more migrations in one go; what is written to a version table beyond is not told apart.
const MOST_MARKS: u32 = 10_000;

/// What was committed since recording began.
#[derive(Debug, Default)]
pub(super) struct Chronicle {
    /// How many writes to version tables there were.
    epoch: u32,
    /// Files of version tables, and the table's database and oid.
    watched: BTreeMap<File, (u32, u32)>,
    /// Files that a rewrite fills, to be watched once that is committed: until then rows are only copied.
    filling: BTreeMap<File, (u32, u32)>,
    commits: Commits,
}

impl Chronicle {
    /// Knows the version tables that are there.
    pub fn new(catalog: &Catalog) -> Self {
        let database = catalog.database_oid;
        let mut chronicle = Self::default();
        for table in catalog.tables.values() {
            if version_table::of_name(&table.name.name).is_some() {
                chronicle.watch((database, table.filenode), (database, table.oid), &table.name.name);
            }
        }
        chronicle
    }

    fn watch(&mut self, file: File, table: (u32, u32), name: &str) {
        self.watched.insert(file, table);
        self.commits.version_tables.insert(table, name.to_owned());
    }

    /// Counts the writes to version tables so far.
    pub fn epoch(&self) -> u32 {
        self.epoch
    }

    /// Whether a file is that of a version table, so that what is written to it ends an epoch.
    pub fn notes(&self, file: File) -> bool {
        self.watched.contains_key(&file) && self.epoch < MOST_MARKS
    }

    /// A row of such a file was written, which ends an epoch.
    pub fn note(&mut self, file: File, touch: Touch) -> Option<Mark> {
        let table = *self.watched.get(&file)?;
        self.epoch += 1;
        Some(Mark { table, file, touch })
    }

    /// Something is to be learned of what a database holds.
    pub fn learn(&mut self, database: u32, news: ClassNews) {
        match news {
            ClassNews::Made(class) => self.learn_class(database, class),
            ClassNews::Held { oid, to, .. } => {
                // The first to have a file is who filled it: a rewrite leaves the former one to a table that goes.
                self.commits.passed.entry((database, to)).or_insert(oid);
            }
            ClassNews::Dropped(_) => {}
        }
    }

    /// A transaction made a file while it held these tables locked.
    pub fn make(&mut self, file: File, locked: &BTreeSet<(u32, u32)>) {
        let mut tables = locked.iter().filter(|table| self.commits.version_tables.contains_key(table));
        if let Some(table) = tables.next() {
            self.watched.insert(file, *table);
            self.commits.version_files.insert(file);
        }
    }

    /// A transaction was committed, with its subtransactions.
    pub fn commit(&mut self, chapter: Chapter, dropped: BTreeSet<File>, until: (Lsn, Option<i64>)) {
        self.watched.append(&mut self.filling);
        for part in chapter.into_parts(dropped, until) {
            match self.commits.parts.last_mut() {
                Some(last) if last.mark.is_none() && part.mark.is_none() => last.absorb(part),
                _ => self.commits.parts.push(part),
            }
        }
    }

    /// All of it.
    pub fn into_commits(self) -> Commits {
        self.commits
    }

    /// Something was made in a database.
    fn learn_class(&mut self, database: u32, class: ClassRow) {
        let file = (database, class.filenode);
        let rewritten = class.stands_in_for().map(|oid| (database, oid));
        if version_table::of_name(&class.name).is_some() {
            self.watch(file, (database, class.oid), &class.name);
        } else {
            // It was made while a version table was locked, and is another table's.
            self.watched.remove(&file);
            self.commits.version_files.remove(&file);
            let filled = rewritten.filter(|table| self.commits.version_tables.contains_key(table));
            self.filling.extend(filled.map(|table| (file, table)));
        }
        self.commits.made.insert(file, class);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::catalog::Table;
    use crate::model::class::ClassPlace;
    use crate::model::tuples::TupleId;
    use crate::observe::wal::heap::{Offsets, Written};
    use crate::observe::wal::ledger::{CLASS_NODE, Ledger, RowRecord};
    use crate::observe::wal::record::Place;
    use crate::observe::wal::storage::ExclusiveLock;

    const DATABASE: u32 = 5;
    const PEOPLE: u32 = 16_500;
    const VERSIONS: u32 = 16_700;

    /// A ledger that records, and ends of records that grow.
    struct Told {
        ledger: Ledger,
        end: u64,
    }

    impl Told {
        fn new() -> Self {
            let catalog = Catalog::of_tables(DATABASE, [Table::bare("gorp_migrations", VERSIONS)]);
            let at = TupleId { block: 3, offset: 7 };
            let people = ClassPlace { oid: PEOPLE, filenode: PEOPLE, tablespace: 0, is_toast: false, at };
            let mut ledger = Ledger::default();
            ledger.know(DATABASE, &[people]);
            ledger.record(Chronicle::new(&catalog));
            Self { ledger, end: 0 }
        }

        fn write(&mut self, xid: u32, node: u32, written: Written<'_>, block: &[u8]) {
            self.end += 8;
            let place = Place { file: (DATABASE, node), block: 3, old_block: None };
            let end = Lsn(self.end);
            self.ledger.write(&RowRecord { xid, place, written, main: &[], block, end });
        }

        fn insert(&mut self, xid: u32, node: u32) {
            self.write(xid, node, Written::Inserted(Offsets::One(1)), &[]);
        }

        /// A row of `pg_class`.
        fn class(&mut self, xid: u32, name: &str, filenode: u32) {
            let mut row = vec![33, 0, 0, 0, 24, 0];
            row.extend(filenode.to_le_bytes());
            row.extend(name.bytes());
            row.resize(6 + 4 + 64 + 16, 0);
            row.extend([2_u32.to_le_bytes(), filenode.to_le_bytes()].concat());
            self.write(xid, CLASS_NODE, Written::Inserted(Offsets::One(9)), &row);
        }

        fn commit(&mut self, xids: &[u32]) {
            self.end += 8;
            self.ledger.commit(xids, Vec::new(), Lsn(self.end));
        }

        /// Rows inserted into one file by every part, and whether a mark ends it.
        fn parts(mut self, node: u32) -> Vec<(u64, bool)> {
            let rows = |part: &super::super::Part| {
                part.rows.get(&(DATABASE, node)).map_or(0, |rows| rows.gross.inserted)
            };
            let commits = self.ledger.take_commits().unwrap();
            commits.parts.iter().map(|part| (rows(part), part.mark.is_some())).collect()
        }
    }

    #[test]
    fn subtransactions_are_cut_by_the_marks_of_their_transaction() {
        let mut told = Told::new();
        for (xid, node) in [(9, PEOPLE), (8, VERSIONS), (9, PEOPLE), (9, PEOPLE), (8, VERSIONS), (8, PEOPLE)]
        {
            told.insert(xid, node);
        }
        told.insert(10, PEOPLE);
        told.ledger.abort(&[10]);
        told.commit(&[8, 9]);
        told.insert(11, PEOPLE);
        told.commit(&[11]);
        assert_eq!(
            told.parts(PEOPLE),
            [(1, true), (3, true), (1, false)],
            "what follows the last mark is its own"
        );
    }

    #[test]
    fn what_another_transaction_does_meanwhile_is_its_own_when_it_commits() {
        let mut told = Told::new();
        told.insert(8, PEOPLE);
        told.insert(9, PEOPLE);
        told.insert(9, VERSIONS);
        told.commit(&[9]);
        told.insert(8, PEOPLE);
        told.commit(&[8]);
        assert_eq!(told.parts(PEOPLE), [(1, true), (2, false)]);
    }

    #[test]
    fn a_version_table_is_known_from_the_row_that_makes_it() {
        let mut told = Told::new();
        told.class(8, "django_migrations", 17_000);
        told.insert(8, 17_000);
        told.commit(&[8]);
        assert_eq!(told.parts(17_000), [(1, true)]);
    }

    #[test]
    fn a_truncated_version_table_goes_on_in_its_new_file_and_no_other_is_taken_for_it() {
        let mut told = Told::new();
        told.ledger.lock(ExclusiveLock { xid: 8, database: DATABASE, table: VERSIONS });
        told.ledger.make(8, (DATABASE, 17_001));
        told.ledger.make(8, (DATABASE, 17_002));
        told.class(8, "audit", 17_002);
        told.insert(8, 17_002);
        told.insert(8, 17_001);
        told.commit(&[8]);
        told.insert(9, 17_002);
        told.commit(&[9]);
        assert_eq!(told.parts(17_002), [(1, true), (1, false)]);
    }

    #[test]
    fn a_table_is_dropped_where_its_row_lay() {
        let mut told = Told::new();
        told.write(8, CLASS_NODE, Written::Deleted(7), &[]);
        told.commit(&[8]);
        let commits = told.ledger.take_commits().unwrap();
        assert_eq!(commits.parts[0].classes_dropped, BTreeSet::from([(DATABASE, PEOPLE)]));
    }
}
