//! What differs between server versions in the records that are read.

/// A family of versions whose records are laid out alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// 13 and 14: one bit says that a page image is compressed; no statistics in commit records.
    V13,
    /// 15 to 17: one bit for each compression method; commit records list dropped statistics.
    V15,
    /// 18: those statistics have 64-bit object ids.
    V18,
}

impl Layout {
    /// The order in which layouts are tried where no page header has told the version yet: a record that fits one
    /// layout to the byte fits no other in a way that matters.
    pub const ALL: [Self; 3] = [Self::V15, Self::V18, Self::V13];

    /// The layout that a page's magic number stands for.
    pub fn of_magic(magic: u16) -> Option<Self> {
        match magic {
            // 13, 14
            0xD106 | 0xD10D => Some(Self::V13),
            // 15, 16, 17
            0xD110 | 0xD113 | 0xD116 => Some(Self::V15),
            0xD118 => Some(Self::V18),
            _ => None,
        }
    }

    /// The bits of an image's flags that say that it is compressed.
    pub fn compressed_bits(self) -> u8 {
        match self {
            Self::V13 => 0x02,
            Self::V15 | Self::V18 => 0x04 | 0x08 | 0x10,
        }
    }

    /// Size in bytes of one dropped statistics entry in a commit record.
    pub fn dropped_statistics_bytes(self) -> usize {
        match self {
            Self::V13 | Self::V15 => 12,
            Self::V18 => 16,
        }
    }
}
