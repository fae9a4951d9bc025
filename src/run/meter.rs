//! The meter of one database: the log while a migration runs, catalogues around it, and rows where those do not suffice.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::elsewhere::{DoneElsewhere, Elsewhere, Stretch};
use super::lookout::{LockLooks, Lookout};
use super::lost::Sides;
use super::objects::ObjectWitness;
use super::schema::SchemaWitness;
use super::sequences::SequenceWitness;
use crate::model::catalog::{Catalog, Table};
use crate::model::change::Change;
use crate::model::error::{Error, ErrorKind, Result};
use crate::model::lsn::Lsn;
use crate::model::migration::MigrationRun;
use crate::model::name::TableName;
use crate::model::report::MigrationReport;
use crate::model::seed::SeedRecord;
use crate::observe::change::Observer;
use crate::observe::locks::{Watch, by_statement, locate, place, place_in_steps};
use crate::observe::schema::is_touched;
use crate::observe::wal::{Reader, WalError};
use crate::world::Database;

use super::steps::Outlook;

/// How much of the log is read in one go.
const CHUNK_BYTES: usize = 4 << 20;
/// How often the log is followed while a statement runs.
const FOLLOW_EVERY: Duration = Duration::from_millis(50);

/// Measures what migrations do to one database, against its seed as it was.
pub struct Meter {
    live: Arc<dyn Database>,
    before: Arc<dyn Database>,
    observer: Observer,
    reader: Reader,
    last: Catalog,
    schema: SchemaWitness,
    sequences: SequenceWitness,
    objects: ObjectWitness,
    /// `None` where this database alone is measured.
    elsewhere: Option<Elsewhere>,
    segment_size_bytes: u64,
}

impl Meter {
    /// Begins at the present end of the log. `before` serves the untouched seed.
    pub async fn open(live: Arc<dyn Database>, before: Arc<dyn Database>, seed: &SeedRecord) -> Result<Self> {
        let (catalog, classes, segment_size, end) =
            tokio::try_join!(live.catalog(), live.classes(), live.wal_segment_size_bytes(), live.wal_end())?;
        let mut reader = Reader::new(end, segment_size);
        reader.know(catalog.database_oid, &classes);
        Self::begin(live, before, seed, (catalog, reader, segment_size)).await
    }

    /// Measures this database alone, and no other one of its server.
    #[must_use]
    pub fn alone(self) -> Self {
        Self { elsewhere: None, ..self }
    }

    async fn begin(
        live: Arc<dyn Database>,
        before: Arc<dyn Database>,
        seed: &SeedRecord,
        (catalog, reader, segment_size_bytes): (Catalog, Reader, u64),
    ) -> Result<Self> {
        let rows = rows_in_seed(&before, seed, &catalog).await?;
        Ok(Self {
            observer: Observer::new(catalog.clone(), rows),
            sequences: SequenceWitness::new(catalog.clone()),
            elsewhere: Some(Elsewhere::new(&catalog)),
            segment_size_bytes,
            reader,
            last: catalog,
            schema: SchemaWitness::default(),
            objects: ObjectWitness::default(),
            live,
            before,
        })
    }

    /// As [`Self::open`], on a database that was cloned a while ago, and what happened to it since: the whole log from
    /// where the seed ends is read.
    pub async fn since_seed(
        live: Arc<dyn Database>,
        before: Arc<dyn Database>,
        seed: &SeedRecord,
    ) -> Result<(Self, Change)> {
        let (catalog, classes, segment_size, sealed) = tokio::try_join!(
            before.catalog(),
            before.classes(),
            live.wal_segment_size_bytes(),
            before.wal_checkpoint()
        )?;
        let mut reader = Reader::new(sealed, segment_size);
        reader.know(catalog.database_oid, &classes);
        let mut meter = Self::begin(live, before, seed, (catalog, reader, segment_size)).await?;
        let end = meter.live.wal_end().await?;
        meter.read_until(end).await?;
        let change = meter.close_window((sealed, end), None).await?;
        Ok((meter, change))
    }

    /// The database that is migrated.
    pub fn database(&self) -> Arc<dyn Database> {
        Arc::clone(&self.live)
    }

    /// Says what a migration does while `migrating` runs it, by whatever way.
    pub async fn measure(
        &mut self,
        migrating: impl Future<Output = Result<MigrationRun>>,
    ) -> Result<MigrationReport> {
        self.measure_since(migrating).await.map(|(report, _)| report)
    }

    /// As [`Self::measure`], and when that began by the server's clock.
    async fn measure_since(
        &mut self,
        migrating: impl Future<Output = Result<MigrationRun>>,
    ) -> Result<(MigrationReport, i64)> {
        let from = self.reader.position();
        let live = Arc::clone(&self.live);
        let watch = Lookout::begin(LockLooks::first(&live, &self.last).await?);
        let temp_before = live.temp_bytes().await?;
        let begun = Instant::now();
        let (ended, mut has_ended) = oneshot::channel::<()>();
        let apply = async {
            let run = migrating.await;
            let watch = watch.end().await;
            drop(ended);
            (run, watch)
        };
        let follow = async {
            // A long statement's log is read while it is written, so that little is left to read behind it.
            loop {
                tokio::select! {
                    _ = &mut has_ended => return Ok(()),
                    () = tokio::time::sleep(FOLLOW_EVERY) => {}
                }
                let flushed = live.wal_flushed().await?;
                self.read_until(flushed).await?;
            }
        };
        let ((run, watch), followed): (_, Result<()>) = tokio::join!(apply, follow);
        let run = run?;
        followed?;
        let watch = watch?.watch;
        let applied_ms = begun.elapsed().as_millis();
        // What comparing writes comes later.
        let (end, temp_after) = tokio::try_join!(self.live.wal_end(), self.live.temp_bytes())?;
        self.read_until(end).await?;
        let temp_bytes = temp_after.zip(temp_before).map(|(after, before)| after.saturating_sub(before));
        let statements = by_statement(&run.statements, &self.last);
        let begun_us = watch.begun_us();
        let change = self.close_window((from, end), Some(watch)).await?;
        let mut change = Change { temp_bytes, statements, ..change };
        locate(&mut change.locks, &change.statements);
        place(&mut change.locks, &mut change.statements, &run.statements, begun_us);
        let settled_ms = begun.elapsed().as_millis();
        tracing::debug!(migration = run.migration.name, applied_ms, settled_ms, "migration measured");
        Ok((MigrationReport { run, change }, begun_us))
    }

    /// As [`Self::measure`], of a command, which may run several migrations in one go: they are told apart.
    pub async fn measure_command(
        &mut self,
        running: impl Future<Output = Result<MigrationRun>>,
    ) -> Result<MigrationReport> {
        let outlook = Outlook::record(&self.live, &self.last, &mut self.reader).await?;
        let (mut report, begun_us) = self.measure_since(running).await?;
        let change = &mut report.change;
        change.steps = outlook.steps(&self.live, &self.last, &mut self.reader).await?;
        place_in_steps(&mut change.locks, &change.steps, begun_us);
        Ok(report)
    }

    /// Ends its connections.
    pub async fn close(self) {
        self.live.close().await;
        self.before.close().await;
    }

    /// What happened since the last window was closed, as far as the log was read.
    async fn close_window(&mut self, (from, until): (Lsn, Lsn), watch: Option<Watch>) -> Result<Change> {
        let facts = self.reader.take();
        let catalog = self.live.catalog().await?;
        let touched = self.observer.migration(&self.last, &catalog, &facts);
        let is_schema_touched = is_touched(&self.last, &catalog, &facts);
        let locks = watch.map(|watch| watch.finish(&catalog, &facts.exclusive)).unwrap_or_default();
        let tables = touched.iter().map(|touched| touched.change.table.clone()).collect();
        let sides = Sides { before: &self.before, live: &self.live };
        let sequences = self.sequences.changes(sides, (&self.last, &catalog), &facts, &tables).await?;
        let objects = self.objects.changes(sides, catalog.database_oid, &facts);
        let (objects, doubt) = Box::pin(objects).await?;
        let mut done = DoneElsewhere::default();
        if let Some(elsewhere) = &mut self.elsewhere {
            let stretch = Stretch { from, until, segment_size_bytes: self.segment_size_bytes, facts: &facts };
            done = Box::pin(elsewhere.changes(sides, (&self.last, &catalog), stretch)).await?;
        }
        for (oid, classes) in &done.classes {
            self.reader.know(*oid, classes);
        }
        self.last = catalog;
        // Reading the schema takes a while, in which rows may be compared.
        let mut schema = std::mem::take(&mut self.schema);
        let (settled, told) = tokio::try_join!(sides.settle_all(touched), async {
            if is_schema_touched { schema.changes(&self.before, &self.live).await } else { Ok(Vec::new()) }
        })?;
        self.schema = schema;
        let DoneElsewhere { databases, settled: others, .. } = done;
        Ok(Change {
            tables: settled.tables.into_iter().chain(others.tables).collect(),
            wal_bytes: until.0 - from.0,
            schema: told,
            locks,
            sequences,
            objects,
            databases,
            doubts: settled.doubts.into_iter().chain(doubt).chain(others.doubts).collect(),
            ..Change::default()
        })
    }

    async fn read_until(&mut self, until: Lsn) -> Result<()> {
        while self.reader.position() < until {
            let bytes = self.live.read_wal(self.reader.position(), until, CHUNK_BYTES).await?;
            if bytes.is_empty() {
                return Err(Error::new(ErrorKind::Unverified, "the write-ahead log ends before its end"));
            }
            self.reader.feed(&bytes).map_err(unreadable)?;
        }
        Ok(())
    }
}

/// Rows of every table of the seed, as its record has them. A materialized view is no data of a backup, so no record
/// counts its rows; they are counted where the seed stands untouched.
async fn rows_in_seed(
    before: &Arc<dyn Database>,
    seed: &SeedRecord,
    catalog: &Catalog,
) -> Result<BTreeMap<TableName, u64>> {
    let recorded = |table: &TableName| Some((table.clone(), *seed.rows.get(&table.to_string())?));
    let mut rows: BTreeMap<TableName, u64> = catalog.tables.keys().filter_map(recorded).collect();
    let is_view = |table: &&Table| table.kind == 'm' && !rows.contains_key(&table.name);
    let views: Vec<TableName> =
        catalog.tables.values().filter(is_view).map(|table| table.name.clone()).collect();
    if !views.is_empty() {
        let counts = before.count(&views).await?;
        rows.extend(views.into_iter().zip(counts));
    }
    Ok(rows)
}

fn unreadable(cause: WalError) -> Error {
    Error::new(
        ErrorKind::Unverified,
        "the write-ahead log could not be read, so nothing can be said of the change",
    )
    .because(cause)
}
