//! COPY's binary form, read as it arrives.

use super::statement::{Field, Layout};
use crate::model::tuples::TupleId;
use crate::world::database::RowDigest;

const SIGNATURE: &[u8] = b"PGCOPY\n\xff\r\n\0";
/// Signature, flags, and the length of an extension that no server has yet.
const HEADER_BYTES: usize = SIGNATURE.len() + 4 + 4;

/// A tuple id is the number of its page in four bytes and that of the row in two.
const PLACE_BYTES: i32 = 6;

/// Cuts what arrives into rows. The server sends whole ones, but does not promise to.
#[derive(Debug)]
pub(super) struct Tuples {
    layout: Layout,
    state: State,
    rest: Vec<u8>,
    /// How large most rows are.
    row_bytes: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Header,
    Rows,
    Ended,
}

/// What the beginning of some bytes is.
enum Parsed {
    Incomplete,
    Header,
    Row(RowDigest),
    End,
}

impl Tuples {
    /// A reader of rows of this layout.
    pub fn new(layout: Layout) -> Self {
        // A number or a hash each, with its length.
        let row_bytes = 8 * layout.key.len() + 12 * layout.columns;
        Self { layout, state: State::Header, rest: Vec::new(), row_bytes }
    }

    /// Whether the server said that this was all.
    pub fn are_complete(&self) -> bool {
        self.state == State::Ended && self.rest.is_empty()
    }

    /// Gives `each` the rows that are whole by now. `None` if this is not the form that was asked for.
    pub fn push(&mut self, chunk: &[u8], mut each: impl FnMut(RowDigest)) -> Option<()> {
        if self.rest.is_empty() {
            let taken = self.take(chunk, &mut each)?;
            self.rest.extend_from_slice(&chunk[taken..]);
        } else {
            let mut bytes = std::mem::take(&mut self.rest);
            bytes.extend_from_slice(chunk);
            let taken = self.take(&bytes, &mut each)?;
            bytes.drain(..taken);
            self.rest = bytes;
        }
        Some(())
    }

    /// How many bytes were whole.
    fn take(&mut self, bytes: &[u8], each: &mut impl FnMut(RowDigest)) -> Option<usize> {
        let mut reader = bytes;
        loop {
            let mut ahead = reader;
            match self.parse(&mut ahead)? {
                Parsed::Incomplete => return Some(bytes.len() - reader.len()),
                Parsed::Header => self.state = State::Rows,
                Parsed::Row(row) => each(row),
                Parsed::End => self.state = State::Ended,
            }
            reader = ahead;
        }
    }

    fn parse(&self, bytes: &mut &[u8]) -> Option<Parsed> {
        match self.state {
            _ if bytes.is_empty() => Some(Parsed::Incomplete),
            State::Header => match bytes.split_off(..HEADER_BYTES) {
                None => Some(Parsed::Incomplete),
                Some(header) => header.starts_with(SIGNATURE).then_some(Parsed::Header),
            },
            State::Rows => self.row(bytes),
            State::Ended => None,
        }
    }

    fn row(&self, bytes: &mut &[u8]) -> Option<Parsed> {
        let Some(fields) = next(bytes) else { return Some(Parsed::Incomplete) };
        let fields = i16::from_be_bytes(fields);
        if fields == -1 {
            return Some(Parsed::End);
        }
        let Layout { key: parts, columns, has_place } = &self.layout;
        if usize::try_from(fields).ok()? != parts.len() + columns + usize::from(*has_place) {
            return None;
        }
        let mut key = Vec::with_capacity(self.row_bytes);
        for part in parts {
            let Some(length) = next(bytes) else { return Some(Parsed::Incomplete) };
            // NULL, of the length -1, is no part of a key.
            let length = usize::try_from(i32::from_be_bytes(length)).ok()?;
            let Some(value) = bytes.split_off(..length) else { return Some(Parsed::Incomplete) };
            append(&mut key, *part, value);
        }
        let (mut row, fields) = (RowDigest::of_key(key), *bytes);
        for _ in 0..*columns {
            let Some(length) = next(bytes) else { return Some(Parsed::Incomplete) };
            let length = match i32::from_be_bytes(length) {
                -1 => 0,
                length => usize::try_from(length).ok()?,
            };
            if bytes.split_off(..length).is_none() {
                return Some(Parsed::Incomplete);
            }
        }
        row.push_columns(&fields[..fields.len() - bytes.len()]);
        if *has_place {
            let (Some(length), Some(block), Some(offset)) = (next(bytes), next(bytes), next(bytes)) else {
                return Some(Parsed::Incomplete);
            };
            if i32::from_be_bytes(length) != PLACE_BYTES {
                return None;
            }
            row.at = Some(TupleId { block: u32::from_be_bytes(block), offset: u16::from_be_bytes(offset) });
        }
        Some(Parsed::Row(row))
    }
}

fn next<const LENGTH: usize>(bytes: &mut &[u8]) -> Option<[u8; LENGTH]> {
    bytes.split_off(..LENGTH)?.try_into().ok()
}

fn append(key: &mut Vec<u8>, field: Field, value: &[u8]) {
    let start = key.len();
    key.extend_from_slice(value);
    if field == Field::Signed
        && let Some(first) = key.get_mut(start)
    {
        *first ^= 0x80;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::digest::columns;

    fn layout(key: &[Field], columns: usize) -> Layout {
        Layout { key: key.to_vec(), columns, has_place: false }
    }

    /// A whole answer of rows of such fields.
    fn answer(rows: &[&[&[u8]]]) -> Vec<u8> {
        let mut bytes = [SIGNATURE, &[0; 8]].concat();
        for fields in rows {
            bytes.extend(i16::try_from(fields.len()).unwrap().to_be_bytes());
            for field in *fields {
                bytes.extend(i32::try_from(field.len()).unwrap().to_be_bytes());
                bytes.extend(*field);
            }
        }
        bytes.extend((-1_i16).to_be_bytes());
        bytes
    }

    /// Reads an answer in pieces; `None` if it is not of the form.
    fn read(layout: &Layout, bytes: &[u8], piece: usize) -> Option<Vec<RowDigest>> {
        let (mut tuples, mut rows) = (Tuples::new(layout.clone()), Vec::new());
        for chunk in bytes.chunks(piece) {
            tuples.push(chunk, |row| rows.push(row))?;
        }
        tuples.are_complete().then_some(rows)
    }

    #[test]
    fn rows_may_arrive_in_pieces_of_any_size() {
        let layout = layout(&[Field::Bytes, Field::Bytes], 1);
        let bytes = answer(&[&[b"a", b"\tb", &7_i64.to_be_bytes()], &[b"", b"c", &(-1_i64).to_be_bytes()]]);
        let expected = [(b"a\tb".to_vec(), 7_i64), (b"c".to_vec(), -1)].map(|(key, content)| {
            let mut row = RowDigest::of_key(key);
            row.push_columns(&[&8_i32.to_be_bytes()[..], &content.to_be_bytes()].concat());
            row
        });
        for piece in 1..=bytes.len() {
            assert_eq!(read(&layout, &bytes, piece).as_deref(), Some(&expected[..]), "in pieces of {piece}");
        }
    }

    #[test]
    fn integers_sort_as_bytes() {
        let numbers = [i64::MIN, -256, -1, 0, 1, 255, 256, i64::MAX].map(i64::to_be_bytes);
        let fields: Vec<[&[u8]; 2]> = numbers.iter().map(|number| [&number[..], &[0; 8]]).collect();
        let rows: Vec<&[&[u8]]> = fields.iter().map(|fields| &fields[..]).collect();
        let rows = read(&layout(&[Field::Signed], 1), &answer(&rows), 1000).unwrap();
        assert_eq!(rows.len(), 8);
        assert!(rows.windows(2).all(|pair| pair[0].key() < pair[1].key()), "{rows:?}");
    }

    #[test]
    fn without_a_key_the_content_is_it() {
        let hashes = [(-2_i64).to_be_bytes(), 5_i64.to_be_bytes()];
        let both = layout(&[Field::Signed; 2], 0);
        let rows = read(&both, &answer(&[&[&hashes[0], &hashes[1]]]), 1000).unwrap();
        assert!(rows[0].content().is_empty());
        let key = [&[0x7f, 255, 255, 255, 255, 255, 255, 254][..], &[0x80, 0, 0, 0, 0, 0, 0, 5]].concat();
        assert_eq!(rows[0].key(), key);
    }

    #[test]
    fn columns_come_one_by_one_and_null_is_no_empty_one() {
        let mut bytes = answer(&[&[b"k", b"", b"12345678", b"x"], &[b"l", b"", b"", b""]]);
        // The first row's second column.
        let at = HEADER_BYTES + 2 + 5;
        bytes[at..at + 4].fill(255);
        for piece in 1..=bytes.len() {
            let rows = read(&layout(&[Field::Bytes], 3), &bytes, piece).unwrap();
            let one: Vec<&[u8]> = columns(rows[0].content()).collect();
            assert_eq!(one, [&b"\xff\xff\xff\xff"[..], b"\0\0\0\x0812345678", b"\0\0\0\x01x"]);
            let other: Vec<&[u8]> = columns(rows[1].content()).collect();
            assert_eq!(other, [b"\0\0\0\0"; 3]);
        }
    }

    #[test]
    fn what_is_cut_short_or_of_another_form_is_refused() {
        let layout = layout(&[Field::Bytes], 1);
        let whole = answer(&[&[b"k", &[0; 8]]]);
        assert!(read(&layout, &whole, 1000).is_some());
        assert!(read(&layout, &whole[..whole.len() - 2], 1000).is_none(), "no end");
        assert!(read(&layout, &[&whole[..], b"x"].concat(), 1000).is_none(), "more after the end");
        assert!(read(&layout, &answer(&[&[b"k"]]), 1000).is_none(), "a field too few");
        let text = b"kkkkkkkkkk\t00000000000000000000000000000000\n";
        assert!(read(&layout, text, 1000).is_none(), "text");
        let mut null = answer(&[&[b"", &[0; 8]]]);
        null[HEADER_BYTES + 2..HEADER_BYTES + 6].fill(255);
        assert!(read(&layout, &null, 1000).is_none(), "NULL in the key");
    }
}
