//! One pending change, and what came of running it. A failing migration is a fact, never an `Err`.

use std::fmt;
use std::path::PathBuf;

use super::lock::LockMode;

/// How a directory of migrations is laid out, and so which version table tells what is pending.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MigrationLayout {
    /// sqlx: `<VERSION>_<name>.sql`, reversible as `.up.sql`/`.down.sql`; `_sqlx_migrations`.
    Sqlx,
    /// diesel: a folder `<DATE>_<name>` each, with `up.sql`, `down.sql`, `metadata.toml`; `__diesel_schema_migrations`.
    Diesel,
    /// golang-migrate: `<VERSION>_<name>.up.sql` and `.down.sql`; one row in `schema_migrations(version, dirty)`.
    GolangMigrate,
    /// dbmate: `<VERSION>_<name>.sql` with `-- migrate:up` and `-- migrate:down`; `schema_migrations(version)`.
    Dbmate,
    /// Flyway: `V<VERSION>__<name>.sql`, repeatable ones as `R__<name>.sql`; `flyway_schema_history`.
    Flyway,
    /// goose: `<VERSION>_<name>.sql` with `-- +goose Up` and `-- +goose Down`; `goose_db_version`.
    Goose,
    /// Plain files run in order of name; `stage_migrations` holds the names, and is no data.
    Plain,
}

impl MigrationLayout {
    /// Every layout.
    pub const ALL: [Self; 7] =
        [Self::Sqlx, Self::Diesel, Self::GolangMigrate, Self::Dbmate, Self::Flyway, Self::Goose, Self::Plain];

    /// Its name in `stage.yaml`: that of the tool.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Sqlx => "sqlx",
            Self::Diesel => "diesel",
            Self::GolangMigrate => "golang-migrate",
            Self::Dbmate => "dbmate",
            Self::Flyway => "flyway",
            Self::Goose => "goose",
            Self::Plain => "plain",
        }
    }

    /// The table in which its tool notes what was applied.
    pub const fn version_table(self) -> &'static str {
        match self {
            Self::Sqlx => "_sqlx_migrations",
            Self::Diesel => "__diesel_schema_migrations",
            Self::GolangMigrate | Self::Dbmate => "schema_migrations",
            Self::Flyway => "flyway_schema_history",
            Self::Goose => "goose_db_version",
            Self::Plain => "stage_migrations",
        }
    }
}

impl fmt::Display for MigrationLayout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

/// One pending change, in order, with its checksum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Migration {
    /// The service whose database it changes.
    pub database: String,
    /// What the version table calls it: a number for most tools, the file name for plain files, `R__<description>` for
    /// what Flyway repeats, the name for a command.
    pub version: String,
    /// For people: the file's name, diesel's folder, or the command.
    pub name: String,
    /// The file; of a command the environment's folder.
    pub path: PathBuf,
    /// The text that is run, every character at its place in the file; empty for a command.
    pub sql: String,
    /// What an approval is bound to. Hexadecimal SHA-384 of the file's bytes, as sqlx computes it; of a command 96
    /// hexadecimal digits of BLAKE3 over its words and its image's id.
    pub checksum: String,
    /// Whether it runs inside a transaction of its own (sqlx: unless it begins with `-- no-transaction`).
    pub transactional: bool,
}

/// Where SQL failed, as the server told it. Values of rows are left out: `detail` and `where` may hold personal data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqlFailure {
    /// The server's message.
    pub message: String,
    /// SQLSTATE, five characters; empty if the failure was not the server's but a command's.
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
    /// The last lines of the output of a command that failed.
    pub output_tail: Option<String>,
    /// Its statements as far as they succeeded, of a file that was watched statement by statement.
    pub statements: Vec<StatementRun>,
}

/// One statement of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct StatementRun {
    /// Its line in the file, from 1.
    pub line: usize,
    /// How long it took, in seconds.
    pub duration_s: f64,
    /// What its transaction had locked behind it that it had not before.
    pub taken: Vec<TakenLock>,
    /// From when to when it ran, by the server's clock, in microseconds since the year 2000 began: of a file without a
    /// transaction, whose locks are gone behind each statement.
    pub span_us: Option<(i64, i64)>,
}

/// A lock on a table or index, which is held until its transaction ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TakenLock {
    /// The table or index, by its oid.
    pub relation: u32,
    /// How it is locked.
    pub mode: LockMode,
}

/// A row of a version table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppliedMigration {
    /// As [`Migration::version`].
    pub version: String,
    /// The checksum as the tool writes it, where it keeps one: hexadecimal, Flyway's a signed decimal number.
    pub checksum: Option<String>,
    /// What the row says of it.
    pub state: AppliedState,
}

/// What a row of a version table says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppliedState {
    /// It was applied.
    Applied,
    /// It was applied or counts as such, and so does every version before it: golang-migrate keeps its last one only,
    /// Flyway begins at a baseline.
    Reached,
    /// The tool noted that it failed, and refuses to go on.
    Failed,
}
