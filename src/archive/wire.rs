//! Integers, strings and offsets as `pg_dump` writes them.

use std::io::{BufReader, Read, Seek, SeekFrom};

use super::source::{ReadSeek, corrupt, truncated, unreadable};
use crate::model::error::Result;

/// Reads an archive's own types and knows where it is.
pub(super) struct Wire<'a> {
    inner: BufReader<&'a mut dyn ReadSeek>,
    position: u64,
    size: u64,
    /// Bytes of an integer without its sign.
    pub(super) int_size: u8,
    /// Bytes of an offset without its state.
    pub(super) offset_size: u8,
}

/// Whether and where an entry has a data block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Offset {
    /// The archive could not be sought when it was written: the blocks have to be scanned.
    Unknown,
    /// Here.
    At(u64),
    /// It has none.
    None,
}

impl<'a> Wire<'a> {
    /// Begins at byte 0.
    pub(super) fn new(source: &'a mut dyn ReadSeek) -> Result<Self> {
        let size = source.seek(SeekFrom::End(0)).map_err(|cause| unreadable(0, cause))?;
        source.seek(SeekFrom::Start(0)).map_err(|cause| unreadable(0, cause))?;
        Ok(Self { inner: BufReader::new(source), position: 0, size, int_size: 4, offset_size: 8 })
    }

    /// The next byte's position.
    pub(super) fn position(&self) -> u64 {
        self.position
    }

    /// The source's size in bytes.
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// Goes on at `position`, which must not lie beyond the end.
    pub(super) fn seek(&mut self, position: u64) -> Result<()> {
        if position > self.size {
            return Err(truncated(self.size, &format!("rows should follow at byte {position}")));
        }
        // A relative seek keeps what is buffered: chunks are small and many.
        let moved = match i64::try_from(i128::from(position) - i128::from(self.position)) {
            Ok(distance) => self.inner.seek_relative(distance),
            Err(_) => self.inner.seek(SeekFrom::Start(position)).map(drop),
        };
        moved.map_err(|cause| unreadable(position, cause))?;
        self.position = position;
        Ok(())
    }

    /// One byte.
    pub(super) fn byte(&mut self) -> Result<u8> {
        let mut byte = [0];
        self.exact(&mut byte)?;
        Ok(byte[0])
    }

    /// Fills `bytes`.
    pub(super) fn exact(&mut self, bytes: &mut [u8]) -> Result<()> {
        self.inner.read_exact(bytes).map_err(|cause| unreadable(self.position, cause))?;
        self.position += bytes.len() as u64;
        Ok(())
    }

    /// A signed integer.
    pub(super) fn int(&mut self) -> Result<i64> {
        let at = self.position;
        let sign = self.byte()?;
        let magnitude = self.little_endian(self.int_size)?;
        let magnitude = i64::try_from(magnitude).map_err(|_| corrupt(at, "an integer is too large"))?;
        match sign {
            0 => Ok(magnitude),
            1 => Ok(-magnitude),
            _ => Err(corrupt(at, "an integer has no sign")),
        }
    }

    /// A string, `None` for NULL.
    pub(super) fn string(&mut self) -> Result<Option<String>> {
        let at = self.position;
        let Ok(length) = u64::try_from(self.int()?) else { return Ok(None) };
        if length > self.size.saturating_sub(self.position) {
            return Err(truncated(at, &format!("a text of {length} bytes should follow")));
        }
        let mut bytes = Vec::new();
        (&mut self.inner).take(length).read_to_end(&mut bytes).map_err(|cause| unreadable(at, cause))?;
        self.position += length;
        String::from_utf8(bytes).map(Some).map_err(|_| {
            corrupt(at, "a text is not UTF-8")
                .hint("dump a database of another encoding with `pg_dump --encoding=UTF8`")
        })
    }

    /// Where an entry's block is.
    pub(super) fn offset(&mut self) -> Result<Offset> {
        let at = self.position;
        let state = self.byte()?;
        let position = self.little_endian(self.offset_size)?;
        match state {
            1 => Ok(Offset::Unknown),
            2 => Ok(Offset::At(position)),
            3 => Ok(Offset::None),
            _ => Err(corrupt(at, "an offset has no state")),
        }
    }

    fn little_endian(&mut self, size: u8) -> Result<u64> {
        let mut bytes = [0; 8];
        let at = self.position;
        let used =
            bytes.get_mut(..usize::from(size)).ok_or_else(|| corrupt(at, "an integer has too many bytes"))?;
        self.inner.read_exact(used).map_err(|cause| unreadable(at, cause))?;
        self.position += u64::from(size);
        Ok(u64::from_le_bytes(bytes))
    }
}
