//! Archives of `pg_dump`: table of contents and row streams, over a byte source and nothing else.
//!
//! The custom format (1.12 to 1.16, with or without offsets) and plain SQL become the same [`Archive`]: SQL entries in
//! the order in which they are restored, and tables whose rows are read as COPY text. What cannot be read to its
//! true end is an error; it is never taken for the end of the rows.

mod allowed;
mod block;
mod codec;
mod copy;
mod custom;
mod declared;
mod entry;
#[cfg(test)]
mod forge;
mod objects;
mod owner;
mod plain;
mod restore;
mod rows;
mod scan;
mod settings;
mod source;
mod splitter;
mod sql;
#[cfg(test)]
mod tests;
mod title;
mod toc;
mod wire;

pub use copy::take_name;
pub use entry::{Archive, Entry, Format, LargeObject, RowsAt, Section, TableData};
pub use objects::ObjectBytes;
pub use rows::{Rows, rows};
pub use source::ReadSeek;
pub use sql::{Statement, Token, statements};

use crate::model::error::{Error, ErrorKind, Result};

/// Reads what an archive holds, without its rows.
///
/// An archive with offsets is read up to the end of its table of contents; one without, and a plain dump, once from
/// end to end. Errors are of kind `Backup`, or `Masking` where it holds something that no rule could mask.
pub fn open(source: &mut dyn ReadSeek) -> Result<Archive> {
    match source::recognize(source)? {
        source::Recognized::Custom => custom::open(source),
        source::Recognized::Plain => plain::open(source),
        source::Recognized::Other(what, hint) => {
            Err(Error::new(ErrorKind::Backup, format!("the backup is {what}")).hint(hint))
        }
    }
}
