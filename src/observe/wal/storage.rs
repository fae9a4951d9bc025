//! Records that tell a file made by a rewrite from one made by TRUNCATE, and one that was emptied in place.

use super::bytes::Bytes;
use super::facts::File;

const OPERATION: u8 = 0xF0;

/// What a storage record did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stored {
    /// Made a file, to hold rows or an index.
    Made(File),
    /// Cut a file down to nothing.
    Emptied(File),
    /// Something else.
    Nothing,
}

impl Stored {
    /// Reads a storage record; `None` if it does not fit.
    pub fn read(kind: u8, main: &[u8]) -> Option<Self> {
        const CREATE: u8 = 0x10;
        const TRUNCATE: u8 = 0x20;
        let mut bytes = Bytes(main);
        match kind & OPERATION {
            CREATE => {}
            TRUNCATE => {
                let (blocks, _tablespace, database, node) =
                    (bytes.u32()?, bytes.u32()?, bytes.u32()?, bytes.u32()?);
                let _flags = bytes.u32()?;
                return Some(if blocks == 0 { Self::Emptied((database, node)) } else { Self::Nothing });
            }
            _ => return Some(Self::Nothing),
        }
        let (_tablespace, database, node, fork) = (bytes.u32()?, bytes.u32()?, bytes.u32()?, bytes.u32()?);
        let is_main_fork = fork == 0;
        bytes.0.is_empty().then_some(if is_main_fork { Self::Made((database, node)) } else { Self::Nothing })
    }
}

/// A table that a transaction locked against everybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ExclusiveLock {
    /// Who holds it.
    pub xid: u32,
    /// The database's oid.
    pub database: u32,
    /// The table's oid, not its file.
    pub table: u32,
}

/// Locks that a standby record announces: none if it is of another kind, `None` if it does not fit.
pub(super) fn exclusive_locks(kind: u8, main: &[u8]) -> Option<Vec<ExclusiveLock>> {
    const LOCK: u8 = 0x00;
    if kind & OPERATION != LOCK {
        return Some(Vec::new());
    }
    let mut locks = Bytes(Bytes(main).list(12)?);
    let mut found = Vec::new();
    while !locks.0.is_empty() {
        found.push(ExclusiveLock { xid: locks.u32()?, database: locks.u32()?, table: locks.u32()? });
    }
    Some(found)
}
