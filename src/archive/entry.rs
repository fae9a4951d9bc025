//! What an archive holds.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::codec::Codec;
use crate::model::name::TableName;

/// The form of an archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `pg_dump -Fc`: major and minor version of the archive, not of the server.
    Custom(u8, u8),
    /// SQL text.
    Plain,
}

/// When an entry is restored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Section {
    /// Before the rows: schemas, types, functions, tables.
    PreData,
    /// The rows themselves, which are no [`Entry`] but a [`TableData`].
    Data,
    /// After the rows: sequences' values, indexes, constraints, triggers, grants, refreshes.
    PostData,
}

/// One piece of SQL of an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// When it is restored.
    pub section: Section,
    /// What it makes, as `pg_dump` calls it (`TABLE`, `INDEX`, `FK CONSTRAINT`).
    pub desc: String,
    /// Its name as `pg_dump` prints it (`users`, `users users_pkey`).
    pub tag: String,
    /// Its schema, if it has one.
    pub namespace: Option<String>,
    /// The role that owned it.
    pub owner: Option<String>,
    /// Its SQL, with `ALTER … OWNER TO` where `pg_restore` would add it.
    pub definition: String,
    /// Session settings that its SQL counts on, as SQL.
    pub settings: Arc<str>,
}

impl Entry {
    /// All that has to run, on any connection: its settings and its definition.
    pub fn sql(&self) -> String {
        format!("{}{}", self.settings, self.definition)
    }

    /// For people: `INDEX users_email_key`.
    pub fn title(&self) -> String {
        format!("{} {}", self.desc, self.tag)
    }
}

/// Where the rows of a table are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowsAt {
    /// A data block of a custom archive, from the byte behind its id on.
    Block {
        /// First byte of the first chunk's length.
        position: u64,
        /// How the chunks are compressed.
        codec: Codec,
        /// Bytes of an integer.
        int_size: u8,
    },
    /// COPY text of a plain dump.
    Slice {
        /// First byte of the first row.
        start: u64,
        /// The byte behind the last row, where `\.` stands.
        end: u64,
    },
}

/// The rows of one table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableData {
    /// The table into which they are copied.
    pub table: TableName,
    /// Columns of its COPY, in order.
    pub columns: Vec<String>,
    /// Where they are.
    pub rows_at: RowsAt,
    /// About how many bytes they take in the archive, to begin with the largest.
    pub size_bytes: u64,
}

/// The bytes of one large object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LargeObject {
    /// Its id.
    pub id: u32,
    /// Where its bytes are, in the words that a plain dump has for them.
    pub bytes_at: RowsAt,
}

/// What an archive holds, but for its rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Archive {
    /// Its form.
    pub format: Format,
    /// When it was made; plain dumps do not tell. The archive's clock has no zone: it is read in this machine's.
    pub created_at: Option<Timestamp>,
    /// The server that was dumped, as it calls itself (`15.18 (Debian 15.18-0+deb12u1)`).
    pub server_version: Option<String>,
    /// The database that was dumped.
    pub database: Option<String>,
    /// SQL in the order in which it is restored.
    pub entries: Vec<Entry>,
    /// Tables with rows, in the order of the archive.
    pub tables: Vec<TableData>,
    /// Large objects that hold bytes. All of them are made by entries.
    pub objects: Vec<LargeObject>,
    /// How many large objects there are.
    pub objects_made: u64,
    /// Columns and their types, as `format_type` prints them, by table as far as `CREATE TABLE` tells: for
    /// proposals, before there is a database.
    pub declared: BTreeMap<TableName, Vec<(String, String)>>,
}

impl Archive {
    /// Entries of one section, in order.
    pub fn section(&self, section: Section) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(move |entry| entry.section == section)
    }
}
