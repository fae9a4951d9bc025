//! The data block of a custom archive: chunks of a length and its bytes, ended by a length of 0.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::source::{corrupt, truncated};
use super::wire::Wire;
use crate::model::error::Result;

/// Begins a block with rows.
pub(super) const BLOCK_DATA: u8 = 1;
/// Begins a block with large objects.
pub(super) const BLOCK_BLOBS: u8 = 3;

/// The bytes of a block without its framing; ends at the block's true end and nowhere else.
pub(super) struct Chunks<R> {
    inner: R,
    int_size: usize,
    left: u64,
    ended: bool,
    position: Arc<AtomicU64>,
}

impl<R: Read> Chunks<R> {
    /// Reads `inner` from the first chunk's length on; `position` counts on from where `inner` stands.
    pub(super) fn new(inner: R, int_size: u8, position: Arc<AtomicU64>) -> Self {
        Self { inner, int_size: usize::from(int_size).min(8), left: 0, ended: false, position }
    }

    fn next_length(&mut self) -> io::Result<u64> {
        let mut bytes = [0_u8; 9];
        self.inner.read_exact(&mut bytes[..=self.int_size])?;
        self.position.fetch_add(self.int_size as u64 + 1, Ordering::Relaxed);
        if bytes[0] != 0 {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "a chunk has a negative length"));
        }
        let mut length = [0_u8; 8];
        length.copy_from_slice(&bytes[1..]);
        Ok(u64::from_le_bytes(length))
    }
}

impl<R: Read> Read for Chunks<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if into.is_empty() || self.ended {
            return Ok(0);
        }
        if self.left == 0 {
            self.left = self.next_length()?;
            if self.left == 0 {
                self.ended = true;
                return Ok(0);
            }
        }
        let wanted = usize::try_from(self.left).unwrap_or(usize::MAX).min(into.len());
        let got = self.inner.read(&mut into[..wanted])?;
        if got == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.left -= got as u64;
        self.position.fetch_add(got as u64, Ordering::Relaxed);
        Ok(got)
    }
}

/// One block as a scan finds it.
pub(super) struct FoundBlock {
    /// The entry whose rows it holds.
    pub(super) dump_id: i64,
    /// First byte of the first chunk's length.
    pub(super) position: u64,
    /// Bytes up to the next block.
    pub(super) size_bytes: u64,
    /// Of a block with large objects: the id of each, and the first byte of its first chunk's length.
    pub(super) objects: Vec<(u32, u64)>,
}

/// Reads the head of a block: its type and the id of its entry.
pub(super) fn read_head(wire: &mut Wire<'_>) -> Result<(u8, i64)> {
    let at = wire.position();
    let kind = wire.byte()?;
    if kind != BLOCK_DATA && kind != BLOCK_BLOBS {
        return Err(corrupt(at, "a block of rows should begin here"));
    }
    Ok((kind, wire.int()?))
}

/// Finds all blocks from `start` to the end of the archive by going over their chunks.
pub(super) fn scan(wire: &mut Wire<'_>, start: u64) -> Result<Vec<FoundBlock>> {
    wire.seek(start)?;
    let mut found = Vec::new();
    while wire.position() < wire.size() {
        let (kind, dump_id) = read_head(wire)?;
        let position = wire.position();
        let objects = if kind == BLOCK_BLOBS { skip_objects(wire)? } else { Vec::new() };
        if kind == BLOCK_DATA {
            skip_chunks(wire)?;
        }
        found.push(FoundBlock { dump_id, position, size_bytes: wire.position() - position, objects });
    }
    Ok(found)
}

/// Goes over the large objects of a block, each an id and chunks, up to the id 0.
pub(super) fn skip_objects(wire: &mut Wire<'_>) -> Result<Vec<(u32, u64)>> {
    let mut objects = Vec::new();
    loop {
        let at = wire.position();
        let id = u32::try_from(wire.int()?).map_err(|_| corrupt(at, "a large object has no id"))?;
        if id == 0 {
            return Ok(objects);
        }
        objects.push((id, wire.position()));
        skip_chunks(wire)?;
    }
}

fn skip_chunks(wire: &mut Wire<'_>) -> Result<()> {
    loop {
        let at = wire.position();
        let length = u64::try_from(wire.int()?).map_err(|_| corrupt(at, "a chunk has a negative length"))?;
        if length == 0 {
            return Ok(());
        }
        let end = wire.position().saturating_add(length);
        if end > wire.size() {
            return Err(truncated(wire.size(), &format!("a chunk should end at byte {end}")));
        }
        wire.seek(end)?;
    }
}
