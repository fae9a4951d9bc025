//! The ports to databases. One runs in every running container that is PostgreSQL's.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use tokio::sync::mpsc;

use super::MemoryWorld;
use super::answers::{ROWS_ELSEWHERE, people_of};
use super::engine::address;
use super::objects::State;
use crate::model::catalog::Catalog;
use crate::model::class::ClassPlace;
use crate::model::error::{Error, ErrorKind, Result};
use crate::model::lock::LockSample;
use crate::model::lsn::Lsn;
use crate::model::migration::{AppliedState, Migration, MigrationLayout, MigrationRun, SqlFailure};
use crate::model::name::TableName;
use crate::model::object::{ObjectDigests, WhichObjects};
use crate::model::row::{PlacedRow, RowQuery, WhichRows};
use crate::model::schema::Schema;
use crate::model::sequence::SequenceState;
use crate::model::stack::Work;
use crate::model::traffic::TrafficSample;
use crate::model::tuples::TupleId;
use crate::world::database::{Address, AppliedMigration, Database, Databases, DigestQuery, RowDigest};

/// Where every write-ahead log ends: nothing is ever written to it.
const WAL_END: Lsn = Lsn(0x0100_0028);
/// The default of `initdb`.
const SEGMENT_BYTES: u64 = 16 << 20;

#[async_trait]
impl Databases for MemoryWorld {
    async fn connect(&self, at: &Address, timeout: Duration) -> Result<Arc<dyn Database>> {
        self.numbered(|| {
            let objects = self.objects();
            let answering = objects.containers.values().find(|container| {
                let is_there = container.state == State::Running && address(container) == at.socket.ip();
                is_there && container.is_database()
            });
            let Some(container) = answering else {
                let message = format!("no database answers at {} after {} s", at.socket, timeout.as_secs());
                return Err(Error::new(ErrorKind::Unreachable, message));
            };
            let container = container.spec.name.clone();
            let database = MemoryDatabase { world: self.clone(), container, other: None };
            Ok(Arc::new(database) as Arc<dyn Database>)
        })
        .await
    }
}

struct MemoryDatabase {
    world: MemoryWorld,
    container: String,
    /// Its name, if it is another one than the environment names.
    other: Option<String>,
}

impl MemoryDatabase {
    /// As [`MemoryWorld::numbered`], of a server that still runs.
    async fn asked<T>(&self, effect: impl FnOnce() -> Result<T>) -> Result<T> {
        self.world.numbered(|| self.is_up().and_then(|()| effect())).await
    }

    /// Whether the database was ever migrated.
    fn is_migrated(&self) -> Result<bool> {
        Ok(!self.world.objects().content(&self.container)?.applied.is_empty())
    }

    fn is_up(&self) -> Result<()> {
        match self.world.objects().containers.get(&self.container) {
            Some(container) if container.state == State::Running => Ok(()),
            _ => {
                let message = format!("the server in container {} closed the connection", self.container);
                Err(Error::new(ErrorKind::Unreachable, message))
            }
        }
    }
}

#[async_trait]
impl Database for MemoryDatabase {
    async fn beside(&self, database: &str) -> Result<Arc<dyn Database>> {
        self.asked(|| {
            if self.world.script().answers.closed.contains(database) {
                let message = format!("the database `{database}` takes no connection");
                return Err(Error::new(ErrorKind::Unreachable, message));
            }
            let (world, container) = (self.world.clone(), self.container.clone());
            Ok(Arc::new(Self { world, container, other: Some(database.to_owned()) }) as Arc<dyn Database>)
        })
        .await
    }

    async fn run(&self, sql: &str) -> Result<std::result::Result<(), SqlFailure>> {
        self.asked(|| {
            let answers = &mut self.world.script().answers;
            answers.run.push(sql.to_owned());
            let refusal = answers.refused.iter().find(|(part, _)| sql.contains(part.as_str()));
            Ok(refusal.map_or(Ok(()), |(_, failure)| Err(failure.clone())))
        })
        .await
    }

    async fn catalog(&self) -> Result<Catalog> {
        self.asked(|| {
            if let Some(other) = &self.other {
                return Ok(people_of(other));
            }
            let is_migrated = self.is_migrated()?;
            Ok(self.world.script().answers.catalog(is_migrated))
        })
        .await
    }

    async fn schema(&self) -> Result<Schema> {
        self.asked(|| {
            let is_migrated = self.is_migrated()?;
            Ok(self.world.script().answers.schema(is_migrated))
        })
        .await
    }

    async fn count(&self, tables: &[TableName]) -> Result<Vec<u64>> {
        self.asked(|| {
            if self.other.is_some() {
                return Ok(vec![ROWS_ELSEWHERE; tables.len()]);
            }
            let mut objects = self.world.objects();
            let rows = &objects.content(&self.container)?.rows;
            Ok(tables.iter().map(|table| rows.get(&table.to_string()).copied().unwrap_or_default()).collect())
        })
        .await
    }

    async fn sizes_bytes(&self, tables: &[TableName]) -> Result<Vec<u64>> {
        // A page each.
        self.asked(|| Ok(vec![8192; tables.len()])).await
    }

    async fn temp_bytes(&self) -> Result<Option<u64>> {
        self.asked(|| Ok(Some(0))).await
    }

    async fn count_values(&self, table: &TableName, columns: &[String]) -> Result<Vec<u64>> {
        self.asked(|| {
            // Every row of what is in memory holds a value everywhere.
            let mut objects = self.world.objects();
            let rows = objects.content(&self.container)?.rows.get(&table.to_string()).copied();
            Ok(vec![rows.unwrap_or_default(); columns.len()])
        })
        .await
    }

    async fn sequences(&self, sequences: &[TableName]) -> Result<Vec<SequenceState>> {
        // No sequence in memory has given a value yet.
        self.asked(|| Ok(vec![SequenceState { last: 1, is_called: false }; sequences.len()])).await
    }

    async fn reach(&self, _table: &TableName, _column: &str, _is_down: bool) -> Result<Option<i64>> {
        self.asked(|| Ok(None)).await
    }

    async fn copy_in(
        &self,
        table: &TableName,
        _columns: &[String],
        mut rows: mpsc::Receiver<Bytes>,
    ) -> Result<std::result::Result<u64, SqlFailure>> {
        let passage = self.world.inner.gate.enter()?;
        let mut received = 0;
        while let Some(chunk) = rows.recv().await {
            received += memchr::memchr_iter(b'\n', &chunk).count() as u64;
        }
        passage.act(|| {
            self.is_up()?;
            let mut objects = self.world.objects();
            *objects.content(&self.container)?.rows.entry(table.to_string()).or_default() += received;
            Ok(Ok(received))
        })
    }

    async fn applied(&self, _layout: MigrationLayout) -> Result<Vec<AppliedMigration>> {
        self.asked(|| {
            let mut applied = self.world.script().answers.applied.clone();
            applied.extend(self.world.objects().content(&self.container)?.applied.iter().cloned());
            Ok(applied)
        })
        .await
    }

    async fn apply(
        &self,
        _layout: MigrationLayout,
        migration: &Migration,
        _all: &[Migration],
    ) -> Result<MigrationRun> {
        self.asked(|| {
            self.world.objects().done.push(format!("migrate {}", migration.name));
            let failure = self.world.script().answers.failing.get(&migration.name).cloned();
            if failure.is_none() {
                let checksum = Some(migration.checksum.clone());
                let version = migration.version.clone();
                let applied = AppliedMigration { version, checksum, state: AppliedState::Applied };
                self.world.objects().content(&self.container)?.applied.push(applied);
            }
            let (migration, statements) = (migration.clone(), Vec::new());
            Ok(MigrationRun { migration, duration_s: 0.0, failure, output_tail: None, statements })
        })
        .await
    }

    async fn work(&self) -> Result<Work> {
        self.asked(|| Ok(self.world.script().work.clone())).await
    }

    async fn hang_up_others(&self) -> Result<()> {
        self.asked(|| {
            self.world.objects().done.push(format!("hang up others of {}", self.container));
            Ok(())
        })
        .await
    }

    async fn object_count(&self) -> Result<u64> {
        self.asked(|| Ok(0)).await
    }

    async fn objects(&self, _which: &WhichObjects) -> Result<ObjectDigests> {
        self.asked(|| Ok(ObjectDigests::new())).await
    }

    async fn locks(&self, _since_us: Option<i64>) -> Result<LockSample> {
        // No numbered call: how often it is asked is a matter of time.
        self.is_up()?;
        let locks = &mut self.world.script().answers.locks;
        let next = if locks.len() > 1 { locks.pop_front() } else { locks.front().cloned() };
        Ok(next.unwrap_or_default())
    }

    async fn traffic(&self, _addresses: &[Ipv4Addr]) -> Result<TrafficSample> {
        // As with locks.
        self.is_up()?;
        let traffic = &mut self.world.script().answers.traffic;
        let next = if traffic.len() > 1 { traffic.pop_front() } else { traffic.front().cloned() };
        Ok(next.unwrap_or_default())
    }

    async fn wal_end(&self) -> Result<Lsn> {
        self.asked(|| Ok(WAL_END)).await
    }

    async fn wal_flushed(&self) -> Result<Lsn> {
        self.asked(|| Ok(WAL_END)).await
    }

    async fn wal_checkpoint(&self) -> Result<Lsn> {
        self.asked(|| Ok(WAL_END)).await
    }

    async fn wal_segment_size_bytes(&self) -> Result<u64> {
        self.asked(|| Ok(SEGMENT_BYTES)).await
    }

    async fn read_wal(&self, _from: Lsn, _until: Lsn, _limit_bytes: usize) -> Result<Bytes> {
        self.asked(|| Ok(Bytes::new())).await
    }

    async fn classes(&self) -> Result<Vec<ClassPlace>> {
        self.asked(|| Ok(Vec::new())).await
    }

    async fn texts(&self, _table: &TableName, _column: &str) -> Result<Vec<(TupleId, String)>> {
        self.asked(|| Ok(Vec::new())).await
    }

    async fn rows(&self, query: &RowQuery) -> Result<Vec<PlacedRow>> {
        self.asked(|| {
            // Every row of what is in memory lies on the first page and holds a dash everywhere; none was ever deleted.
            let mut objects = self.world.objects();
            let rows = objects.content(&self.container)?.rows.get(&query.table.to_string()).copied();
            let row = |offset| PlacedRow {
                at: TupleId { block: 0, offset },
                values: vec![Some("-".to_owned()); query.columns.len()],
            };
            let rows = (1..=u16::try_from(rows.unwrap_or_default()).unwrap_or(u16::MAX)).map(row);
            let is_wanted = |row: &PlacedRow| match &query.which {
                WhichRows::At(places) => places.contains(&row.at),
                WhichRows::Any | WhichRows::Holding(_) | WhichRows::Spread(_) => true,
            };
            Ok(rows.filter(is_wanted).take(query.limit).collect())
        })
        .await
    }

    async fn digests(&self, query: &DigestQuery, batches: mpsc::Sender<Vec<RowDigest>>) -> Result<()> {
        let rows = self
            .asked(|| {
                let script = self.world.script();
                let mut scripted = script.answers.digests.iter();
                let of_this = scripted.find(|((ends, table), _)| {
                    self.container.ends_with(ends.as_str()) && *table == query.table
                });
                Ok(of_this.map(|(_, rows)| rows.clone()).unwrap_or_default())
            })
            .await?;
        if !rows.is_empty() {
            // Who stopped listening wants no more: no error.
            let _ = batches.send(rows).await;
        }
        Ok(())
    }

    async fn close(&self) {
        self.world.objects().done.push(format!("disconnect {}", self.container));
    }
}
