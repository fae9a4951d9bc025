//! The rows of the seed set against those of now, as both servers send them.

use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::lost::Sides;
use crate::model::change::NetRows;
use crate::model::digest::{DigestQuery, RowDigest};
use crate::model::error::{Error, ErrorKind, Result};
use crate::model::tuples::TupleId;
use crate::observe::change::{Comparison, Touched};
use crate::observe::net::{Merge, Side};
use crate::world::Database;

/// Rows that are counted, and no more, for each that was touched and is read: counting one costs a twentieth.
const COUNTED_PER_TOUCHED: u64 = 10;
/// Batches of rows that wait for the merge, each side.
const BATCHES_AHEAD: usize = 4;

/// What came of comparing a table with the seed.
#[derive(Default)]
pub(super) struct Compared {
    /// How the rows differ.
    pub net: NetRows,
    /// Rows that came of the table as it is now; `None` if those are not all.
    pub rows_after: Option<u64>,
    /// Where some of the missing rows lie in the seed.
    pub missing_at: Vec<TupleId>,
    /// As in `TableChange`.
    pub columns_changed: Vec<String>,
}

impl Sides<'_> {
    /// How a table compares with the seed, and how many rows it has now. Where only touched rows are read, counting the
    /// others is worth its cost if there are not many more of them.
    pub async fn compare(self, comparison: &Comparison, touched: &Touched) -> Result<Compared> {
        let has_places = touched.seed.is_some();
        let in_seed = touched.change.rows_in_seed;
        match &comparison.rows {
            None => self.merge(comparison, has_places).await,
            Some(ids) if ids.len().saturating_mul(COUNTED_PER_TOUCHED) < in_seed => {
                Ok(Compared { rows_after: None, ..self.merge(comparison, has_places).await? })
            }
            Some(_) => {
                let count = self.live.count(std::slice::from_ref(&comparison.after));
                let (compared, rows_after) = tokio::try_join!(self.merge(comparison, has_places), count)?;
                Ok(Compared { rows_after: Some(rows_after.iter().sum()), ..compared })
            }
        }
    }

    /// Merges the rows of the seed with those of now, both in order of key, as they arrive.
    async fn merge(self, comparison: &Comparison, has_places: bool) -> Result<Compared> {
        let of_seed = DigestQuery { has_places, ..comparison.query_before() };
        let mut before = Rows::of(self.before, of_seed);
        let of_now = comparison.query_after();
        let names: Vec<String> = of_now.beside_key().map(|column| column.name.clone()).collect();
        let mut after = Rows::of(self.live, of_now);
        let mut merge = Merge::new();
        while let Some(side) = merge.wants() {
            let rows = if side == Side::Before { &mut before } else { &mut after };
            match rows.next().await? {
                Some(batch) => merge.push(side, batch)?,
                None => merge.end(side),
            }
        }
        let missing_at = merge.missing_at().to_vec();
        // A row that differs has a key: without one it would be another row.
        let columns_changed =
            merge.columns().iter().filter_map(|number| names.get(*number).cloned()).collect();
        let net = merge.finish()?;
        Ok(Compared { net, rows_after: Some(after.seen), missing_at, columns_changed })
    }
}

/// Rows of one side, as the server sends them. Dropping it ends the query.
struct Rows {
    batches: mpsc::Receiver<Vec<RowDigest>>,
    query: JoinSet<Result<()>>,
    seen: u64,
}

impl Rows {
    /// The rows that `query` asks for.
    fn of(database: &Arc<dyn Database>, query: DigestQuery) -> Self {
        let (sender, batches) = mpsc::channel(BATCHES_AHEAD);
        let database = Arc::clone(database);
        let mut running = JoinSet::new();
        running.spawn(async move { database.digests(&query, sender).await });
        Self { batches, query: running, seen: 0 }
    }

    /// The next batch; `None` at the true end, an error if the query ended otherwise.
    async fn next(&mut self) -> Result<Option<Vec<RowDigest>>> {
        if let Some(batch) = self.batches.recv().await {
            self.seen += batch.len() as u64;
            return Ok(Some(batch));
        }
        while let Some(ended) = self.query.join_next().await {
            ended.map_err(|cause| Error::new(ErrorKind::Bug, "reading rows panicked").because(cause))??;
        }
        Ok(None)
    }
}
