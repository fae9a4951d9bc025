//! The state witness: two streams of rows, both in order of key, merged into what is missing, new or different.

use std::collections::{BTreeMap, VecDeque};

use crate::model::change::NetRows;
use crate::model::digest::RowDigest;
use crate::model::error::{Error, ErrorKind, Result};

/// One of the two streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The seed's rows.
    Before,
    /// The rows now.
    After,
}

/// Merges two streams of rows. Holds what was pushed of the side that is ahead, so push only what [`Self::wants`].
#[derive(Debug, Default)]
pub struct Merge {
    before: Stream,
    after: Stream,
    group: Option<Group>,
    net: NetRows,
}

#[derive(Debug, Default)]
struct Stream {
    rows: VecDeque<RowDigest>,
    last_key: Option<Vec<u8>>,
    has_ended: bool,
}

/// All rows of one key. Where the key is not unique each side is a multiset.
#[derive(Debug)]
struct Group {
    key: Vec<u8>,
    /// For each content: rows before less rows after, never 0.
    balance: BTreeMap<u128, i64>,
}

impl Merge {
    /// A merge of two streams of which nothing is known yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The side without which the merge cannot go on; `None` once both have ended.
    pub fn wants(&self) -> Option<Side> {
        if self.before.is_awaited() {
            Some(Side::Before)
        } else if self.after.is_awaited() {
            Some(Side::After)
        } else {
            None
        }
    }

    /// The next rows of the seed. Fails if they are not in ascending byte order of their keys.
    pub fn push_before(&mut self, rows: Vec<RowDigest>) -> Result<()> {
        self.push(Side::Before, rows)
    }

    /// The next rows as they are now. Fails if they are not in ascending byte order of their keys.
    pub fn push_after(&mut self, rows: Vec<RowDigest>) -> Result<()> {
        self.push(Side::After, rows)
    }

    /// The next rows of one side. Fails if they are not in ascending byte order of their keys.
    pub fn push(&mut self, side: Side, rows: Vec<RowDigest>) -> Result<()> {
        let stream = self.stream(side);
        if stream.has_ended {
            return Err(Error::new(ErrorKind::Bug, "rows came after the end of their stream"));
        }
        stream.push(rows)?;
        self.advance();
        Ok(())
    }

    /// One side has no more rows.
    pub fn end(&mut self, side: Side) {
        self.stream(side).has_ended = true;
        self.advance();
    }

    /// How the two sides differ. Fails if a side has not ended.
    pub fn finish(self) -> Result<NetRows> {
        match self.wants() {
            None => Ok(self.net),
            Some(_) => Err(Error::new(ErrorKind::Unverified, "the rows were not compared to the end")),
        }
    }

    fn stream(&mut self, side: Side) -> &mut Stream {
        match side {
            Side::Before => &mut self.before,
            Side::After => &mut self.after,
        }
    }

    /// Goes as far as the rows at hand allow: afterwards at most one side holds any.
    fn advance(&mut self) {
        loop {
            if let Some(group) = &mut self.group {
                group.collect(&mut self.before, 1);
                group.collect(&mut self.after, -1);
                // A side without rows may still have some of this key.
                if self.wants().is_some() {
                    return;
                }
            }
            if let Some(group) = self.group.take() {
                group.add_to(&mut self.net);
            }
            if self.wants().is_some() {
                return;
            }
            let key = match (self.before.rows.front(), self.after.rows.front()) {
                (Some(before), Some(after)) => before.key.as_slice().min(&after.key),
                (Some(row), None) | (None, Some(row)) => &row.key,
                (None, None) => return,
            };
            self.group = Some(Group { key: key.to_vec(), balance: BTreeMap::new() });
        }
    }
}

impl Stream {
    fn is_awaited(&self) -> bool {
        self.rows.is_empty() && !self.has_ended
    }

    fn push(&mut self, rows: Vec<RowDigest>) -> Result<()> {
        let Some(last) = rows.last() else { return Ok(()) };
        let follows = self.last_key.as_ref().zip(rows.first()).is_none_or(|(last, row)| *last <= row.key);
        if !follows || !rows.is_sorted_by(|one, next| one.key <= next.key) {
            // The key itself is data and stays out of the message.
            return Err(Error::new(ErrorKind::Unverified, "the server sent rows out of order of their keys"));
        }
        self.last_key = Some(last.key.clone());
        if self.rows.is_empty() {
            self.rows = rows.into();
        } else {
            self.rows.extend(rows);
        }
        Ok(())
    }
}

impl Group {
    /// Takes a side's rows of this key, each worth `weight`.
    fn collect(&mut self, stream: &mut Stream, weight: i64) {
        while let Some(row) = stream.rows.pop_front_if(|row| row.key == self.key) {
            let balance = self.balance.entry(row.content).or_insert(0);
            *balance += weight;
            if *balance == 0 {
                self.balance.remove(&row.content);
            }
        }
    }

    /// Rows of equal content are the same row; of the rest as many as both sides have are different ones.
    fn add_to(self, net: &mut NetRows) {
        let (mut before, mut after) = (0_u64, 0_u64);
        for balance in self.balance.into_values() {
            let side = if balance > 0 { &mut before } else { &mut after };
            *side += balance.unsigned_abs();
        }
        let different = before.min(after);
        net.different += different;
        net.missing += before - different;
        net.new += after - different;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn row(key: &str, content: u128) -> RowDigest {
        RowDigest { key: key.into(), content }
    }

    fn rows(rows: &[(&str, u128)]) -> Vec<RowDigest> {
        rows.iter().map(|(key, content)| row(key, *content)).collect()
    }

    /// Feeds what the merge wants, `batch` rows at a time; also the most rows it ever held.
    fn merge(before: Vec<RowDigest>, after: Vec<RowDigest>, batch: usize) -> (NetRows, usize) {
        let (mut before, mut after) = (before.into_iter(), after.into_iter());
        let (mut merge, mut held) = (Merge::new(), 0);
        while let Some(side) = merge.wants() {
            let source = if side == Side::Before { &mut before } else { &mut after };
            let next: Vec<_> = source.take(batch).collect();
            if next.is_empty() {
                merge.end(side);
            } else {
                merge.push(side, next).unwrap();
            }
            held = held.max(merge.before.rows.len() + merge.after.rows.len());
        }
        (merge.finish().unwrap(), held)
    }

    #[track_caller]
    fn check(before: &[(&str, u128)], after: &[(&str, u128)], expected: (u64, u64, u64)) {
        for batch in [1, 2, 100] {
            let (net, _) = merge(rows(before), rows(after), batch);
            assert_eq!((net.missing, net.new, net.different), expected, "in batches of {batch}");
        }
    }

    #[test]
    fn rows_are_missing_new_or_different_by_key() {
        check(&[("a", 1), ("b", 2), ("c", 3)], &[("a", 1), ("c", 4), ("d", 5)], (1, 1, 1));
        check(&[], &[("a", 1), ("b", 1)], (0, 2, 0));
        check(&[("a", 1), ("b", 1)], &[], (2, 0, 0));
        check(&[], &[], (0, 0, 0));
    }

    #[test]
    fn equal_rows_without_a_key_count_each() {
        check(&[("x", 7), ("x", 7), ("x", 7)], &[("x", 7)], (2, 0, 0));
        check(&[("x", 7)], &[("x", 7), ("x", 7), ("y", 8)], (0, 2, 0));
    }

    #[test]
    fn rows_of_one_key_pair_up_by_content_first() {
        check(&[("k", 1), ("k", 2)], &[("k", 2), ("k", 3)], (0, 0, 1));
        check(&[("k", 1), ("k", 2), ("k", 3)], &[("k", 3), ("k", 9)], (1, 0, 1));
    }

    #[test]
    fn rows_out_of_order_are_an_error_without_their_key() {
        let within = Merge::new().push_before(rows(&[("b", 1), ("a", 1)])).unwrap_err();
        assert_eq!(within.kind, ErrorKind::Unverified);
        let mut merge = Merge::new();
        merge.push_after(rows(&[("secret", 1)])).unwrap();
        let across = merge.push_after(rows(&[("a", 1)])).unwrap_err();
        assert!(!across.to_string().contains("secret"));
    }

    #[test]
    fn a_merge_that_was_cut_short_says_so() {
        let mut merge = Merge::new();
        merge.push_before(rows(&[("a", 1)])).unwrap();
        merge.end(Side::Before);
        assert_eq!(merge.wants(), Some(Side::After));
        assert_eq!(merge.finish().unwrap_err().kind, ErrorKind::Unverified);
    }

    #[test]
    fn memory_stays_at_two_batches_whatever_the_sides_do() {
        let many: Vec<_> = (0..10_000).map(|n| row(&format!("{n:05}"), n)).collect();
        let (net, held) = merge(many.clone(), Vec::new(), 100);
        assert_eq!((net.missing, held <= 200), (10_000, true));
        let (net, held) = merge(many[9_000..].to_vec(), many, 100);
        assert_eq!((net.new, held <= 200), (9_000, true));
    }

    proptest! {
        #[test]
        fn counts_add_up_for_any_two_sides(
            mut before in prop::collection::vec((0_u8..20, 0_u128..3), 0..60),
            mut after in prop::collection::vec((0_u8..20, 0_u128..3), 0..60),
            batch in 1_usize..9,
        ) {
            before.sort_unstable();
            after.sort_unstable();
            let digests = |rows: &[(u8, u128)]| {
                rows.iter().map(|(key, content)| RowDigest { key: vec![*key], content: *content }).collect()
            };
            let (net, _) = merge(digests(&before), digests(&after), batch);
            // Independently: what is left of each side once equal rows are struck out, key by key.
            let mut expected = NetRows::default();
            for key in 0..20 {
                let of = |rows: &[(u8, u128)]| rows.iter().filter(|row| row.0 == key).copied().collect::<Vec<_>>();
                let (mut left, mut added) = (of(&before), Vec::new());
                for row in of(&after) {
                    match left.iter().position(|other| *other == row) {
                        Some(at) => drop(left.remove(at)),
                        None => added.push(row),
                    }
                }
                let both = left.len().min(added.len());
                expected.different += both as u64;
                expected.missing += (left.len() - both) as u64;
                expected.new += (added.len() - both) as u64;
            }
            prop_assert_eq!(net, expected);
        }
    }
}
