//! Large objects: which there are, what makes them, and where their bytes are.

use std::io::{self, BufRead, BufReader, Read, SeekFrom};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use super::block::Chunks;
use super::entry::{Entry, LargeObject, RowsAt, Section};
use super::settings::Settings;
use super::source::{ReadSeek, corrupt, truncated, unreadable};
use super::sql::{Statement, Token};
use super::toc::RawEntry;
use crate::model::error::Result;
use crate::model::name::quote_identifier;

/// What an entry that makes some is called.
const DESC: &str = "LARGE OBJECTS";
/// SQL of one entry: each takes a connection, and a backup may hold a hundred thousand objects.
const ENTRY_BYTES: usize = 64 << 10;
/// What stands around the bytes in a plain dump, as hexadecimal digits.
const WRITES: (&[u8], &[u8]) = (b"SELECT pg_catalog.lowrite(0, '\\x", b"');");

/// The objects that an entry of an archive stands for, by their ids: one, or from version 1.16 on up to a thousand.
pub(super) fn ids(entry: &RawEntry) -> Option<Vec<u32>> {
    if entry.desc == "BLOB" {
        return Some(vec![entry.tag.parse().ok()?]);
    }
    entry.definition.split_whitespace().map(|line| line.parse().ok()).collect()
}

/// What makes an object and gives it to its owner.
pub(super) fn making(id: u32, owner: Option<&str>) -> String {
    let owner = owner.map(|owner| format!("ALTER LARGE OBJECT {id} OWNER TO {};\n", quote_identifier(owner)));
    format!("SELECT pg_catalog.lo_create('{id}');\n{}", owner.unwrap_or_default())
}

/// Adds SQL that makes objects to what makes others; a new entry where there is no room in one.
pub(super) fn add<'e>(
    mut entries: impl DoubleEndedIterator<Item = &'e mut Entry>,
    sql: &str,
    settings: &Settings,
) -> Option<Entry> {
    let last = entries.rfind(|entry| entry.desc == DESC);
    if let Some(last) = last.filter(|last| last.definition.len() < ENTRY_BYTES) {
        last.definition.push_str(sql);
        return None;
    }
    Some(Entry {
        section: Section::PreData,
        desc: DESC.to_owned(),
        tag: "of the backup".to_owned(),
        namespace: None,
        owner: None,
        definition: sql.to_owned(),
        settings: settings.sql(),
    })
}

/// Privileges on a group of objects, which an archive has for the first of them alone.
pub(super) fn privileges(definition: &str, ids: &[u32]) -> String {
    let Some(first) = ids.first() else { return String::new() };
    let named = format!("LARGE OBJECT {first} ");
    ids.iter().map(|id| definition.replace(&named, &format!("LARGE OBJECT {id} "))).collect()
}

/// What a statement of a plain dump does to a large object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// It makes one.
    Creates(u32),
    /// It gives one to its owner.
    Gives,
    /// It begins to write one.
    Opens(u32),
    /// It writes.
    Writes,
    /// It has written.
    Closes,
    /// It begins or ends the transaction around.
    Brackets,
}

/// As `pg_dump` writes them, and in no other way.
pub(super) fn step(statement: &Statement) -> Option<Step> {
    if statement.begins(&["alter", "large", "object"]) {
        return Some(Step::Gives);
    }
    let [select, schema, Token::Symbol('.'), function, Token::Symbol('('), first, rest @ ..] =
        statement.tokens.as_slice()
    else {
        let is_bracket =
            statement.tokens.len() == 1 && (statement.begins(&["begin"]) || statement.begins(&["commit"]));
        return is_bracket.then_some(Step::Brackets);
    };
    if !select.is("select") || !schema.is("pg_catalog") {
        return None;
    }
    let id = || match first {
        Token::Literal(text) => text.parse().ok(),
        _ => None,
    };
    let is_first = || first.is("0");
    match (function.identifier()?, rest) {
        ("lo_create", [Token::Symbol(')')]) => id().map(Step::Creates),
        ("lo_open", [Token::Symbol(','), Token::Word(_), Token::Symbol(')')]) => id().map(Step::Opens),
        ("lowrite", [Token::Symbol(','), Token::Literal(_), Token::Symbol(')')]) => {
            is_first().then_some(Step::Writes)
        }
        ("lo_close", [Token::Symbol(')')]) => is_first().then_some(Step::Closes),
        _ => None,
    }
}

/// The bytes of one large object.
pub struct ObjectBytes {
    inner: Box<dyn Read + Send>,
    start: u64,
}

impl ObjectBytes {
    /// Begins to read them from `source`, a new handle on the bytes that were opened.
    pub fn of(object: &LargeObject, mut source: Box<dyn ReadSeek>) -> Result<Self> {
        let start = match object.bytes_at {
            RowsAt::Block { position, .. } => position,
            RowsAt::Slice { start, .. } => start,
        };
        source.seek(SeekFrom::Start(start)).map_err(|cause| unreadable(start, cause))?;
        let buffered = BufReader::with_capacity(64 << 10, source);
        let inner: Box<dyn Read + Send> = match object.bytes_at {
            RowsAt::Block { codec, int_size, .. } => {
                let chunks = Chunks::new(buffered, int_size, Arc::new(AtomicU64::new(start)));
                codec.decode(chunks).map_err(|cause| unreadable(start, cause))?
            }
            RowsAt::Slice { end, .. } => {
                Box::new(Digits { inner: buffered.take(end - start), decoded: Vec::new(), given: 0 })
            }
        };
        Ok(Self { inner, start })
    }

    /// The next of them, at most `most`; nothing at the true end. Errors are of kind `Backup`.
    pub fn next(&mut self, most: usize) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let read = (&mut self.inner).take(most as u64).read_to_end(&mut bytes);
        read.map_err(|cause| match cause.kind() {
            io::ErrorKind::UnexpectedEof => truncated(self.start, "the bytes of a large object have no end"),
            io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput | io::ErrorKind::Other => {
                corrupt(self.start, "the bytes of a large object cannot be read").because(cause)
            }
            _ => unreadable(self.start, cause),
        })?;
        Ok(bytes)
    }
}

/// The bytes in the statements of a plain dump.
struct Digits<R> {
    inner: R,
    decoded: Vec<u8>,
    given: usize,
}

impl<R: BufRead> Read for Digits<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.given == self.decoded.len() {
            let mut line = Vec::new();
            if self.inner.read_until(b'\n', &mut line)? == 0 {
                return Ok(0);
            }
            self.given = 0;
            self.decoded = decode(line.trim_ascii_end())?;
        }
        let length = into.len().min(self.decoded.len() - self.given);
        into[..length].copy_from_slice(&self.decoded[self.given..self.given + length]);
        self.given += length;
        Ok(length)
    }
}

fn decode(line: &[u8]) -> io::Result<Vec<u8>> {
    if line.is_empty() {
        return Ok(Vec::new());
    }
    let digits = line.strip_prefix(WRITES.0).and_then(|line| line.strip_suffix(WRITES.1));
    digits
        .and_then(|digits| hex::decode(digits).ok())
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "a statement that writes no bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::sql::statements;

    #[track_caller]
    fn check(sql: &str, expected: Option<Step>) {
        assert_eq!(step(&statements(sql)[0]), expected, "{sql}");
    }

    #[test]
    fn statements_of_a_dump_are_known_and_no_others() {
        check("SELECT pg_catalog.lo_create('4711');", Some(Step::Creates(4711)));
        check("ALTER LARGE OBJECT 4711 OWNER TO shop;", Some(Step::Gives));
        check("SELECT pg_catalog.lo_open('4711', 131072);", Some(Step::Opens(4711)));
        check("SELECT pg_catalog.lowrite(0, '\\x0102');", Some(Step::Writes));
        check("SELECT pg_catalog.lo_close(0);", Some(Step::Closes));
        check("BEGIN;", Some(Step::Brackets));
        for other in [
            "SELECT pg_catalog.lo_import('/etc/passwd');",
            "SELECT pg_catalog.lo_create('x');",
            "SELECT lo_create('4711');",
            "SELECT pg_catalog.lowrite(0, (SELECT x));",
            "BEGIN ISOLATION LEVEL SERIALIZABLE;",
        ] {
            check(other, None);
        }
    }

    #[test]
    fn privileges_of_a_group_are_given_on_each() {
        let granted = privileges("GRANT SELECT ON LARGE OBJECT 7 TO a;\n", &[7, 70]);
        assert_eq!(granted, "GRANT SELECT ON LARGE OBJECT 7 TO a;\nGRANT SELECT ON LARGE OBJECT 70 TO a;\n");
    }
}
