//! Touched tables with their net rows: counted, or compared with the seed.

use std::collections::BTreeMap;

use super::compare::Compared;
use super::lost::Sides;
use crate::model::change::{NetRows, TableChange, TableEvent};
use crate::model::error::Result;
use crate::model::lost::LostRows;
use crate::observe::change::{NetSource, Touched, agree};

/// Tables that a migration touched, and why to doubt what is said of them.
#[derive(Default)]
pub(super) struct Settled {
    /// The tables, in order of name.
    pub tables: Vec<TableChange>,
    /// The doubts.
    pub doubts: Vec<String>,
}

impl Sides<'_> {
    /// Tables with their net rows, without those that turn out untouched.
    pub async fn settle_all(self, touched: Vec<Touched>) -> Result<Settled> {
        let mut settled = Settled::default();
        for touched in touched {
            // What settling one table takes is large, and a part of every future that has a meter in it.
            let (table, doubts) = Box::pin(self.settle(touched)).await?;
            settled.tables.extend(table);
            settled.doubts.extend(doubts);
        }
        Ok(settled)
    }

    /// A touched table with its net rows, counted or compared, and why to doubt them; nothing for one that turns out
    /// untouched.
    async fn settle(self, touched: Touched) -> Result<(Option<TableChange>, Vec<String>)> {
        let compared = match &touched.source {
            NetSource::Counted(net) => Compared { net: *net, ..Compared::default() },
            NetSource::Count => {
                let rows = self.live.count(std::slice::from_ref(&touched.change.table)).await?;
                let rows: u64 = rows.iter().sum();
                let net = NetRows { new: rows, ..NetRows::default() };
                Compared { net, rows_after: Some(rows), ..Compared::default() }
            }
            NetSource::Compare(comparison) => self.compare(comparison, &touched).await?,
        };
        let Compared { net, rows_after, missing_at, columns_changed } = compared;
        let doubts = agree(&touched, net, rows_after);
        let lost_rows = self.lost_rows(&touched, net, missing_at).await?;
        let values_lost = self.values_lost(&touched).await?;
        let dropped: Vec<String> = values_lost.keys().cloned().collect();
        let lost_values = match touched.seed.as_ref().filter(|_| !dropped.is_empty()) {
            Some(seed) => self.lost_values(seed, &dropped).await?,
            None => LostRows::default(),
        };
        let rewritten_bytes = self.rewritten_bytes(&touched).await?;
        let table = touched.settle(net);
        let whole = |table| TableChange {
            rewritten_bytes,
            columns_changed,
            values_lost,
            lost_rows,
            lost_values,
            ..table
        };
        Ok((table.map(whole), doubts))
    }

    /// What a table takes that was rewritten.
    async fn rewritten_bytes(self, touched: &Touched) -> Result<Option<u64>> {
        if !touched.change.events.contains(&TableEvent::Rewritten) {
            return Ok(None);
        }
        let sizes = self.live.sizes_bytes(std::slice::from_ref(&touched.change.table)).await?;
        Ok(sizes.first().copied())
    }

    /// In how many rows of the seed each dropped column held a value. Nothing but the untouched seed still has them.
    async fn values_lost(self, touched: &Touched) -> Result<BTreeMap<String, u64>> {
        let columns = &touched.change.columns_dropped;
        let Some(seed) = &touched.columns_gone_from else { return Ok(BTreeMap::new()) };
        let counts = self.before.count_values(seed, columns).await?;
        Ok(columns.iter().cloned().zip(counts).filter(|(_, values)| *values > 0).collect())
    }
}
