//! A few of the rows and values that a migration lost, as they stand in the masked seed.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::model::change::{NetRows, TableEvent};
use crate::model::error::Result;
use crate::model::lost::{LostRows, MOST_LOST_SHOWN};
use crate::model::name::TableName;
use crate::model::row::{PlacedRow, RowQuery, WhichRows};
use crate::model::tuples::TupleId;
use crate::observe::change::{NetSource, SeedTable, Touched};
use crate::world::Database;

/// Places that are looked at on both sides in one go.
const LOOKED_AT: usize = 500;
/// So often that is done: what rolled back leaves places behind at which nothing is missing.
const LOOKS: usize = 20;

/// Both sides of what was migrated.
#[derive(Clone, Copy)]
pub(super) struct Sides<'a> {
    /// The untouched seed.
    pub before: &'a Arc<dyn Database>,
    /// What was migrated.
    pub live: &'a Arc<dyn Database>,
}

impl Sides<'_> {
    /// Some of the rows that are missing; `compared` are places of such rows, where rows were compared.
    pub async fn lost_rows(
        self,
        touched: &Touched,
        net: NetRows,
        compared: Vec<TupleId>,
    ) -> Result<LostRows> {
        let Some(seed) = touched.seed.as_ref().filter(|_| net.missing > 0) else {
            return Ok(LostRows::default());
        };
        let which = match &touched.source {
            NetSource::Compare(_) => WhichRows::At(compared),
            NetSource::Counted(_) if touched.change.events.contains(&TableEvent::Dropped) => WhichRows::Any,
            NetSource::Counted(_) => WhichRows::At(self.deleted(seed, &touched.change.table, net).await?),
            NetSource::Count => return Ok(LostRows::default()),
        };
        self.shown(&seed.name, &seed.columns, which).await
    }

    /// Some of the rows of a table of the seed that held a value in a column that is gone.
    pub async fn lost_values(self, seed: &SeedTable, dropped: &[String]) -> Result<LostRows> {
        self.shown(&seed.name, &seed.columns, WhichRows::Holding(dropped.to_vec())).await
    }

    async fn shown(self, table: &TableName, columns: &[String], which: WhichRows) -> Result<LostRows> {
        if matches!(&which, WhichRows::At(places) if places.is_empty()) {
            return Ok(LostRows::default());
        }
        let rows = rows(self.before, table, columns, which, MOST_LOST_SHOWN).await?;
        let rows = rows.into_iter().map(|row| row.values).collect();
        Ok(LostRows { columns: columns.to_vec(), rows })
    }

    /// Where some of the rows lie that were deleted from a table whose rows were only deleted: at places that were touched,
    /// the seed has them, and they are there no more.
    async fn deleted(self, seed: &SeedTable, now: &TableName, net: NetRows) -> Result<Vec<TupleId>> {
        let Some(touched) = &seed.touched else {
            // Most of a large table: whole pages of it will do.
            let share = percent(LOOKED_AT, net.missing);
            let spread =
                rows(self.before, &seed.name, &[], WhichRows::Spread(share), LOOKED_AT * LOOKS).await?;
            let mut found = self.gone(seed, now, places(spread)).await?;
            found.truncate(MOST_LOST_SHOWN);
            return Ok(found);
        };
        let mut ids = touched.iter();
        let mut found = Vec::new();
        for _ in 0..LOOKS {
            let looked_at: Vec<TupleId> = ids.by_ref().take(LOOKED_AT).collect();
            if looked_at.is_empty() || found.len() >= MOST_LOST_SHOWN {
                break;
            }
            let all = WhichRows::At(looked_at);
            let there = rows(self.before, &seed.name, &[], all, LOOKED_AT).await?;
            found.extend(self.gone(seed, now, places(there)).await?);
        }
        found.truncate(MOST_LOST_SHOWN);
        Ok(found)
    }

    /// Those of some places in the seed at which nothing is any more.
    async fn gone(self, seed: &SeedTable, now: &TableName, there: Vec<TupleId>) -> Result<Vec<TupleId>> {
        tracing::debug!(table = %seed.name, places = there.len(), "looking for rows that are gone");
        let limit = there.len();
        let left = rows(self.live, now, &[], WhichRows::At(there.clone()), limit).await?;
        let left: BTreeSet<TupleId> = places(left).into_iter().collect();
        Ok(there.into_iter().filter(|at| !left.contains(at)).collect())
    }
}

async fn rows(
    database: &Arc<dyn Database>,
    table: &TableName,
    columns: &[String],
    which: WhichRows,
    limit: usize,
) -> Result<Vec<PlacedRow>> {
    database.rows(&RowQuery { table: table.clone(), columns: columns.to_vec(), which, limit }).await
}

fn places(rows: Vec<PlacedRow>) -> Vec<TupleId> {
    rows.into_iter().map(|row| row.at).collect()
}

/// The share of a table of which that many rows are missing at the least that is enough to find some of them.
#[expect(clippy::cast_precision_loss, reason = "a share needs no more than 53 bits")]
fn percent(wanted: usize, missing: u64) -> f64 {
    wanted as f64 * 100.0 / missing.max(1) as f64
}
