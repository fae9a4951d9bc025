//! The meter of one database: the log while a migration runs, catalogues around it, and rows where those do not suffice.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use crate::model::catalog::Catalog;
use crate::model::change::{Change, NetRows};
use crate::model::digest::RowDigest;
use crate::model::error::{Error, ErrorKind, Result};
use crate::model::lsn::Lsn;
use crate::model::migration::{Migration, MigrationLayout};
use crate::model::name::TableName;
use crate::model::report::MigrationReport;
use crate::model::seed::SeedRecord;
use crate::observe::change::{Comparison, Net, Observer, Touched, agree};
use crate::observe::net::{Merge, Side};
use crate::observe::wal::{Reader, WalError};
use crate::world::Database;

/// How much of the log is read in one go.
const CHUNK_BYTES: usize = 4 << 20;
/// How often the log is followed while a statement runs.
const FOLLOW_EVERY: Duration = Duration::from_millis(50);
/// Batches of rows that wait for the merge, each side.
const BATCHES_AHEAD: usize = 4;

/// Measures what migrations do to one database, against its seed as it was.
pub struct Meter {
    live: Arc<dyn Database>,
    before: Arc<dyn Database>,
    observer: Observer,
    reader: Reader,
    last: Catalog,
}

impl Meter {
    /// Begins at the present end of the log. `before` serves the untouched seed.
    pub async fn open(live: Arc<dyn Database>, before: Arc<dyn Database>, seed: &SeedRecord) -> Result<Self> {
        let (catalog, segment_size, end) =
            tokio::try_join!(live.catalog(), live.wal_segment_size_bytes(), live.wal_end())?;
        let rows: BTreeMap<TableName, u64> = catalog
            .tables
            .keys()
            .filter_map(|table| Some((table.clone(), *seed.rows.get(&table.to_string())?)))
            .collect();
        Ok(Self {
            observer: Observer::new(catalog.clone(), rows),
            reader: Reader::new(end, segment_size),
            last: catalog,
            live,
            before,
        })
    }

    /// The database that is migrated.
    pub fn database(&self) -> &dyn Database {
        self.live.as_ref()
    }

    /// Runs one migration and says what it did.
    pub async fn measure(
        &mut self,
        layout: MigrationLayout,
        migration: &Migration,
        all: &[Migration],
    ) -> Result<MigrationReport> {
        let from = self.reader.position();
        let live = Arc::clone(&self.live);
        let (ended, mut has_ended) = oneshot::channel::<()>();
        let apply = async {
            let run = live.apply(layout, migration, all).await;
            drop(ended);
            run
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
        let (run, followed): (_, Result<()>) = tokio::join!(apply, follow);
        let run = run?;
        followed?;
        let end = self.live.wal_end().await?;
        self.read_until(end).await?;
        let facts = self.reader.take();
        let catalog = self.live.catalog().await?;
        let touched = self.observer.migration(&self.last, &catalog, &facts);
        self.last = catalog;
        let mut change = Change { wal_bytes: end.0 - from.0, ..Change::default() };
        for touched in touched {
            let (table, doubts) = self.settle(touched).await?;
            change.tables.push(table);
            change.doubts.extend(doubts);
        }
        Ok(MigrationReport { run, change })
    }

    /// Ends its connections.
    pub async fn close(self) {
        self.live.close().await;
        self.before.close().await;
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
