//! Page headers.

use super::bytes::Bytes;
use super::error::WalError;
use super::layout::Layout;
use crate::model::lsn::Lsn;

/// Size of a page in bytes.
pub(super) const PAGE_BYTES: u64 = 8192;
/// Size of a page header in bytes, but for the first page of a segment.
pub(super) const SHORT_HEADER_BYTES: usize = 24;
/// Size of the header of a segment's first page in bytes.
pub(super) const LONG_HEADER_BYTES: usize = 40;

const CONTINUES_RECORD: u16 = 0x0001;
const LONG_HEADER: u16 = 0x0002;
const OVERWRITES_RECORD: u16 = 0x0008;

/// What a page header says of the bytes behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PageHeader {
    /// How records are laid out.
    pub layout: Layout,
    /// Bytes of a record begun on an earlier page that are still to come; 0 if a record begins here.
    pub remaining_bytes: usize,
    /// Whether the record begun on an earlier page was given up when the server crashed.
    pub overwrites: bool,
}

impl PageHeader {
    /// Size of a header in bytes, told by its first [`SHORT_HEADER_BYTES`].
    pub fn size_bytes(short: &[u8]) -> usize {
        let mut bytes = Bytes(short);
        let flags = bytes.take(2).and_then(|_| bytes.u16()).unwrap_or(0);
        if flags & LONG_HEADER == 0 { SHORT_HEADER_BYTES } else { LONG_HEADER_BYTES }
    }

    /// Reads the whole header of the page at `at`.
    pub fn read(header: &[u8], at: Lsn, segment_size_bytes: u64) -> Result<Self, WalError> {
        let bad = |reason| WalError::BadPage { at, reason };
        let mut bytes = Bytes(header);
        let mut fields = || {
            let (magic, flags, _timeline) = (bytes.u16()?, bytes.u16()?, bytes.u32()?);
            let (address, remaining, _padding) = (bytes.u64()?, bytes.u32()?, bytes.u32()?);
            Some((magic, flags, address, remaining))
        };
        let (magic, flags, address, remaining) = fields().ok_or_else(|| bad("it is too short"))?;
        let layout = Layout::of_magic(magic).ok_or(WalError::UnknownMagic { at, magic })?;
        if address != at.0 {
            return Err(WalError::WrongPage { at, says: Lsn(address) });
        }
        let is_long = flags & LONG_HEADER != 0;
        if is_long != at.0.is_multiple_of(segment_size_bytes) {
            return Err(bad("the long form belongs to the first page of a segment alone"));
        }
        if is_long {
            let mut sizes = || {
                let _system = bytes.u64()?;
                Some((u64::from(bytes.u32()?), u64::from(bytes.u32()?)))
            };
            if sizes() != Some((segment_size_bytes, PAGE_BYTES)) {
                return Err(bad("its segment or page size is another one"));
            }
        }
        if (flags & CONTINUES_RECORD != 0) != (remaining != 0) {
            return Err(bad("it continues a record of no length, or none of some length"));
        }
        Ok(Self {
            layout,
            remaining_bytes: usize::try_from(remaining).map_err(|_| bad("its record is too long"))?,
            overwrites: flags & OVERWRITES_RECORD != 0,
        })
    }
}
