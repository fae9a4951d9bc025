//! Which columns differ, in rows that both streams have by their keys.

use std::cmp::Ordering;

use super::{Side, Stream};
use crate::model::digest::RowDigest;
use crate::model::error::Result;

/// Merges two streams of rows, each with a digest a column. Holds what was pushed of the side that is ahead, so push only
/// what [`Self::wants`].
#[derive(Debug)]
pub struct ColumnMerge {
    before: Stream,
    after: Stream,
    differs: Vec<bool>,
}

impl ColumnMerge {
    /// A merge of rows of so many columns beside the key.
    pub fn new(columns: usize) -> Self {
        Self { before: Stream::default(), after: Stream::default(), differs: vec![false; columns] }
    }

    /// The side without which the merge cannot go on; `None` once there is nothing more to learn.
    pub fn wants(&self) -> Option<Side> {
        let is_over = |stream: &Stream| stream.has_ended && stream.rows.is_empty();
        if self.differs.iter().all(|differs| *differs) || is_over(&self.before) || is_over(&self.after) {
            None
        } else if self.before.is_awaited() {
            Some(Side::Before)
        } else {
            Some(Side::After)
        }
    }

    /// The next rows of one side. Fails if they are not in ascending byte order of their keys.
    pub fn push(&mut self, side: Side, rows: Vec<RowDigest>) -> Result<()> {
        self.stream(side).push(rows)?;
        self.advance();
        Ok(())
    }

    /// One side has no more rows.
    pub fn end(&mut self, side: Side) {
        self.stream(side).has_ended = true;
    }

    /// For each column, whether it differs in a row that both sides have.
    pub fn finish(self) -> Vec<bool> {
        self.differs
    }

    fn stream(&mut self, side: Side) -> &mut Stream {
        match side {
            Side::Before => &mut self.before,
            Side::After => &mut self.after,
        }
    }

    fn advance(&mut self) {
        while let (Some(before), Some(after)) = (self.before.rows.front(), self.after.rows.front()) {
            let order = before.key.cmp(&after.key);
            if order == Ordering::Equal {
                let columns = before.columns.iter().zip(&after.columns);
                for (differs, (before, after)) in self.differs.iter_mut().zip(columns) {
                    *differs |= before != after;
                }
            }
            if order != Ordering::Greater {
                self.before.rows.pop_front();
            }
            if order != Ordering::Less {
                self.after.rows.pop_front();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(rows: &[(&str, [u128; 3])]) -> Vec<RowDigest> {
        let row = |(key, columns): &(&str, [u128; 3])| RowDigest {
            key: (*key).into(),
            content: 0,
            at: None,
            columns: columns.to_vec(),
        };
        rows.iter().map(row).collect()
    }

    #[track_caller]
    fn check(before: &[(&str, [u128; 3])], after: &[(&str, [u128; 3])], expected: [bool; 3]) {
        for size in 1..=3 {
            let mut merge = ColumnMerge::new(3);
            let (before, after) = (rows(before), rows(after));
            let (mut before, mut after) = (before.chunks(size), after.chunks(size));
            while let Some(side) = merge.wants() {
                let next = if side == Side::Before { before.next() } else { after.next() };
                match next {
                    Some(batch) => merge.push(side, batch.to_vec()).unwrap(),
                    None => merge.end(side),
                }
            }
            assert_eq!(merge.finish(), expected, "in batches of {size}");
        }
    }

    #[test]
    fn a_column_differs_if_one_row_of_both_sides_does() {
        let seed = [("a", [1, 1, 1]), ("b", [2, 2, 2]), ("c", [3, 3, 3])];
        check(&seed, &seed, [false; 3]);
        check(&seed, &[("a", [1, 9, 1]), ("b", [2, 2, 2]), ("c", [3, 3, 9])], [false, true, true]);
        check(&seed, &[("a", [9, 9, 9]), ("c", [3, 3, 3])], [true; 3]);
    }

    #[test]
    fn rows_of_one_side_say_nothing() {
        let seed = [("a", [1, 1, 1]), ("c", [3, 3, 3])];
        check(&seed, &[("b", [7, 7, 7]), ("c", [3, 3, 3]), ("d", [8, 8, 8])], [false; 3]);
        check(&seed, &[], [false; 3]);
        check(&[], &seed, [false; 3]);
    }
}
