//! The port to a database server.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use secrecy::SecretString;
use tokio::sync::mpsc;

use crate::model::catalog::Catalog;
use crate::model::class::ClassPlace;
pub use crate::model::digest::{DigestQuery, RowDigest};
use crate::model::error::Result;
use crate::model::lock::LockSample;
use crate::model::lsn::Lsn;
pub use crate::model::migration::AppliedMigration;
use crate::model::migration::{Migration, MigrationLayout, MigrationRun, SqlFailure};
use crate::model::name::TableName;
use crate::model::object::{ObjectDigests, WhichObjects};
use crate::model::row::{PlacedRow, RowQuery};
use crate::model::schema::Schema;
use crate::model::sequence::SequenceState;
use crate::model::stack::Work;
use crate::model::traffic::TrafficSample;
use crate::model::tuples::TupleId;

/// Where a database answers, and as whom.
#[derive(Clone, Debug)]
pub struct Address {
    /// Host and port.
    pub socket: SocketAddr,
    /// Role.
    pub user: String,
    /// Its password.
    pub password: SecretString,
    /// Database.
    pub database: String,
}

/// Database servers.
#[async_trait]
pub trait Databases: Send + Sync {
    /// Connects as soon as the server answers; an error of kind `Unreachable` after `timeout`.
    async fn connect(&self, at: &Address, timeout: Duration) -> Result<Arc<dyn Database>>;
}

/// One database of a server. May be used from several tasks at once; it opens connections as it needs them.
#[async_trait]
pub trait Database: Send + Sync {
    /// Another database of the same server, by name, as the same role. The server may still refuse.
    async fn beside(&self, database: &str) -> Result<Arc<dyn Database>>;
    /// Runs SQL of any number of statements; failing is a fact.
    async fn run(&self, sql: &str) -> Result<std::result::Result<(), SqlFailure>>;
    /// All user tables.
    async fn catalog(&self) -> Result<Catalog>;
    /// All objects of the user's schemas with what defines them.
    async fn schema(&self) -> Result<Schema>;
    /// Exact number of rows of each table given.
    async fn count(&self, tables: &[TableName]) -> Result<Vec<u64>>;
    /// What each table given takes on disk, with what lies out of line and without indexes, in bytes.
    async fn sizes_bytes(&self, tables: &[TableName]) -> Result<Vec<u64>>;
    /// What was written to temporary files in this database so far, in bytes, by all that has ended; `None` if the server does
    /// not know at once (before PostgreSQL 15).
    async fn temp_bytes(&self) -> Result<Option<u64>>;
    /// In how many rows of a table each of some columns holds a value, not NULL.
    async fn count_values(&self, table: &TableName, columns: &[String]) -> Result<Vec<u64>>;
    /// Where each sequence given stands.
    async fn sequences(&self, sequences: &[TableName]) -> Result<Vec<SequenceState>>;
    /// The greatest value of a column of integers, or with `is_down` the least; `None` if it holds none.
    async fn reach(&self, table: &TableName, column: &str, is_down: bool) -> Result<Option<i64>>;
    /// Fills a table with rows in COPY's text form, in one transaction on a connection of its own, frozen where the
    /// server allows it; chunks hold whole lines. Returns the rows that the server counted; a refused row is a fact.
    async fn copy_in(
        &self,
        table: &TableName,
        columns: &[String],
        rows: mpsc::Receiver<Bytes>,
    ) -> Result<std::result::Result<u64, SqlFailure>>;
    /// What the layout's version table says, nothing if there is no such table.
    async fn applied(&self, layout: MigrationLayout) -> Result<Vec<AppliedMigration>>;
    /// Runs one migration as its layout's tool would, and records it in the version table if it succeeds.
    /// `all` are all migrations of its directory, which sqlx checks against what was applied.
    async fn apply(
        &self,
        layout: MigrationLayout,
        migration: &Migration,
        all: &[Migration],
    ) -> Result<MigrationRun>;
    /// How much the server's other databases have worked. Asking from one that nobody uses leaves no trace in what it says;
    /// an error of kind `Unreachable` if the server is too old to know (before PostgreSQL 14).
    async fn work(&self) -> Result<Work>;
    /// Ends every connection to any database of the server but those of `stage`, and waits until they are gone: whoever held them may be dead, and the
    /// server not yet know.
    async fn hang_up_others(&self) -> Result<()>;
    /// How many large objects there are.
    async fn object_count(&self) -> Result<u64>;
    /// Digests of what large objects hold, of those that are asked for and there.
    async fn objects(&self, which: &WhichObjects) -> Result<ObjectDigests>;
    /// What is locked in this database right now by connections that clients opened since `since_us`, which
    /// [`LockSample::at_us`] explains; by nobody if that is `None`. Short, and holds no snapshot.
    async fn locks(&self, since_us: Option<i64>) -> Result<LockSample>;
    /// The connections to this database that come from one of `addresses`, and what each waits for. Short, and holds no snapshot.
    async fn traffic(&self, addresses: &[Ipv4Addr]) -> Result<TrafficSample>;
    /// The end of the write-ahead log up to which everything that was committed is on disk.
    async fn wal_end(&self) -> Result<Lsn>;
    /// The end of the write-ahead log that is on disk right now; asking for it has no effect.
    async fn wal_flushed(&self) -> Result<Lsn>;
    /// Where the record of the latest checkpoint begins: on a server that was started on what another left by a clean
    /// shutdown, and that was not written to, the end of that one's log.
    async fn wal_checkpoint(&self) -> Result<Lsn>;
    /// Size of one file of the write-ahead log in bytes.
    async fn wal_segment_size_bytes(&self) -> Result<u64>;
    /// The write-ahead log from `from` on, at most `limit_bytes` of it and never beyond `until`.
    async fn read_wal(&self, from: Lsn, until: Lsn, limit_bytes: usize) -> Result<Bytes>;
    /// Where the rows of `pg_class` lie that stand for tables, materialized views and TOAST tables.
    async fn classes(&self) -> Result<Vec<ClassPlace>>;
    /// Every row of a small table: where it lies, and the text of one of its columns.
    async fn texts(&self, table: &TableName, column: &str) -> Result<Vec<(TupleId, String)>>;
    /// Single rows of a table: where each lies, and its values, cut.
    async fn rows(&self, query: &RowQuery) -> Result<Vec<PlacedRow>>;
    /// Sends digests of the rows that are asked for in ascending byte order of their keys, in batches.
    async fn digests(&self, query: &DigestQuery, batches: mpsc::Sender<Vec<RowDigest>>) -> Result<()>;
    /// Ends all connections, politely.
    async fn close(&self);
}
