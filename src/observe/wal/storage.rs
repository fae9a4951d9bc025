//! Records that tell a file made by a rewrite from one made by TRUNCATE.

use super::bytes::Bytes;
use super::facts::File;

const OPERATION: u8 = 0xF0;

/// The file of a record that makes one, if it is a main fork: `Some(None)` if it does something else, `None` if it
/// does not fit.
pub(super) fn made_file(kind: u8, main: &[u8]) -> Option<Option<File>> {
    const CREATE: u8 = 0x10;
    if kind & OPERATION != CREATE {
        return Some(None);
    }
    let mut bytes = Bytes(main);
    let (_tablespace, database, node, fork) = (bytes.u32()?, bytes.u32()?, bytes.u32()?, bytes.u32()?);
    bytes.0.is_empty().then_some((fork == 0).then_some((database, node)))
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
