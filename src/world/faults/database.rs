//! Databases, with a fault. Following the log and the locks while a statement runs is not numbered: how often that happens
//! is chance, and the numbers of the calls behind it would be, too.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use tokio::sync::mpsc;

use super::Counter;
use crate::model::catalog::Catalog;
use crate::model::class::ClassPlace;
use crate::model::digest::{DigestQuery, RowDigest};
use crate::model::error::Result;
use crate::model::lock::LockSample;
use crate::model::lsn::Lsn;
use crate::model::migration::{Migration, MigrationLayout, MigrationRun, SqlFailure};
use crate::model::name::TableName;
use crate::model::object::{ObjectDigests, WhichObjects};
use crate::model::row::{PlacedRow, RowQuery};
use crate::model::schema::Schema;
use crate::model::sequence::SequenceState;
use crate::model::stack::Work;
use crate::model::traffic::TrafficSample;
use crate::model::tuples::TupleId;
use crate::world::database::AppliedMigration;
use crate::world::{Address, Database, Databases};

pub(super) struct FaultyServers {
    pub(super) inner: Arc<dyn Databases>,
    pub(super) counter: Arc<Counter>,
}

#[async_trait]
impl Databases for FaultyServers {
    async fn connect(&self, at: &Address, timeout: Duration) -> Result<Arc<dyn Database>> {
        let numbered = self.counter.begin("connect");
        let inner = self.inner.connect(at, timeout).await;
        numbered.end();
        Ok(Arc::new(Faulty { inner: inner?, counter: Arc::clone(&self.counter) }))
    }
}

struct Faulty {
    inner: Arc<dyn Database>,
    counter: Arc<Counter>,
}

impl Faulty {
    async fn numbered<T>(&self, name: &'static str, call: impl Future<Output = T> + Send) -> T {
        let numbered = self.counter.begin(name);
        let result = call.await;
        numbered.end();
        result
    }
}

#[async_trait]
impl Database for Faulty {
    async fn beside(&self, database: &str) -> Result<Arc<dyn Database>> {
        let inner = self.numbered("beside", self.inner.beside(database)).await?;
        Ok(Arc::new(Self { inner, counter: Arc::clone(&self.counter) }))
    }

    async fn run(&self, sql: &str) -> Result<std::result::Result<(), SqlFailure>> {
        self.numbered("run", self.inner.run(sql)).await
    }

    async fn catalog(&self) -> Result<Catalog> {
        self.numbered("catalog", self.inner.catalog()).await
    }

    async fn schema(&self) -> Result<Schema> {
        self.numbered("schema", self.inner.schema()).await
    }

    async fn count(&self, tables: &[TableName]) -> Result<Vec<u64>> {
        self.numbered("count", self.inner.count(tables)).await
    }

    async fn sizes_bytes(&self, tables: &[TableName]) -> Result<Vec<u64>> {
        self.numbered("sizes", self.inner.sizes_bytes(tables)).await
    }

    async fn temp_bytes(&self) -> Result<Option<u64>> {
        self.numbered("temp_bytes", self.inner.temp_bytes()).await
    }

    async fn count_values(&self, table: &TableName, columns: &[String]) -> Result<Vec<u64>> {
        self.numbered("count values", self.inner.count_values(table, columns)).await
    }

    async fn sequences(&self, sequences: &[TableName]) -> Result<Vec<SequenceState>> {
        self.numbered("sequences", self.inner.sequences(sequences)).await
    }

    async fn reach(&self, table: &TableName, column: &str, is_down: bool) -> Result<Option<i64>> {
        self.numbered("reach", self.inner.reach(table, column, is_down)).await
    }

    async fn copy_in(
        &self,
        table: &TableName,
        columns: &[String],
        rows: mpsc::Receiver<Bytes>,
    ) -> Result<std::result::Result<u64, SqlFailure>> {
        self.numbered("copy_in", self.inner.copy_in(table, columns, rows)).await
    }

    async fn applied(&self, layout: MigrationLayout) -> Result<Vec<AppliedMigration>> {
        self.numbered("applied", self.inner.applied(layout)).await
    }

    async fn apply(
        &self,
        layout: MigrationLayout,
        migration: &Migration,
        all: &[Migration],
    ) -> Result<MigrationRun> {
        self.numbered("apply", self.inner.apply(layout, migration, all)).await
    }

    async fn work(&self) -> Result<Work> {
        self.numbered("work", self.inner.work()).await
    }

    async fn hang_up_others(&self) -> Result<()> {
        self.numbered("hang_up_others", self.inner.hang_up_others()).await
    }

    async fn wal_end(&self) -> Result<Lsn> {
        self.numbered("wal_end", self.inner.wal_end()).await
    }

    async fn object_count(&self) -> Result<u64> {
        self.numbered("object_count", self.inner.object_count()).await
    }

    async fn objects(&self, which: &WhichObjects) -> Result<ObjectDigests> {
        self.numbered("objects", self.inner.objects(which)).await
    }

    async fn locks(&self, since_us: Option<i64>) -> Result<LockSample> {
        self.inner.locks(since_us).await
    }

    async fn traffic(&self, addresses: &[Ipv4Addr]) -> Result<TrafficSample> {
        self.inner.traffic(addresses).await
    }

    async fn wal_flushed(&self) -> Result<Lsn> {
        self.inner.wal_flushed().await
    }

    async fn wal_checkpoint(&self) -> Result<Lsn> {
        self.inner.wal_checkpoint().await
    }

    async fn wal_segment_size_bytes(&self) -> Result<u64> {
        self.inner.wal_segment_size_bytes().await
    }

    async fn read_wal(&self, from: Lsn, until: Lsn, limit_bytes: usize) -> Result<Bytes> {
        self.inner.read_wal(from, until, limit_bytes).await
    }

    async fn classes(&self) -> Result<Vec<ClassPlace>> {
        self.inner.classes().await
    }

    async fn texts(&self, table: &TableName, column: &str) -> Result<Vec<(TupleId, String)>> {
        self.inner.texts(table, column).await
    }

    async fn rows(&self, query: &RowQuery) -> Result<Vec<PlacedRow>> {
        self.numbered("rows", self.inner.rows(query)).await
    }

    async fn digests(&self, query: &DigestQuery, batches: mpsc::Sender<Vec<RowDigest>>) -> Result<()> {
        self.numbered("digests", self.inner.digests(query, batches)).await
    }

    async fn close(&self) {
        self.numbered("close", self.inner.close()).await;
    }
}
