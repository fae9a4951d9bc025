//! The state witness: two streams of rows, both in order of key, merged into what is missing, new or different.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::iter::repeat_n;

use crate::model::change::NetRows;
use crate::model::digest::{RowDigest, columns};
use crate::model::error::{Error, ErrorKind, Result};
use crate::model::lost::MOST_LOST_SHOWN;
use crate::model::tuples::TupleId;

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
    found: Found,
}

/// What the merge found so far.
#[derive(Debug, Default)]
struct Found {
    net: NetRows,
    missing_at: Vec<TupleId>,
    columns: BTreeSet<usize>,
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
    /// By content.
    balances: BTreeMap<Vec<u8>, Balance>,
}

/// Rows of one key and one content.
#[derive(Debug, Default)]
struct Balance {
    /// Rows before less rows after, never 0.
    rows: i64,
    /// Where some of the rows before lie.
    places: Vec<TupleId>,
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

    /// Where some of the missing rows lie in the seed, the first ones in the order of their keys, as far as they came with
    /// their places.
    pub fn missing_at(&self) -> &[TupleId] {
        &self.found.missing_at
    }

    /// The columns beside the key, by their numbers, in which some row of both sides differs.
    pub fn columns(&self) -> &BTreeSet<usize> {
        &self.found.columns
    }

    /// How the two sides differ. Fails if a side has not ended.
    pub fn finish(self) -> Result<NetRows> {
        match self.wants() {
            None => Ok(self.found.net),
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
                group.add_to(&mut self.found);
            }
            self.settle_plain();
            if self.wants().is_some() {
                return;
            }
            let key = match (self.before.rows.front(), self.after.rows.front()) {
                (Some(before), Some(after)) => before.key().min(after.key()),
                (Some(row), None) | (None, Some(row)) => row.key(),
                (None, None) => return,
            };
            self.group = Some(Group { key: key.to_vec(), balances: BTreeMap::new() });
        }
    }

    /// Takes away rows of which it is plain what they are. Most rows of most tables go this way, which costs no group.
    fn settle_plain(&mut self) {
        while let (Some(before), Some(after)) = (self.before.rows.front(), self.after.rows.front()) {
            let (takes_before, takes_after) = match before.key().cmp(after.key()) {
                Ordering::Less => {
                    self.found.miss(1, before.at.iter());
                    (true, false)
                }
                Ordering::Greater => {
                    self.found.net.new += 1;
                    (false, true)
                }
                // In the balance of their key they would be nothing.
                Ordering::Equal if before.content() == after.content() => (true, true),
                Ordering::Equal if self.before.is_front_alone() && self.after.is_front_alone() => {
                    self.found.net.different += 1;
                    self.found.note_columns(before.content(), after.content());
                    (true, true)
                }
                Ordering::Equal => return,
            };
            if takes_before {
                self.before.rows.pop_front();
            }
            if takes_after {
                self.after.rows.pop_front();
            }
        }
    }
}

impl Found {
    /// Rows are missing, some of which lay there.
    fn miss<'a>(&mut self, rows: u64, places: impl Iterator<Item = &'a TupleId>) {
        self.net.missing += rows;
        let room = MOST_LOST_SHOWN.saturating_sub(self.missing_at.len());
        self.missing_at.extend(places.take(usize::try_from(rows).unwrap_or(usize::MAX).min(room)));
    }

    /// Two rows differ, which have these contents.
    fn note_columns(&mut self, before: &[u8], after: &[u8]) {
        let differs = columns(before).zip(columns(after)).map(|(before, after)| before != after);
        self.columns.extend(differs.enumerate().filter_map(|(number, differs)| differs.then_some(number)));
    }
}

impl Stream {
    fn is_awaited(&self) -> bool {
        self.rows.is_empty() && !self.has_ended
    }

    /// Whether the first row is known to be the only one of its key that is still to come.
    fn is_front_alone(&self) -> bool {
        match (self.rows.front(), self.rows.get(1)) {
            (Some(front), Some(next)) => front.key() != next.key(),
            (_, None) => self.has_ended,
            (None, Some(_)) => false,
        }
    }

    fn push(&mut self, rows: Vec<RowDigest>) -> Result<()> {
        let Some(last) = rows.last() else { return Ok(()) };
        let follows = self.last_key.as_ref().zip(rows.first()).is_none_or(|(last, row)| **last <= *row.key());
        if !follows || !rows.is_sorted_by(|one, next| one.key() <= next.key()) {
            // The key itself is data and stays out of the message.
            return Err(Error::new(ErrorKind::Unverified, "the server sent rows out of order of their keys"));
        }
        self.last_key = Some(last.key().to_vec());
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
        while let Some(row) = stream.rows.pop_front_if(|row| row.key() == self.key) {
            // Looking first spares most contents of a key that is not unique their copy.
            if !self.balances.contains_key(row.content()) {
                self.balances.insert(row.content().to_vec(), Balance::default());
            }
            let Some(balance) = self.balances.get_mut(row.content()) else { continue };
            balance.rows += weight;
            balance.places.extend(row.at.filter(|_| balance.places.len() < MOST_LOST_SHOWN));
            if balance.rows == 0 {
                self.balances.remove(row.content());
            }
        }
    }

    /// Rows of equal content are the same row; of the rest as many as both sides have are different ones.
    fn add_to(self, found: &mut Found) {
        let left = |sign: i64| self.balances.iter().filter(move |(_, balance)| balance.rows.signum() == sign);
        let count = |sign| left(sign).map(|(_, balance)| balance.rows.unsigned_abs()).sum::<u64>();
        let (before, after) = (count(1), count(-1));
        let different = before.min(after);
        found.net.different += different;
        found.net.new += after - different;
        let each =
            |sign| left(sign).flat_map(|(content, balance)| repeat_n(content, magnitude(balance.rows)));
        for (before, after) in each(1).zip(each(-1)) {
            found.note_columns(before, after);
        }
        let places = left(1).flat_map(|(_, balance)| balance.places.iter().take(magnitude(balance.rows)));
        found.miss(before - different, places);
    }
}

fn magnitude(rows: i64) -> usize {
    usize::try_from(rows.unsigned_abs()).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests;
