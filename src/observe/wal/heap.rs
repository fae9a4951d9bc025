//! Records of rows: what each did to how many.

use super::bytes::Bytes;
use super::record::Manager;

/// Which of the bits of a kind say what was done; the one left out says that the page was made anew.
const OPERATION: u8 = 0x70;
const MAKES_PAGE: u8 = 0x80;

/// What one record did to the rows of one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Written {
    /// Inserted this many.
    Inserted(u64),
    /// Updated one, in place or not.
    Updated,
    /// Deleted one.
    Deleted,
    /// Deleted one that an UPDATE then inserted into another partition.
    Moved,
    /// Took back one that INSERT … ON CONFLICT had inserted before it saw the conflict.
    Withdrawn,
    /// Nothing that changes a row: locks, pruning, freezing, confirmations, changes in place.
    Nothing,
}

impl Written {
    /// Reads the record's own part; `None` if it does not fit.
    pub fn read(manager: Manager, kind: u8, main: &[u8]) -> Option<Self> {
        match (manager, kind & OPERATION) {
            (Manager::Heap, 0x00) => (main.len() >= 3).then_some(Self::Inserted(1)),
            (Manager::Heap, 0x10) => deleted(main),
            (Manager::Heap, 0x20 | 0x40) => (main.len() >= 14).then_some(Self::Updated),
            (Manager::Heap2, 0x50) => inserted_many(main, kind & MAKES_PAGE != 0),
            _ => Some(Self::Nothing),
        }
    }
}

fn deleted(main: &[u8]) -> Option<Written> {
    const TAKES_BACK: u8 = 0x08;
    const MOVES_PARTITION: u8 = 0x10;
    let mut bytes = Bytes(main);
    let _place = bytes.take(7)?;
    let flags = bytes.u8()?;
    Some(if flags & TAKES_BACK != 0 {
        Written::Withdrawn
    } else if flags & MOVES_PARTITION != 0 {
        Written::Moved
    } else {
        Written::Deleted
    })
}

fn inserted_many(main: &[u8], makes_page: bool) -> Option<Written> {
    let mut bytes = Bytes(main);
    // One byte of flags and one that aligns the count.
    let _flags = bytes.u16()?;
    let count = bytes.u16()?;
    // On a page that is made anew the rows sit one after another, so their places are left out.
    let places_bytes = if makes_page { 0 } else { 2 * usize::from(count) };
    (bytes.0.len() == places_bytes && count > 0).then_some(Written::Inserted(u64::from(count)))
}
