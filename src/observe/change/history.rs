//! Which rows of the seed's tables were touched since the seed, all migrations together.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::catalog::Catalog;
use crate::model::tuples::TupleIds;
use crate::observe::wal::{File, TouchedRows};

/// Tables of which more rows were touched are compared whole, which then costs as much.
const MOST_OF_A_TABLE: u64 = 8_000_000;
/// So many are kept of all tables together: some forty megabytes.
const MOST_OF_ALL: u64 = 16_000_000;

/// Touched rows by the file of a table of the seed.
#[derive(Debug)]
pub(super) struct History {
    database: u32,
    /// Of files that hold no table of the seed nothing is kept. `None`: too many.
    files: BTreeMap<u32, Option<Arc<TupleIds>>>,
}

impl History {
    /// Nothing was touched yet.
    pub fn of(seed: &Catalog) -> Self {
        let logged = seed.tables.values().filter(|table| table.filenode != 0 && !table.unlogged);
        let files = logged.map(|table| (table.filenode, Some(Arc::default()))).collect();
        Self { database: seed.database_oid, files }
    }

    /// Adds what one stretch of the log touched.
    pub fn add(&mut self, touched: &BTreeMap<File, TouchedRows>) {
        for ((database, filenode), rows) in touched {
            if *database != self.database {
                continue;
            }
            let others: u64 = self.files.values().flatten().map(|ids| ids.len()).sum();
            let Some(known) = self.files.get_mut(filenode) else { continue };
            let others = others - known.as_ref().map_or(0, |ids| ids.len());
            match (known.as_mut(), rows) {
                (Some(ids), TouchedRows::At(more)) => {
                    let ids = Arc::make_mut(ids);
                    ids.unite(more);
                    if ids.len() > MOST_OF_A_TABLE.min(MOST_OF_ALL.saturating_sub(others)) {
                        *known = None;
                    }
                }
                (_, TouchedRows::TooMany) => *known = None,
                (None, TouchedRows::At(_)) => {}
            }
        }
    }

    /// The rows of a table of the seed that were touched, by the file that the seed has for it; `None` if they are too
    /// many to list. Only for a table that still is in that file.
    pub fn rows_of(&self, filenode: u32) -> Option<Arc<TupleIds>> {
        self.files.get(&filenode).cloned().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_than_a_comparison_would_list_is_not_kept() {
        let run = |blocks: std::ops::Range<u32>| {
            let mut ids = TupleIds::default();
            for block in blocks {
                ids.insert(block, 1..=200).unwrap();
            }
            BTreeMap::from([((5, 77), TouchedRows::At(ids))])
        };
        let mut history = History { database: 5, files: BTreeMap::from([(77, Some(Arc::default()))]) };
        history.add(&run(0..25_000));
        assert_eq!(history.rows_of(77).unwrap().len(), 5_000_000);
        history.add(&run(25_000..45_000));
        assert_eq!(history.rows_of(77), None);
        history.add(&run(0..1));
        assert_eq!(history.rows_of(77), None, "what was forgotten stays unknown");
    }

    #[test]
    fn of_many_tables_no_more_is_kept_than_there_is_room_for() {
        let files = [77, 78, 79].map(|node| (node, Some(Arc::default())));
        let mut history = History { database: 5, files: BTreeMap::from(files) };
        for (node, blocks) in [(77, 35_000), (78, 35_000), (79, 15_000), (78, 36_000)] {
            let mut ids = TupleIds::default();
            for block in 0..blocks {
                ids.insert(block, 1..=200).unwrap();
            }
            history.add(&BTreeMap::from([((5, node), TouchedRows::At(ids))]));
        }
        let kept = [77, 78, 79].map(|node| history.rows_of(node).map(|ids| ids.len()));
        assert_eq!(kept, [Some(7_000_000), Some(7_200_000), None]);
    }
}
