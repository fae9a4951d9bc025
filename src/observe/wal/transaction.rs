//! Records that end a transaction.

use super::bytes::Bytes;
use super::facts::File;
use super::layout::Layout;

const OPERATION: u8 = 0x70;
const COMMIT: u8 = 0x00;
const ABORT: u8 = 0x20;
const COMMIT_PREPARED: u8 = 0x30;
const ABORT_PREPARED: u8 = 0x40;
/// The kind's bit that says that parts follow.
const HAS_PARTS: u8 = 0x80;

const DATABASE: u32 = 1 << 0;
const SUBTRANSACTIONS: u32 = 1 << 1;
const DROPPED_FILES: u32 = 1 << 2;
const INVALIDATIONS: u32 = 1 << 3;
const PREPARED: u32 = 1 << 4;
const ORIGIN: u32 = 1 << 5;
const GLOBAL_ID: u32 = 1 << 7;
const DROPPED_STATISTICS: u32 = 1 << 8;

/// What a transaction record ends: a transaction, or a subtransaction that is rolled back, with all subtransactions
/// but those that were rolled back before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// Their rows are there for good, and files that they gave up are gone.
    Committed {
        /// The transaction first, then its subtransactions.
        xids: Vec<u32>,
        /// Files of tables and indexes that were dropped, truncated or rewritten.
        dropped: Vec<File>,
        /// When, by the server's clock, in microseconds since the year 2000 began.
        at_us: i64,
    },
    /// Their rows were never there.
    Aborted {
        /// As those of a commit.
        xids: Vec<u32>,
        /// As that of a commit.
        at_us: i64,
    },
    /// The transaction goes on: prepared, or a note about it.
    Nothing,
}

impl Ending {
    /// Reads a transaction record; `None` if it does not fit to the byte.
    pub fn read(xid: u32, kind: u8, main: &[u8], layout: Layout) -> Option<Self> {
        let is_commit = match kind & OPERATION {
            COMMIT | COMMIT_PREPARED => true,
            ABORT | ABORT_PREPARED => false,
            _ => return Some(Self::Nothing),
        };
        let mut bytes = Bytes(main);
        let at_us = bytes.u64()?.cast_signed();
        let parts = if kind & HAS_PARTS == 0 { 0 } else { bytes.u32()? };
        let mut xids = vec![xid];
        if parts & DATABASE != 0 {
            bytes.take(8)?;
        }
        if parts & SUBTRANSACTIONS != 0 {
            xids.extend(bytes.list(4)?.as_chunks::<4>().0.iter().copied().map(u32::from_le_bytes));
        }
        let mut dropped = Vec::new();
        if parts & DROPPED_FILES != 0 {
            let mut files = Bytes(bytes.list(12)?);
            while !files.0.is_empty() {
                let (_tablespace, database, node) = (files.u32()?, files.u32()?, files.u32()?);
                dropped.push((database, node));
            }
        }
        if parts & DROPPED_STATISTICS != 0 {
            bytes.list(layout.dropped_statistics_bytes())?;
        }
        if parts & INVALIDATIONS != 0 {
            bytes.list(16)?;
        }
        if parts & PREPARED != 0 {
            // The record is written by the session that commits; what it ends is named here.
            xids[0] = bytes.u32()?;
            if parts & GLOBAL_ID != 0 {
                let end = memchr::memchr(0, bytes.0)?;
                bytes.take(end + 1)?;
            }
        }
        if parts & ORIGIN != 0 {
            bytes.take(16)?;
        }
        let ending =
            if is_commit { Self::Committed { xids, dropped, at_us } } else { Self::Aborted { xids, at_us } };
        bytes.0.is_empty().then_some(ending)
    }
}
