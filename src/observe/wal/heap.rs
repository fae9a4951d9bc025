//! Records of rows: what each did to how many, and where in the page. Laid out as `access/heapam_xlog.h` says.

use super::bytes::Bytes;
use super::record::Manager;

/// Which of the bits of a kind say what was done; the one left out says that the page was made anew.
const OPERATION: u8 = 0x70;
const MAKES_PAGE: u8 = 0x80;

/// What one record did to the rows of one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Written<'a> {
    /// Inserted these.
    Inserted(Offsets<'a>),
    /// Updated one, on the same page or not.
    Updated {
        /// Its offset until then.
        old: u16,
        /// Its offset since.
        new: u16,
    },
    /// Deleted the one at this offset.
    Deleted(u16),
    /// Deleted one that an UPDATE then inserted into another partition.
    Moved(u16),
    /// Took back one that INSERT … ON CONFLICT had inserted before it saw the conflict.
    Withdrawn(u16),
    /// Nothing that changes a row: locks, pruning, freezing, confirmations, changes in place.
    Nothing,
}

/// Which rows of a page one record inserted, by their offsets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Offsets<'a> {
    /// This one.
    One(u16),
    /// Those from 1 to here.
    First(u16),
    /// Those listed, in two bytes each.
    Listed(&'a [u8]),
}

impl Offsets<'_> {
    /// How many there are.
    pub fn count(self) -> u64 {
        match self {
            Self::One(_) => 1,
            Self::First(count) => u64::from(count),
            Self::Listed(bytes) => bytes.len() as u64 / 2,
        }
    }
}

impl<'a> Written<'a> {
    /// Reads the record's own part; `None` if it does not fit.
    pub fn read(manager: Manager, kind: u8, main: &'a [u8]) -> Option<Self> {
        match (manager, kind & OPERATION) {
            (Manager::Heap, 0x00) => inserted(main),
            (Manager::Heap, 0x10) => deleted(main),
            (Manager::Heap, 0x20 | 0x40) => updated(main),
            (Manager::Heap2, 0x50) => inserted_many(main, kind & MAKES_PAGE != 0),
            _ => Some(Self::Nothing),
        }
    }
}

fn inserted(main: &[u8]) -> Option<Written<'_>> {
    let mut bytes = Bytes(main);
    let (offset, _flags) = (bytes.u16()?, bytes.u8()?);
    Some(Written::Inserted(Offsets::One(offset)))
}

fn updated(main: &[u8]) -> Option<Written<'_>> {
    let mut bytes = Bytes(main);
    let (_old_xmax, old) = (bytes.u32()?, bytes.u16()?);
    let (_old_state, _flags, _new_xmax) = (bytes.u8()?, bytes.u8()?, bytes.u32()?);
    Some(Written::Updated { old, new: bytes.u16()? })
}

fn deleted(main: &[u8]) -> Option<Written<'_>> {
    const TAKES_BACK: u8 = 0x08;
    const MOVES_PARTITION: u8 = 0x10;
    let mut bytes = Bytes(main);
    let (_xmax, offset, _state, flags) = (bytes.u32()?, bytes.u16()?, bytes.u8()?, bytes.u8()?);
    Some(if flags & TAKES_BACK != 0 {
        Written::Withdrawn(offset)
    } else if flags & MOVES_PARTITION != 0 {
        Written::Moved(offset)
    } else {
        Written::Deleted(offset)
    })
}

fn inserted_many(main: &[u8], makes_page: bool) -> Option<Written<'_>> {
    let mut bytes = Bytes(main);
    // One byte of flags and one that aligns the count.
    let _flags = bytes.u16()?;
    let count = bytes.u16()?;
    // On a page that is made anew the rows sit one after another, so their offsets are left out.
    let offsets = if makes_page { Offsets::First(count) } else { Offsets::Listed(bytes.0) };
    let listed_bytes = if makes_page { 0 } else { 2 * usize::from(count) };
    (bytes.0.len() == listed_bytes && count > 0).then_some(Written::Inserted(offsets))
}
