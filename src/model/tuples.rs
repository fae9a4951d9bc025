//! Where rows lie in the file of a table.

use std::fmt;
use std::ops::RangeInclusive;

use roaring::RoaringTreemap;

/// Bits for the offset in a page: at 8 kB a page holds at most 291 rows (`MaxHeapTuplesPerPage`).
const OFFSET_BITS: u32 = 9;
const MAX_OFFSET: u16 = (1 << OFFSET_BITS) - 1;

/// Where one row lies, as its `ctid` says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TupleId {
    /// Number of the page in the file, from 0.
    pub block: u32,
    /// Number of the row in the page, from 1.
    pub offset: u16,
}

/// A set of tuple ids of one file: two to three bytes an id where they lie close together.
#[derive(Clone, Default, PartialEq)]
pub struct TupleIds {
    ids: RoaringTreemap,
    length: u64,
}

impl TupleIds {
    /// Adds neighbours on one page. `None`, and nothing added, if no page has such offsets.
    pub fn insert(&mut self, block: u32, offsets: RangeInclusive<u16>) -> Option<()> {
        let (first, last) = (*offsets.start(), *offsets.end());
        if first == 0 || last > MAX_OFFSET || first > last {
            return None;
        }
        let page = u64::from(block) << OFFSET_BITS;
        self.length += if first == last {
            u64::from(self.ids.insert(page | u64::from(first)))
        } else {
            self.ids.insert_range(page | u64::from(first)..=page | u64::from(last))
        };
        Some(())
    }

    /// Adds another set.
    pub fn unite(&mut self, other: &Self) {
        self.ids |= &other.ids;
        self.length = self.ids.len();
    }

    /// How many there are.
    pub fn len(&self) -> u64 {
        self.length
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// All of them in the order of the file.
    pub fn iter(&self) -> impl Iterator<Item = TupleId> {
        self.ids.iter().filter_map(|id| {
            let block = u32::try_from(id >> OFFSET_BITS).ok()?;
            let offset = u16::try_from(id & u64::from(MAX_OFFSET)).ok()?;
            Some(TupleId { block, offset })
        })
    }
}

impl Eq for TupleIds {}

impl fmt::Debug for TupleIds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter().take(20).map(|id| (id.block, id.offset))).finish()?;
        write!(f, " of {}", self.length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_come_back_once_and_in_the_order_of_the_file() {
        let mut ids = TupleIds::default();
        ids.insert(u32::MAX, 291..=291).unwrap();
        ids.insert(0, 2..=3).unwrap();
        ids.insert(0, 1..=2).unwrap();
        let mut other = TupleIds::default();
        other.insert(7, 1..=1).unwrap();
        other.insert(0, 3..=3).unwrap();
        ids.unite(&other);
        let listed: Vec<_> = ids.iter().map(|id| (id.block, id.offset)).collect();
        assert_eq!(listed, [(0, 1), (0, 2), (0, 3), (7, 1), (u32::MAX, 291)]);
        assert_eq!(ids.len(), 5);
    }

    #[test]
    fn what_no_page_holds_is_refused() {
        let mut ids = TupleIds::default();
        assert_eq!(ids.insert(1, 0..=3), None);
        assert_eq!(ids.insert(1, 500..=512), None);
        assert!(ids.is_empty());
    }
}
