//! Whose file is whose: follows each row of `pg_class` from place to place, as a record that changes one says only where
//! it lay, and often only what is new in it.

use std::collections::{BTreeSet, HashMap};

use super::class::{ClassRow, FILENODE_AT, TABLESPACE_AT};
use super::commits::Touch;
use super::facts::{File, Successor};
use crate::model::class::ClassPlace;
use crate::model::tuples::TupleId;

/// What is known of the tables, indexes and the like of all databases, by where their rows of `pg_class` lie.
#[derive(Debug, Default)]
pub(super) struct Lineage {
    /// By database and place. A row that was moved is known by both places: the move may be rolled back.
    classes: HashMap<(u32, TupleId), Class>,
    /// Files for which a row of `pg_class` was made.
    made: BTreeSet<File>,
}

/// A table, index or the like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Class {
    oid: u32,
    filenode: u32,
    /// 0 for the database's own.
    tablespace: u32,
}

/// What a record of `pg_class` says.
#[derive(Debug)]
pub(super) enum ClassNews {
    /// Something was made.
    Made(ClassRow),
    /// Something is held by a file, whether it was before or not.
    Held {
        /// Its oid.
        oid: u32,
        /// The file that it had.
        from: u32,
        /// The file that it has.
        to: u32,
        /// How `to` came about.
        successor: Successor,
    },
    /// Something of this oid was dropped.
    Dropped(u32),
}

impl Lineage {
    /// Knows where rows of one database lie.
    pub fn know(&mut self, database: u32, classes: &[ClassPlace]) {
        self.classes.extend(classes.iter().map(|place| {
            let ClassPlace { oid, filenode, tablespace, at, .. } = *place;
            ((database, at), Class { oid, filenode, tablespace })
        }));
    }

    /// Follows a write to `pg_class`; `None` if nothing is to be learned of it.
    pub fn follow(&mut self, database: u32, touch: &Touch) -> Option<ClassNews> {
        match touch {
            Touch::Inserted { at: Some(at), tuple: Some(tuple) } => {
                let row = ClassRow::read(tuple)?;
                let class = Class { oid: row.oid, filenode: row.filenode, tablespace: row.tablespace };
                self.classes.insert((database, *at), class);
                self.made.insert((database, row.filenode));
                Some(ClassNews::Made(row))
            }
            Touch::Inserted { .. } => None,
            Touch::Updated { old, new, patch } => {
                let Some(was) = self.classes.get(&(database, *old)).copied() else {
                    // An index, maybe, where the row of a table lay before it was moved.
                    self.classes.remove(&(database, *new));
                    return None;
                };
                let is = patch.as_ref().map_or(was, |patch| Class {
                    filenode: patch.u32_at(FILENODE_AT, was.filenode),
                    tablespace: patch.u32_at(TABLESPACE_AT, was.tablespace),
                    ..was
                });
                self.classes.insert((database, *new), is);
                let successor = self.successor(database, was, is);
                Some(ClassNews::Held { oid: is.oid, from: was.filenode, to: is.filenode, successor })
            }
            Touch::Deleted(at) => Some(ClassNews::Dropped(self.classes.get(&(database, *at))?.oid)),
        }
    }

    fn successor(&self, database: u32, was: Class, is: Class) -> Successor {
        if self.made.contains(&(database, is.filenode)) {
            Successor::Rewritten
        } else if is.tablespace == was.tablespace {
            // TRUNCATE makes a file and no row of `pg_class` for it.
            Successor::Empty
        } else {
            Successor::Copied
        }
    }

    /// Forgets what was made: whatever is to take another's place has done so.
    pub fn end_stretch(&mut self) {
        self.made.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observe::wal::tuple::{TupleBytes, TuplePatch};

    const DATABASE: u32 = 5;
    const ITEM: u32 = 16_500;

    fn at(offset: u16) -> TupleId {
        TupleId { block: 3, offset }
    }

    fn known() -> Lineage {
        let mut lineage = Lineage::default();
        let item = ClassPlace { oid: ITEM, filenode: ITEM, tablespace: 0, is_toast: false, at: at(7) };
        lineage.know(DATABASE, &[item]);
        lineage
    }

    /// An update that writes the file, or file and tablespace, and leaves all else as it was.
    fn updated(old: u16, new: u16, written: &[u32]) -> Touch {
        let mut main = vec![0; 14];
        main[7] = 1 << 5 | 1 << 6;
        let row: Vec<u8> = [33_u16, 0].iter().flat_map(|word| word.to_le_bytes()).chain([23]).collect();
        let lengths = [u16::try_from(FILENODE_AT).unwrap(), 60].map(u16::to_le_bytes).concat();
        let written: Vec<u8> = written.iter().flat_map(|word| word.to_le_bytes()).collect();
        let patch = TuplePatch::read(&main, &[lengths, row, written].concat());
        assert!(patch.is_some());
        Touch::Updated { old: at(old), new: at(new), patch }
    }

    fn inserted(offset: u16, oid: u32, name: &str) -> Touch {
        let mut values = [oid.to_le_bytes().as_slice(), name.as_bytes()].concat();
        values.resize(FILENODE_AT - 4, 0);
        values.extend([2, oid, 0].iter().flat_map(|word| word.to_le_bytes()));
        let tuple = TupleBytes { attributes: 33, present: Vec::new(), values };
        Touch::Inserted { at: Some(at(offset)), tuple: Some(tuple) }
    }

    #[track_caller]
    fn check_held(news: Option<&ClassNews>, expected: (u32, u32, u32, Successor)) {
        let Some(ClassNews::Held { oid, from, to, successor }) = news else { panic!("{news:?}") };
        assert_eq!((*oid, *from, *to, *successor), expected);
    }

    #[test]
    fn a_table_is_followed_from_file_to_file_and_from_place_to_place() {
        let mut lineage = known();
        let emptied = lineage.follow(DATABASE, &updated(7, 8, &[17_001]));
        check_held(emptied.as_ref(), (ITEM, ITEM, 17_001, Successor::Empty));
        lineage.follow(DATABASE, &inserted(9, 17_002, "pg_temp_16500"));
        let rewritten = lineage.follow(DATABASE, &updated(8, 10, &[17_002]));
        check_held(rewritten.as_ref(), (ITEM, 17_001, 17_002, Successor::Rewritten));
        let elsewhere = lineage.follow(DATABASE, &updated(10, 11, &[17_003, 16_600]));
        check_held(elsewhere.as_ref(), (ITEM, 17_002, 17_003, Successor::Copied));
        let dropped = lineage.follow(DATABASE, &Touch::Deleted(at(11)));
        assert!(matches!(dropped, Some(ClassNews::Dropped(ITEM))), "{dropped:?}");
    }

    #[test]
    fn a_move_that_is_rolled_back_leaves_the_row_where_it_was() {
        let mut lineage = known();
        lineage.follow(DATABASE, &updated(7, 8, &[17_001]));
        let again = lineage.follow(DATABASE, &updated(7, 8, &[17_002]));
        check_held(again.as_ref(), (ITEM, ITEM, 17_002, Successor::Empty));
    }

    #[test]
    fn a_row_that_nobody_knows_is_not_taken_for_the_one_that_lay_there() {
        let mut lineage = known();
        assert!(lineage.follow(DATABASE, &updated(30, 7, &[17_001])).is_none());
        assert!(lineage.follow(DATABASE, &updated(7, 8, &[17_002])).is_none());
        assert!(lineage.follow(DATABASE + 1, &updated(7, 8, &[17_001])).is_none(), "another database's");
    }
}
