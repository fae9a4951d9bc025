//! One pending change, and what came of running it. A failing migration is a fact, never an `Err`.

use std::path::PathBuf;

/// How a directory of migrations is laid out, and so which version table tells what is pending.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MigrationLayout {
    /// sqlx: `<VERSION>_<name>.sql`, reversible as `.up.sql`/`.down.sql`; `_sqlx_migrations`.
    Sqlx,
    /// Plain files run in order of name; `stage_migrations` holds the names, and is no data.
    Plain,
}

/// One pending change, in order, with its checksum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Migration {
    /// The service whose database it changes.
    pub database: String,
    /// What the version table calls it: a number for sqlx, the file name for plain files.
    pub version: String,
    /// For people: the file's name.
    pub name: String,
    /// The file.
    pub path: PathBuf,
    /// Its text.
    pub sql: String,
    /// Hexadecimal SHA-384 of the text's bytes, as sqlx computes it.
    pub checksum: String,
    /// Whether it runs inside a transaction of its own (sqlx: unless it begins with `-- no-transaction`).
    pub transactional: bool,
}

/// Where SQL failed, as the server told it. Values of rows are left out: `detail` and `where` may hold personal data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqlFailure {
    /// The server's message.
    pub message: String,
    /// SQLSTATE, five characters; empty if the failure was not the server's.
    pub code: String,
    /// Line in the text that was sent, from 1.
    pub line: Option<usize>,
    /// Column in that line, from 1.
    pub column: Option<usize>,
    /// The server's own hint.
    pub hint: Option<String>,
}

/// What came of one migration.
#[derive(Clone, Debug, PartialEq)]
pub struct MigrationRun {
    /// Which one.
    pub migration: Migration,
    /// How long its statements took, in seconds.
    pub duration_s: f64,
    /// Why it failed; `None` when it was applied.
    pub failure: Option<SqlFailure>,
}
