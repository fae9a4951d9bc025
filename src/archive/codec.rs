//! How the rows of an archive are compressed.

use std::io::{self, Read};

use flate2::read::ZlibDecoder;
use lz4_flex::frame::FrameDecoder;

/// A compression of `pg_dump`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Codec {
    /// None.
    Raw,
    /// zlib's own framing, as the custom format has it.
    Gzip,
    /// LZ4 frames.
    Lz4,
    /// Zstandard.
    Zstd,
}

impl Codec {
    /// By the byte that archives from 1.15 on carry.
    pub(super) fn from_byte(byte: u8) -> Option<Self> {
        [Self::Raw, Self::Gzip, Self::Lz4, Self::Zstd].get(usize::from(byte)).copied()
    }

    /// By the level that archives before 1.15 carry: any but 0 is gzip, −1 its default.
    pub(super) fn from_level(level: i64) -> Self {
        if level == 0 { Self::Raw } else { Self::Gzip }
    }

    /// Reads `compressed` as it was before.
    pub(super) fn decode<'a, R: Read + Send + 'a>(
        self,
        compressed: R,
    ) -> io::Result<Box<dyn Read + Send + 'a>> {
        Ok(match self {
            Self::Raw => Box::new(compressed),
            Self::Gzip => Box::new(ZlibDecoder::new(compressed)),
            Self::Lz4 => Box::new(FrameDecoder::new(compressed)),
            Self::Zstd => Box::new(zstd::Decoder::new(compressed)?),
        })
    }
}
