//! Which rows of which files were written or removed, by their tuple ids, whatever became of the transaction.
//!
//! A row whose tuple id nobody touched is the row that was there before: a server changes a row only by removing the
//! tuple and writing another one. What is kept is bounded: a file of which too much was touched is only known as such.

use std::collections::{BTreeMap, HashMap};

use super::facts::{File, TouchedRows};
use super::heap::{Offsets, Written};
use super::record::Place;
use crate::model::tuples::TupleIds;

/// Files of which more ids were touched are better read whole.
const MOST_OF_A_FILE: u64 = 8_000_000;
/// So many are kept of all files together: some thirty megabytes.
const MOST_OF_ALL: u64 = 12_000_000;

/// Touched rows by file.
#[derive(Debug, Default)]
pub(super) struct TouchedFiles {
    files: HashMap<File, Touched>,
    /// The file of the last record, which is not in `files`: most records go on where the one before them wrote.
    current: Option<(File, Touched)>,
    kept: u64,
}

/// What was touched of one file.
#[derive(Debug, Default)]
struct Touched {
    ids: TupleIds,
    /// Whether it was too much, or made no sense.
    is_too_much: bool,
    /// Neighbours that are not in `ids` yet: rows that were removed, and rows that were written. Both mostly go on.
    removed: Run,
    written: Run,
}

/// Rows beside each other on one page; none if `last` is 0.
#[derive(Clone, Copy, Debug, Default)]
struct Run {
    block: u32,
    first: u16,
    last: u16,
}

impl TouchedFiles {
    /// What one record touched at a place.
    pub fn touch(&mut self, place: Place, written: Written<'_>) {
        if self.current.as_ref().is_none_or(|(file, _)| *file != place.file) {
            self.put_back();
            let touched = self.files.remove(&place.file).unwrap_or_default();
            self.current = Some((place.file, touched));
        }
        let Some((_, touched)) = &mut self.current else { return };
        if !touched.is_too_much {
            touched.touch(place, written, &mut self.kept);
        }
    }

    /// A file was made: all of it is new, and no row of it was there before.
    pub fn make(&mut self, file: File) {
        self.put_back();
        let touched = self.files.entry(file).or_default();
        touched.give_up(&mut self.kept);
    }

    /// What was touched since the last call.
    pub fn take(&mut self) -> BTreeMap<File, TouchedRows> {
        self.put_back();
        self.kept = 0;
        std::mem::take(&mut self.files).into_iter().map(|(file, touched)| (file, touched.end())).collect()
    }

    fn put_back(&mut self) {
        self.files.extend(self.current.take());
    }
}

impl Touched {
    fn touch(&mut self, place: Place, written: Written<'_>, kept: &mut u64) {
        match written {
            Written::Inserted(Offsets::First(count)) => self.write(place.block, 1, count, kept),
            Written::Inserted(Offsets::Listed(bytes)) => {
                for offset in bytes.as_chunks().0 {
                    let offset = u16::from_le_bytes(*offset);
                    self.write(place.block, offset, offset, kept);
                }
            }
            Written::Inserted(Offsets::One(offset)) => self.write(place.block, offset, offset, kept),
            Written::Updated { old, new } => {
                self.remove(place.old_block.unwrap_or(place.block), old, kept);
                self.write(place.block, new, new, kept);
            }
            Written::Deleted(offset) | Written::Moved(offset) | Written::Withdrawn(offset) => {
                self.remove(place.block, offset, kept);
            }
            Written::Nothing => {}
        }
    }

    fn write(&mut self, block: u32, first: u16, last: u16, kept: &mut u64) {
        if !self.written.goes_on(block, first, last) {
            let run = std::mem::replace(&mut self.written, Run { block, first, last });
            self.keep(run, kept);
        }
    }

    fn remove(&mut self, block: u32, offset: u16, kept: &mut u64) {
        if !self.removed.goes_on(block, offset, offset) {
            let run = std::mem::replace(&mut self.removed, Run { block, first: offset, last: offset });
            self.keep(run, kept);
        }
    }

    fn keep(&mut self, run: Run, kept: &mut u64) {
        if run.last == 0 || self.is_too_much {
            return;
        }
        let before = self.ids.len();
        let fits = self.ids.insert(run.block, run.first..=run.last).is_some();
        *kept += self.ids.len() - before;
        if !fits || self.ids.len() > MOST_OF_A_FILE || *kept > MOST_OF_ALL {
            self.give_up(kept);
        }
    }

    fn give_up(&mut self, kept: &mut u64) {
        *kept -= self.ids.len();
        *self = Self { is_too_much: true, ..Self::default() };
    }

    fn end(mut self) -> TouchedRows {
        let mut kept = self.ids.len();
        self.keep(self.removed, &mut kept);
        self.keep(self.written, &mut kept);
        if self.is_too_much { TouchedRows::TooMany } else { TouchedRows::At(self.ids) }
    }
}

impl Run {
    /// Takes in further rows if they are right behind its last one.
    fn goes_on(&mut self, block: u32, first: u16, last: u16) -> bool {
        let is_next = self.last != 0 && self.block == block && first == self.last.wrapping_add(1);
        if is_next {
            self.last = last;
        }
        is_next
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: File = (5, 77);

    fn at(block: u32) -> Place {
        Place { file: FILE, block, old_block: None }
    }

    #[track_caller]
    fn check(touched: &mut TouchedFiles, expected: &[(u32, u16)]) {
        let Some(TouchedRows::At(ids)) = touched.take().remove(&FILE) else { panic!("no ids") };
        assert_eq!(ids.iter().map(|id| (id.block, id.offset)).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn an_update_touches_where_the_row_was_and_where_it_is() {
        let mut touched = TouchedFiles::default();
        touched.touch(at(3), Written::Updated { old: 1, new: 9 });
        touched.touch(at(3), Written::Updated { old: 2, new: 10 });
        touched.touch(Place { old_block: Some(3), ..at(4) }, Written::Updated { old: 3, new: 1 });
        check(&mut touched, &[(3, 1), (3, 2), (3, 3), (3, 9), (3, 10), (4, 1)]);
        assert!(touched.take().is_empty());
    }

    #[test]
    fn rows_of_one_record_may_be_listed_or_fill_a_page_from_its_beginning() {
        let mut touched = TouchedFiles::default();
        touched.touch(at(0), Written::Inserted(Offsets::Listed(&[2, 0, 7, 0])));
        touched.touch(Place { file: (5, 78), ..at(0) }, Written::Deleted(1));
        touched.touch(at(1), Written::Inserted(Offsets::First(2)));
        touched.touch(at(1), Written::Inserted(Offsets::One(3)));
        check(&mut touched, &[(0, 2), (0, 7), (1, 1), (1, 2), (1, 3)]);
    }

    #[test]
    fn a_file_of_which_too_much_was_touched_is_known_as_such() {
        let mut touched = TouchedFiles::default();
        for block in 0..=u32::try_from(MOST_OF_A_FILE / 200).unwrap() + 1 {
            touched.touch(at(block), Written::Inserted(Offsets::First(200)));
        }
        touched.touch(Place { file: (5, 78), ..at(0) }, Written::Inserted(Offsets::One(1)));
        assert_eq!(touched.kept, 0);
        let taken = touched.take();
        assert_eq!(taken[&FILE], TouchedRows::TooMany);
        assert!(matches!(&taken[&(5, 78)], TouchedRows::At(ids) if ids.len() == 1));
    }

    #[test]
    fn what_makes_no_sense_or_is_all_new_is_too_much() {
        let mut touched = TouchedFiles::default();
        touched.touch(at(0), Written::Deleted(0));
        touched.touch(at(0), Written::Deleted(600));
        touched.touch(at(0), Written::Deleted(1));
        touched.make((5, 78));
        let taken = touched.take();
        assert_eq!((&taken[&FILE], &taken[&(5, 78)]), (&TouchedRows::TooMany, &TouchedRows::TooMany));
    }
}
