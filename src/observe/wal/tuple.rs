//! The bytes of single rows, out of the records that wrote them. Laid out as `access/htup_details.h` says.

use super::bytes::Bytes;

/// Where a row's own bits begin, behind the part of its header that records leave out.
const HEADER_BYTES: usize = 23;
const ATTRIBUTES: u16 = 0x07FF;
const HAS_NULLS: u16 = 0x0001;
const PREFIX_FROM_OLD: u8 = 1 << 5;
const SUFFIX_FROM_OLD: u8 = 1 << 6;
/// Where the flags of an UPDATE stand in its record's own part.
const UPDATE_FLAGS_AT: usize = 7;

/// A row, its attributes one behind the other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TupleBytes {
    /// How many attributes it has, dropped ones among them; later ones are NULL.
    pub attributes: u16,
    /// One bit for each attribute, set if it has a value; empty if all have.
    pub present: Vec<u8>,
    /// The values, aligned from here on as their types want it.
    pub values: Vec<u8>,
}

/// The row that an UPDATE wrote: what it has in common with the one before it on the same page may be left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TuplePatch {
    prefix_bytes: usize,
    suffix_bytes: usize,
    middle: TupleBytes,
}

impl TupleBytes {
    /// The row of an INSERT, from what its record holds for the page; `None` if that is an image of the page, or cut.
    pub(super) fn inserted(block: &[u8]) -> Option<Self> {
        Self::read(&mut Bytes(block))
    }

    fn read(bytes: &mut Bytes<'_>) -> Option<Self> {
        let (counts, flags, values_at) = (bytes.u16()?, bytes.u16()?, bytes.u8()?);
        let between = bytes.take(usize::from(values_at).checked_sub(HEADER_BYTES)?)?;
        let attributes = counts & ATTRIBUTES;
        let present = if flags & HAS_NULLS == 0 {
            Vec::new()
        } else {
            between.get(..usize::from(attributes).div_ceil(8))?.to_vec()
        };
        Some(Self { attributes, present, values: bytes.0.to_vec() })
    }
}

impl TuplePatch {
    /// The row of an UPDATE, from its record's own part and what it holds for the page; `None` as for an INSERT.
    pub(super) fn read(main: &[u8], block: &[u8]) -> Option<Self> {
        let flags = *main.get(UPDATE_FLAGS_AT)?;
        let mut bytes = Bytes(block);
        let mut length = |flag| if flags & flag == 0 { Some(0) } else { bytes.u16().map(usize::from) };
        let (prefix_bytes, suffix_bytes) = (length(PREFIX_FROM_OLD)?, length(SUFFIX_FROM_OLD)?);
        Some(Self { prefix_bytes, suffix_bytes, middle: TupleBytes::read(&mut bytes)? })
    }

    /// Four bytes of the row's values, `old` being what was there; a row of the same length.
    pub(super) fn u32_at(&self, at: usize, old: u32) -> u32 {
        let mut bytes = old.to_le_bytes();
        for (byte, place) in bytes.iter_mut().zip(at..) {
            let written = place.checked_sub(self.prefix_bytes).and_then(|at| self.middle.values.get(at));
            *byte = written.copied().unwrap_or(*byte);
        }
        u32::from_le_bytes(bytes)
    }

    /// The whole row; `None` if it needs the row before it and that is not known.
    pub fn apply(&self, old: Option<&TupleBytes>) -> Option<TupleBytes> {
        if self.prefix_bytes + self.suffix_bytes == 0 {
            return Some(self.middle.clone());
        }
        let old = &old?.values;
        let prefix = old.get(..self.prefix_bytes)?;
        let suffix = old.get(old.len().checked_sub(self.suffix_bytes)?..)?;
        let values = [prefix, &self.middle.values, suffix].concat();
        Some(TupleBytes { values, ..self.middle.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A row of one attribute and no NULL, as a record holds it.
    fn row(values: &[u8]) -> Vec<u8> {
        [&[1, 0, 2, 0, 24, 0], values].concat()
    }

    #[test]
    fn a_row_is_read_without_what_aligns_it() {
        let tuple = TupleBytes::inserted(&row(b"\x0Babcd")).unwrap();
        assert_eq!(tuple, TupleBytes { attributes: 1, present: Vec::new(), values: b"\x0Babcd".to_vec() });
        assert_eq!(TupleBytes::inserted(&[]), None, "an image of the page leaves the row out");
    }

    #[test]
    fn nulls_are_bits_between_header_and_values() {
        let with_null = [&[2, 0, 1, 0, 24, 0b01][..], b"\x05a"].concat();
        let tuple = TupleBytes::inserted(&with_null).unwrap();
        assert_eq!((tuple.attributes, tuple.present, tuple.values), (2, vec![1], b"\x05a".to_vec()));
    }

    #[test]
    fn an_update_may_leave_out_how_the_row_began_and_ended() {
        let old = TupleBytes { attributes: 1, present: Vec::new(), values: b"\x0Faaa111z".to_vec() };
        let mut main = vec![0; 14];
        main[UPDATE_FLAGS_AT] = PREFIX_FROM_OLD | SUFFIX_FROM_OLD;
        let block = [&[4, 0, 1, 0][..], &row(b"222")].concat();
        let patch = TuplePatch::read(&main, &block).unwrap();
        assert_eq!(patch.apply(Some(&old)).unwrap().values, b"\x0Faaa222z");
        assert_eq!(patch.apply(None), None);
        assert_eq!(patch.u32_at(2, u32::from_le_bytes(*b"aa11")), u32::from_le_bytes(*b"aa22"));
        let whole = TuplePatch::read(&[0; 14], &row(b"\x05b")).unwrap();
        assert_eq!(whole.apply(None).unwrap().values, b"\x05b");
    }
}
