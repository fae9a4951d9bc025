//! The form of a record: its header, the blocks that it touches, and its own part.

use super::bytes::Bytes;
use super::facts::File;
use super::layout::Layout;

/// Size of a record header in bytes, and so of the smallest record.
pub(super) const HEADER_BYTES: usize = 24;
/// The longest record that a server writes, in bytes.
pub(super) const MAX_BYTES: usize = 1020 * 1024 * 1024;

const HEAP_PAGE_BYTES: u16 = 8192;
const MAX_BLOCK: u8 = 32;
const DATA_SHORT: u8 = 255;
const DATA_LONG: u8 = 254;
const ORIGIN: u8 = 253;
const TOP_TRANSACTION: u8 = 252;

const FORK_BITS: u8 = 0x0F;
const HAS_IMAGE: u8 = 0x10;
const HAS_DATA: u8 = 0x20;
const SAME_FILE: u8 = 0x80;
const IMAGE_HAS_HOLE: u8 = 0x01;

/// Who wrote a record, and so how to read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Manager {
    /// The log itself.
    Log,
    /// Transactions.
    Transaction,
    /// Files made and cut.
    Storage,
    /// What a standby must know: locks.
    Standby,
    /// Rows, second part.
    Heap2,
    /// Rows.
    Heap,
    /// Sequences.
    Sequence,
    /// Everything else: indexes, extensions.
    Other,
}

/// A record's header.
#[derive(Clone, Copy, Debug)]
pub(super) struct RecordHeader {
    /// The transaction or subtransaction that wrote it; 0 for none.
    pub xid: u32,
    /// Where the record before it begins.
    pub previous: u64,
    /// What it is, in the manager's own numbers.
    pub kind: u8,
    /// Who wrote it.
    pub manager: Manager,
    crc: u32,
}

impl RecordHeader {
    /// Reads the header; `None` if it is cut.
    pub fn read(record: &[u8]) -> Option<Self> {
        let mut bytes = Bytes(record);
        let (_length, xid, previous) = (bytes.u32()?, bytes.u32()?, bytes.u64()?);
        let (kind, manager, _padding, crc) = (bytes.u8()?, bytes.u8()?, bytes.u16()?, bytes.u32()?);
        let manager = match manager {
            0 => Manager::Log,
            1 => Manager::Transaction,
            2 => Manager::Storage,
            8 => Manager::Standby,
            9 => Manager::Heap2,
            10 => Manager::Heap,
            15 => Manager::Sequence,
            _ => Manager::Other,
        };
        Some(Self { xid, previous, kind, manager, crc })
    }

    /// Whether the bytes of the whole record are those that were written.
    pub fn checksum_fits(&self, record: &[u8]) -> bool {
        let (header, body) = record.split_at(HEADER_BYTES);
        crc32c::crc32c_append(crc32c::crc32c(body), &header[..HEADER_BYTES - 4]) == self.crc
    }
}

/// The pages of one file that a record touches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The file.
    pub file: File,
    /// Number of the page, which of an UPDATE is where the row went.
    pub block: u32,
    /// Number of the page that an UPDATE took the row from, if that is another one.
    pub old_block: Option<u32>,
}

/// What is behind a record's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Body<'a> {
    /// The first page that it touches, and the second of the same file, if the first is one of a main fork.
    pub place: Option<Place>,
    /// What the record holds for the first page beside an image of it: the bytes of a row.
    pub block: &'a [u8],
    /// The record's own part.
    pub main: &'a [u8],
}

impl<'a> Body<'a> {
    /// Reads what is behind the header; `None` if it does not fit to the byte.
    pub fn read(record: &'a [u8], layout: Layout) -> Option<Self> {
        let mut bytes = Bytes(record.get(HEADER_BYTES..)?);
        let (mut payload_bytes, mut main_bytes) = (0_usize, 0_usize);
        let (mut place, mut last_file, mut last_block): (Option<Place>, _, _) = (None, None, None);
        let mut first = 0..0;
        // Lengths come first and in the order of what they announce, which then fills the rest.
        while bytes.0.len() > payload_bytes {
            match bytes.u8()? {
                DATA_SHORT => {
                    main_bytes = usize::from(bytes.u8()?);
                    break;
                }
                DATA_LONG => {
                    main_bytes = usize::try_from(bytes.u32()?).ok()?;
                    break;
                }
                ORIGIN => drop(bytes.u16()?),
                TOP_TRANSACTION => drop(bytes.u32()?),
                block @ 0..=MAX_BLOCK if last_block < Some(block) => {
                    last_block = Some(block);
                    let read = read_block(&mut bytes, layout, last_file)?;
                    payload_bytes += read.image_bytes + read.data_bytes;
                    if block == 0 {
                        first = read.image_bytes..payload_bytes;
                    }
                    last_file = Some(read.file);
                    match &mut place {
                        None if block == 0 && read.is_main_fork => {
                            place = Some(Place { file: read.file, block: read.number, old_block: None });
                        }
                        Some(place) if block == 1 && read.is_main_fork && read.file == place.file => {
                            place.old_block = Some(read.number);
                        }
                        _ => {}
                    }
                }
                _ => return None,
            }
        }
        if bytes.0.len() != payload_bytes.checked_add(main_bytes)? {
            return None;
        }
        Some(Self { place, block: bytes.0.get(first)?, main: &bytes.0[payload_bytes..] })
    }
}

struct Block {
    file: File,
    number: u32,
    is_main_fork: bool,
    image_bytes: usize,
    data_bytes: usize,
}

fn read_block(bytes: &mut Bytes<'_>, layout: Layout, last_file: Option<File>) -> Option<Block> {
    let (flags, data_bytes) = (bytes.u8()?, bytes.u16()?);
    if (flags & HAS_DATA != 0) != (data_bytes != 0) {
        return None;
    }
    let mut image_bytes = 0;
    if flags & HAS_IMAGE != 0 {
        image_bytes = usize::from(read_image(bytes, layout)?);
    }
    let file = if flags & SAME_FILE == 0 {
        let (_tablespace, database, node) = (bytes.u32()?, bytes.u32()?, bytes.u32()?);
        (database, node)
    } else {
        last_file?
    };
    let number = bytes.u32()?;
    let is_main_fork = flags & FORK_BITS == 0;
    Some(Block { file, number, is_main_fork, image_bytes, data_bytes: usize::from(data_bytes) })
}

/// Size in bytes of a page image.
fn read_image(bytes: &mut Bytes<'_>, layout: Layout) -> Option<u16> {
    let (image_bytes, hole_offset, flags) = (bytes.u16()?, bytes.u16()?, bytes.u8()?);
    let is_compressed = flags & layout.compressed_bits() != 0;
    let has_hole = flags & IMAGE_HAS_HOLE != 0;
    let fits = if has_hole {
        let hole_bytes =
            if is_compressed { bytes.u16()? } else { HEAP_PAGE_BYTES.checked_sub(image_bytes)? };
        hole_offset != 0 && hole_bytes != 0
    } else {
        hole_offset == 0 && is_compressed == (image_bytes < HEAP_PAGE_BYTES)
    };
    (fits && image_bytes <= HEAP_PAGE_BYTES).then_some(image_bytes)
}
