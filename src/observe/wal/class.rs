//! Rows of `pg_class`: what a file that was made belongs to, even if neither catalogue around the log knows it.

use super::bytes::Bytes;
use super::tuple::TupleBytes;

/// Size of a name in bytes, filled up with zeros.
const NAME_BYTES: usize = 64;
/// Where the file stands among the values of a row: behind its oid, name, schema, both types, owner and access method.
pub(super) const FILENODE_AT: usize = 4 + NAME_BYTES + 20;
/// Where the tablespace stands: right behind the file.
pub(super) const TABLESPACE_AT: usize = FILENODE_AT + 4;
/// The access method of tables.
const HEAP: u32 = 2;

/// What `pg_class` says of a table, index or the like when it is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassRow {
    /// Its identity.
    pub oid: u32,
    /// Its name, without its schema.
    pub name: String,
    /// The file that holds it; 0 if none does.
    pub filenode: u32,
    /// The tablespace that holds it; 0 for the database's own.
    pub tablespace: u32,
    /// Whether it holds rows as tables do: no index, no sequence.
    pub holds_rows: bool,
}

impl ClassRow {
    /// Reads a row; `None` if it is cut. Versions 13 to 18 have the same first columns.
    pub(super) fn read(tuple: &TupleBytes) -> Option<Self> {
        let mut bytes = Bytes(&tuple.values);
        let oid = bytes.u32()?;
        let name = bytes.take(NAME_BYTES)?.split(|byte| *byte == 0).next()?;
        // Its schema, both of its types and its owner.
        bytes.take(4 * size_of::<u32>())?;
        let (access_method, filenode) = (bytes.u32()?, bytes.u32()?);
        let name = String::from_utf8_lossy(name).into_owned();
        let tablespace = bytes.u32().unwrap_or(0);
        Some(Self { oid, name, filenode, tablespace, holds_rows: access_method == HEAP })
    }

    /// The table that a rewrite made this one for: it holds the new file until both change places.
    pub fn stands_in_for(&self) -> Option<u32> {
        self.name.strip_prefix("pg_temp_")?.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_tells_whose_file_it_is() {
        let mut values = 16_400_u32.to_le_bytes().to_vec();
        values.extend(b"pg_temp_16385");
        values.resize(4 + NAME_BYTES + 16, 0);
        values.extend([HEAP.to_le_bytes(), 16_401_u32.to_le_bytes()].concat());
        let row = ClassRow::read(&TupleBytes { attributes: 33, present: Vec::new(), values }).unwrap();
        let name = "pg_temp_16385".to_owned();
        assert_eq!(row, ClassRow { oid: 16_400, name, filenode: 16_401, tablespace: 0, holds_rows: true });
        assert_eq!(row.stands_in_for(), Some(16_385));
    }
}
