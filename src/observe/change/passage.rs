//! One table on its way through one migration, from file to file: what statements did to it, and what TRUNCATE took.

use std::collections::BTreeSet;

use crate::model::change::{GrossRows, TableEvent};
use crate::observe::wal::{EmptiedRows, Successor};

/// What the log says of a table in one migration.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Passage {
    /// What statements did, in every file that it had.
    pub gross: GrossRows,
    /// Of the rows deleted: how many went to another partition.
    pub moved: u64,
    /// The rows that it holds; `None` if nobody knows.
    held: Option<i128>,
    is_truncated: bool,
    /// The rows that TRUNCATE took; `None` if nobody knows.
    taken: Option<i128>,
    is_rewritten: bool,
}

/// What statements did to a table in one file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Written {
    /// All of it.
    pub gross: GrossRows,
    /// Of the rows deleted: how many went to another partition.
    pub moved: u64,
    /// What was written before TRUNCATE emptied the file in place; `None` if it did not.
    pub emptied: Option<EmptiedRows>,
}

impl Passage {
    /// A table that holds so many rows, in no file yet.
    pub fn begin(held: Option<u64>) -> Self {
        Self { held: held.map(i128::from), taken: Some(0), ..Self::default() }
    }

    /// It is in a file.
    pub fn enter(&mut self, written: &Written) {
        self.gross = sum(self.gross, written.gross);
        self.moved += written.moved;
        let all = i128::from(written.gross.inserted) - i128::from(written.gross.deleted);
        let Some(EmptiedRows { inserted, deleted, copied }) = written.emptied else {
            self.held = self.held.map(|held| held + all);
            return;
        };
        let first = i128::from(inserted) - i128::from(copied) - i128::from(deleted);
        self.held = self.held.map(|held| held + first);
        self.truncate();
        self.held = self.held.map(|held| held + all - first);
    }

    /// It goes on in another file.
    pub fn leave(&mut self, successor: Successor) {
        match successor {
            Successor::Empty => self.truncate(),
            Successor::Rewritten | Successor::Copied => self.is_rewritten = true,
        }
    }

    /// It is in another file, and nothing says how it came there.
    pub fn lose_sight(&mut self) {
        (self.is_rewritten, self.held) = (true, None);
    }

    /// What another table did whose place it took.
    pub fn add(&mut self, replaced: &Self) {
        self.gross = sum(self.gross, replaced.gross);
        self.is_truncated |= replaced.is_truncated;
        self.taken = self.taken.zip(replaced.taken).map(|(one, other)| one + other);
    }

    /// What happened to the table as a whole.
    pub fn events(&self) -> BTreeSet<TableEvent> {
        let rewritten = self.is_rewritten.then_some(TableEvent::Rewritten);
        let truncated = self.is_truncated.then_some(TableEvent::Truncated);
        rewritten.into_iter().chain(truncated).collect()
    }

    /// The rows that TRUNCATE took; `None` if it was not truncated, or nobody knows.
    pub fn truncated(&self) -> Option<u64> {
        let taken = self.taken.filter(|_| self.is_truncated)?;
        u64::try_from(taken).ok()
    }

    /// The rows that it holds now; `None` if nobody knows.
    pub fn held(&self) -> Option<u64> {
        self.held.and_then(|held| u64::try_from(held).ok())
    }

    fn truncate(&mut self) {
        self.is_truncated = true;
        self.taken = self.taken.zip(self.held).map(|(taken, held)| taken + held);
        self.held = Some(0);
    }
}

/// Two counts added up.
pub(super) fn sum(one: GrossRows, other: GrossRows) -> GrossRows {
    GrossRows {
        inserted: one.inserted + other.inserted,
        updated: one.updated + other.updated,
        deleted: one.deleted + other.deleted,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written([inserted, deleted]: [u64; 2]) -> Written {
        Written { gross: GrossRows { inserted, updated: 0, deleted }, moved: 0, emptied: None }
    }

    fn emptied(all: [u64; 2], inserted: u64, deleted: u64, copied: u64) -> Written {
        Written { emptied: Some(EmptiedRows { inserted, deleted, copied }), ..written(all) }
    }

    #[track_caller]
    fn check(passage: &Passage, truncated: Option<u64>, held: Option<u64>) {
        assert_eq!((passage.truncated(), passage.held()), (truncated, held));
    }

    #[test]
    fn truncate_takes_what_is_there() {
        let mut passage = Passage::begin(Some(100));
        passage.enter(&written([5, 20]));
        check(&passage, None, Some(85));
        passage.leave(Successor::Empty);
        passage.enter(&written([7, 1]));
        check(&passage, Some(85), Some(6));
        passage.leave(Successor::Rewritten);
        passage.enter(&written([1, 0]));
        passage.leave(Successor::Empty);
        check(&passage, Some(92), Some(0));
        assert_eq!(passage.events(), [TableEvent::Rewritten, TableEvent::Truncated].into());
    }

    #[test]
    fn a_file_that_was_emptied_in_place_goes_on() {
        let mut passage = Passage::begin(Some(0));
        passage.enter(&emptied([30, 6], 20, 2, 0));
        check(&passage, Some(18), Some(6));
        let mut rewritten = Passage::begin(Some(100));
        rewritten.enter(&written([0, 4]));
        rewritten.leave(Successor::Rewritten);
        rewritten.enter(&emptied([3, 0], 97, 0, 96));
        check(&rewritten, Some(97), Some(2));
    }

    #[test]
    fn what_nobody_knows_is_not_told() {
        let mut passage = Passage::begin(None);
        passage.leave(Successor::Empty);
        check(&passage, None, Some(0));
        assert_eq!(passage.events(), [TableEvent::Truncated].into());
        let mut lost = Passage::begin(Some(4));
        lost.lose_sight();
        check(&lost, None, None);
    }
}
