//! Follows the migrations of one database from the seed on.

use std::collections::{BTreeMap, BTreeSet};

use super::census::{held, uncounted};
use super::columns::{Columns, has_relabelled_column, same_shape};
use super::families::{self, Flow};
use super::history::History;
use super::passage::sum;
use super::touched::{Comparison, NetSource, SeedTable, Touched};
use super::window::Window;
use crate::model::catalog::{Catalog, Table};
use crate::model::change::{GrossRows, NetRows, TableChange, TableEvent};
use crate::model::lost::LostRows;
use crate::model::name::TableName;
use crate::model::version_table;
use crate::observe::wal::WalFacts;

/// Follows the migrations of one database from the seed on.
#[derive(Debug)]
pub struct Observer {
    seed: Catalog,
    rows: BTreeMap<TableName, u64>,
    tallies: BTreeMap<u32, Tally>,
    /// Rows that each table holds, by its oid, as far as the log and the seed's counts tell it.
    held: BTreeMap<u32, u64>,
    history: History,
    /// Tables, by oid, that lost a partition.
    less: BTreeSet<u32>,
}

/// What all migrations so far did to one table, by its oid.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    gross: GrossRows,
    /// Something happened that rows alone do not explain.
    is_unexplained: bool,
    /// Of the rows deleted: how many went to another partition, and whether others may have gone untold.
    moved: u64,
    is_unclear: bool,
}

impl Observer {
    /// An observer that knows the seed: its catalogue, and exactly how many rows each of its tables has.
    pub fn new(seed: Catalog, rows: BTreeMap<TableName, u64>) -> Self {
        let history = History::of(&seed);
        let held = held(&seed, &rows);
        Self { seed, rows, tallies: BTreeMap::new(), held, history, less: BTreeSet::new() }
    }

    /// Tables of the seed whose rows have to be known before the next migration is told, and are not yet.
    pub fn uncounted(&self, after: &Catalog, facts: &WalFacts) -> Vec<TableName> {
        uncounted(&self.seed, &self.rows, after, facts)
    }

    /// Knows how many rows tables of the seed have that nothing was done to so far.
    pub fn count(&mut self, rows: BTreeMap<TableName, u64>) {
        self.held.extend(held(&self.seed, &rows));
        self.rows.extend(rows);
    }

    /// Tables that the next migration touched, in order of name. To be called once for each migration in turn;
    /// `facts` are those of the log between the two catalogues.
    pub fn migration(&mut self, before: &Catalog, after: &Catalog, facts: &WalFacts) -> Vec<Touched> {
        self.history.add(&facts.touched);
        let only_moved = self.only_moved(before);
        self.less.extend(families::that_lost_one(before, after));
        let window = Window::new(before, after, facts);
        let mut touched = Vec::new();
        for now in after.tables.values().filter(|table| is_data(table)) {
            touched.extend(self.told(&window, now, false));
        }
        for then in before.tables.values().filter(|table| is_data(table)) {
            if !window.after_oids.contains(&then.oid) && !after.tables.contains_key(&then.name) {
                touched.push(self.dropped(&window, then));
            }
        }
        self.mark_moved(&window, &only_moved, &mut touched);
        touched.sort_by(|one, other| one.change.table.cmp(&other.change.table));
        touched
    }

    /// A table that is there after the migration; `None` if no witness shows it as touched, and it need not be told.
    fn told(&mut self, window: &Window<'_>, now: &Table, must_be: bool) -> Option<Touched> {
        let then = window.before_by_oid.get(&now.oid).copied();
        let is_unlogged = now.unlogged || then.is_some_and(|then| then.unlogged);
        let mut passage = window.passage(then, Some(now), self.held.get(&now.oid).copied());
        match passage.held().filter(|_| !is_unlogged) {
            Some(rows) => drop(self.held.insert(now.oid, rows)),
            None => drop(self.held.remove(&now.oid)),
        }
        if let Some(replaced) = window.replaced(now) {
            let held = self.held.get(&replaced.oid).copied();
            passage.add(&window.passage(Some(replaced), None, held));
        }
        let (gross, events) = (passage.gross, window.events(now, then, &passage));
        let tally = self.tallies.entry(now.oid).or_default();
        tally.add(gross);
        tally.is_unexplained |= is_unlogged || !events.is_empty();
        tally.moved += passage.moved;
        tally.is_unclear |= is_unlogged || events.iter().any(|event| *event != TableEvent::Created);
        let tally = *tally;

        let renamed_from = then.filter(|then| then.name != now.name).map(|then| then.name.clone());
        let is_certain = must_be
            || !gross.is_zero()
            || !events.is_empty()
            || renamed_from.is_some()
            || then.is_some_and(|then| !same_shape(then, now))
            || has_relabelled_column(now, window.before, window.after);
        let doubts = window.doubts(now, then);
        if !is_certain && !is_unlogged && doubts.is_empty() {
            return None;
        }
        let seed = self.stood_for(now);
        let columns = seed.map(|seed| Columns::pair((seed, &self.seed), (now, window.after)));
        let mut touched = Touched {
            change: TableChange {
                table: now.name.clone(),
                rows_in_seed: 0,
                gross: (!is_unlogged).then_some(gross),
                truncated: passage.truncated().filter(|_| !is_unlogged),
                lost_rows: LostRows::default(),
                lost_values: LostRows::default(),
                net: NetRows::default(),
                events,
                rewritten_bytes: None,
                moved: 0,
                columns_changed: Vec::new(),
                columns_dropped: columns.as_ref().map(|columns| columns.dropped.clone()).unwrap_or_default(),
                values_lost: BTreeMap::new(),
                columns_added: columns.as_ref().map(|columns| columns.added.clone()).unwrap_or_default(),
            },
            source: NetSource::Count,
            columns_gone_from: None,
            seed: seed.filter(|seed| !is_partitioned(seed)).map(|seed| {
                let is_same_file = seed.oid == now.oid && seed.filenode == now.filenode;
                let touched = if is_same_file { self.history.rows_of(seed.filenode) } else { None };
                SeedTable { touched, ..seed_table(seed) }
            }),
            renamed_from,
            since_seed: None,
            doubts,
            is_certain,
        };
        if let Some((seed, columns)) = seed.zip(columns) {
            if is_partitioned(now) && seed.oid == now.oid {
                // Its rows are those of its partitions, which are tables of their own.
                touched.source = NetSource::Counted(NetRows::default());
                return Some(touched);
            }
            touched.change.rows_in_seed = self.rows_in_seed(seed, &mut touched.doubts);
            touched.columns_gone_from = (!columns.dropped.is_empty()).then(|| seed.name.clone());
            let is_explained = !tally.is_unexplained
                && !columns.may_differ
                && seed.oid == now.oid
                && seed.filenode == now.filenode
                && !seed.unlogged;
            touched.since_seed = is_explained.then_some(tally.gross);
            touched.source = if let Some(net) = touched.since_seed.and_then(counted) {
                NetSource::Counted(net)
            } else {
                let rows = if is_explained { self.history.rows_of(seed.filenode) } else { None };
                NetSource::Compare(Comparison { rows, ..columns.comparison(seed, now) })
            };
        } else if is_partitioned(now) {
            touched.source = NetSource::Counted(NetRows::default());
        }
        Some(touched)
    }

    /// Partitions, by oid, of which all rows that left went to another one, and are there.
    fn only_moved(&self, catalog: &Catalog) -> BTreeSet<u32> {
        let flow = |tally: &Tally| Flow {
            inserted: tally.gross.inserted,
            deleted: tally.gross.deleted,
            moved: tally.moved,
            is_unclear: tally.is_unclear,
        };
        let flows = self.tallies.iter().map(|(oid, tally)| (*oid, flow(tally))).collect();
        families::that_only_moved(&self.less, catalog, &flows)
    }

    /// Says how many rows of a partition went to others, where nothing else took any. Where that was so until now, what
    /// took some may have taken those: the partition that they came from is told again, without a statement of its own.
    fn mark_moved(&mut self, window: &Window<'_>, until_now: &BTreeSet<u32>, touched: &mut Vec<Touched>) {
        let only_moved = self.only_moved(window.after);
        let moved_of =
            |tallies: &BTreeMap<u32, Tally>, oid: u32| tallies.get(&oid).map_or(0, |tally| tally.moved);
        for now in window.after.tables.values() {
            let told = touched.iter_mut().find(|touched| touched.change.table == now.name);
            let moved = moved_of(&self.tallies, now.oid);
            match told {
                Some(told) if only_moved.contains(&now.oid) => told.change.moved = moved,
                None if moved > 0 && until_now.contains(&now.oid) && !only_moved.contains(&now.oid) => {
                    touched.extend(self.told(window, now, true));
                }
                _ => {}
            }
        }
    }

    /// A table that is there no longer, nor is another one of its name.
    fn dropped(&self, window: &Window<'_>, then: &Table) -> Touched {
        let mut doubts = Vec::new();
        let seed =
            self.stood_for(then).filter(|seed| !is_partitioned(seed) && !self.is_covered(window, seed));
        let rows_in_seed = seed.map_or(0, |seed| self.rows_in_seed(seed, &mut doubts));
        let passage = window.passage(Some(then), None, self.held.get(&then.oid).copied());
        let mut events = passage.events();
        events.remove(&TableEvent::Rewritten);
        events.insert(TableEvent::Dropped);
        Touched {
            change: TableChange {
                table: then.name.clone(),
                rows_in_seed,
                gross: (!then.unlogged).then_some(passage.gross),
                truncated: passage.truncated().filter(|_| !then.unlogged),
                lost_rows: LostRows::default(),
                lost_values: LostRows::default(),
                net: NetRows::default(),
                events,
                rewritten_bytes: None,
                moved: 0,
                columns_changed: Vec::new(),
                columns_dropped: Vec::new(),
                values_lost: BTreeMap::new(),
                columns_added: Vec::new(),
            },
            source: NetSource::Counted(NetRows { missing: rows_in_seed, ..NetRows::default() }),
            columns_gone_from: None,
            seed: seed.map(seed_table),
            renamed_from: None,
            since_seed: None,
            doubts,
            is_certain: true,
        }
    }

    /// The table of the seed that a table stands for: the one of its name, else the one that it was.
    fn stood_for(&self, table: &Table) -> Option<&Table> {
        let by_name = self.seed.tables.get(&table.name);
        by_name.or_else(|| self.seed.tables.values().find(|seed| seed.oid == table.oid))
    }

    /// Whether another table has taken over the name of a table of the seed, or of one that it was a partition of.
    /// That one is compared as a whole, and what it kept is not lost.
    fn is_covered(&self, window: &Window<'_>, seed: &Table) -> bool {
        let mut line =
            std::iter::successors(Some(seed), |table| self.seed.tables.get(table.parent.as_ref()?));
        line.any(|table| window.after.tables.get(&table.name).is_some_and(|now| now.oid != table.oid))
    }

    /// Rows that a table had in the seed; of a partitioned one those of all its partitions.
    fn rows_in_seed(&self, seed: &Table, doubts: &mut Vec<String>) -> u64 {
        if is_partitioned(seed) {
            let parts = self.seed.tables.values().filter(|part| part.parent.as_ref() == Some(&seed.name));
            return parts.map(|part| self.rows_in_seed(part, doubts)).sum();
        }
        self.rows.get(&seed.name).copied().unwrap_or_else(|| {
            doubts.push(format!("{}: its rows in the seed were never counted", seed.name));
            0
        })
    }
}

impl Tally {
    fn add(&mut self, gross: GrossRows) {
        self.gross = sum(self.gross, gross);
    }
}

/// Net rows where the log alone tells them: only inserted, or only deleted, which then were rows of the seed.
fn counted(gross: GrossRows) -> Option<NetRows> {
    match gross {
        GrossRows { inserted: new, updated: 0, deleted: 0 } => Some(NetRows { new, ..NetRows::default() }),
        GrossRows { inserted: 0, updated: 0, deleted: missing } => {
            Some(NetRows { missing, ..NetRows::default() })
        }
        _ => None,
    }
}

fn seed_table(seed: &Table) -> SeedTable {
    let columns = seed.columns.iter().map(|column| column.name.clone()).collect();
    SeedTable { name: seed.name.clone(), columns, touched: None }
}

fn is_partitioned(table: &Table) -> bool {
    table.kind == 'p'
}

fn is_data(table: &Table) -> bool {
    !version_table::is_bookkeeping(&table.name.name)
}
