//! Samples merged as they come: the size follows the time that was watched and the number of tables, a few bytes each.

use std::collections::BTreeMap;

use super::exclusive::{SeenExclusive, Span, join};
use crate::model::catalog::Catalog;
use crate::model::lock::{HeldLock, LockMode, LockSample, SampledLock};
use crate::model::name::TableName;
use crate::model::version_table;
use crate::observe::wal::ExclusiveHold;

/// What is held for as long is seen however the samples fall, unless the machine is so busy that they are late; what is shorter
/// only by chance, so nothing is said of it.
const SURELY_SEEN_US: i64 = 20_000;
/// Most `ACCESS EXCLUSIVE` locks of which is kept when they were seen. Of others the log says it alone.
const MOST_SEEN: usize = 100_000;

/// The locks of one migration on tables that were there before it.
#[derive(Debug)]
pub struct Watch {
    database_oid: u32,
    tables: BTreeMap<u32, TableName>,
    /// Indexes that were there before, and their tables. Whoever plans a query locks them all.
    indexes: BTreeMap<u32, u32>,
    /// When samples were taken, in order.
    times_us: Vec<i64>,
    open: BTreeMap<(u32, LockMode, i32), Open>,
    exclusive: Vec<SeenExclusive>,
    /// By the table's oid.
    weaker: BTreeMap<(u32, LockMode), Sum>,
}

/// A lock that the latest sample has.
#[derive(Debug)]
struct Open {
    transaction: Option<String>,
    since_us: i64,
    first_us: i64,
    seen_us: i64,
}

/// All holds of one table in one mode.
#[derive(Clone, Copy, Debug)]
struct Sum {
    longest: Span,
    times: u64,
}

impl Open {
    /// Whether it is still held by the transaction that was seen to hold it, its process having begun what it is at at `begun_us`.
    /// Of several transactions in one message, which begin at one time, the next to end is taken for it.
    fn is_of(&self, lock: &SampledLock, begun_us: Option<i64>) -> bool {
        match &lock.transaction {
            Some(transaction) => self.transaction.as_ref() == Some(transaction),
            None => begun_us.is_none_or(|begun| begun <= self.seen_us),
        }
    }
}

impl Watch {
    /// Begins at `begun_us` by the server's clock, before the migration does. `before` is the catalogue then.
    pub fn new(before: &Catalog, begun_us: i64) -> Self {
        let data = before.tables.values().filter(|table| !version_table::is_bookkeeping(&table.name.name));
        Self {
            database_oid: before.database_oid,
            tables: data.map(|table| (table.oid, table.name.clone())).collect(),
            indexes: before.indexes.clone(),
            times_us: vec![begun_us],
            open: BTreeMap::new(),
            exclusive: Vec::new(),
            weaker: BTreeMap::new(),
        }
    }

    /// When it began.
    pub fn begun_us(&self) -> i64 {
        self.times_us.first().copied().unwrap_or_default()
    }

    /// Takes in a sample that is later than those before it.
    pub fn sample(&mut self, sample: &LockSample) {
        let last_us = self.last_us();
        for lock in &sample.held {
            self.see(lock, last_us, sample);
        }
        let gone = self.open.extract_if(.., |_, open| open.seen_us < sample.at_us);
        for (key, open) in gone.collect::<Vec<_>>() {
            self.close(key, &open, sample.at_us, sample.turned_us.get(&key.2).copied());
        }
        self.times_us.push(sample.at_us);
    }

    /// What was locked, `exclusive` being what the log says of it and `after` the catalogue behind the migration.
    pub fn finish(mut self, after: &Catalog, exclusive: &[ExclusiveHold]) -> Vec<HeldLock> {
        let last_us = self.last_us();
        for (key, open) in std::mem::take(&mut self.open) {
            self.close(key, &open, last_us, None);
        }
        let mut sums = std::mem::take(&mut self.weaker);
        for (table, span) in self.exclusive_spans(after, exclusive) {
            add(&mut sums, (table, LockMode::AccessExclusive), span);
        }
        let mut locks: Vec<HeldLock> =
            sums.into_iter().filter_map(|((table, mode), sum)| self.held(table, mode, sum)).collect();
        locks.sort_by(|one, other| one.table.cmp(&other.table).then(other.mode.cmp(&one.mode)));
        locks
    }

    fn last_us(&self) -> i64 {
        self.times_us.last().copied().unwrap_or_default()
    }

    fn see(&mut self, lock: &SampledLock, last_us: i64, sample: &LockSample) {
        let is_index = self.indexes.contains_key(&lock.relation);
        let is_told =
            self.tables.contains_key(&lock.relation) || (is_index && lock.mode == LockMode::AccessExclusive);
        if !is_told {
            return;
        }
        let key = (lock.relation, lock.mode, lock.pid);
        // What builds an index concurrently keeps this lock from one of its transactions to the next.
        let may_outlast = lock.mode == LockMode::ShareUpdateExclusive;
        let begun_us = sample.turned_us.get(&lock.pid).copied();
        match self.open.get_mut(&key) {
            Some(open) if may_outlast || open.is_of(lock, begun_us) => open.seen_us = sample.at_us,
            _ => {
                let since_us = begun_us.map_or(last_us, |begun| begun.clamp(last_us, sample.at_us));
                let transaction = lock.transaction.clone();
                let (first_us, seen_us) = (sample.at_us, sample.at_us);
                let open = Open { transaction, since_us, first_us, seen_us };
                if let Some(former) = self.open.insert(key, open) {
                    // Of this mode the log says when the former ended, or that it is nobody's: then not into the next.
                    let is_in_log = lock.mode == LockMode::AccessExclusive;
                    let gone_us = if is_in_log { since_us } else { sample.at_us };
                    self.close(key, &former, gone_us, begun_us);
                }
            }
        }
    }

    /// Of a lock that was gone at `gone_us`, when its process had been at something else since `turned_us`.
    fn close(
        &mut self,
        (relation, mode, _): (u32, LockMode, i32),
        open: &Open,
        gone_us: i64,
        turned_us: Option<i64>,
    ) {
        if mode != LockMode::AccessExclusive {
            // Its transaction may have gone on without it; and one that began in the middle of a message is told to have
            // begun with it, when the lock was still seen.
            let is_between = |turned: &i64| (open.seen_us..gone_us).contains(turned);
            let until_us = turned_us.filter(is_between).unwrap_or(gone_us);
            let span = Span::sampled(open.since_us, until_us, open.first_us);
            add(&mut self.weaker, (relation, mode), span);
        } else if self.exclusive.len() < MOST_SEEN {
            let Open { since_us, first_us, seen_us, .. } = *open;
            self.exclusive.push(SeenExclusive { relation, since_us, first_us, seen_us, gone_us });
        }
    }

    /// By the oid of the table, one for each transaction that held it.
    fn exclusive_spans(&self, after: &Catalog, exclusive: &[ExclusiveHold]) -> Vec<(u32, Span)> {
        let table = |relation: u32| match self.indexes.get(&relation) {
            // One that is dropped takes its table along, or was dropped concurrently, when nobody used it any more.
            Some(table) => after.indexes.contains_key(&relation).then_some(*table),
            None => self.tables.contains_key(&relation).then_some(relation),
        };
        let of_this = exclusive.iter().filter(|hold| hold.relation.0 == self.database_oid);
        let mut by_transaction: BTreeMap<_, Span> = BTreeMap::new();
        for (relation, xid, span) in join(&self.times_us, &self.exclusive, of_this) {
            let Some(table) = table(relation) else { continue };
            // What was seen and is not in the log is nobody's but its own.
            let key = (table, xid, if xid.is_none() { span.since_us } else { 0 });
            by_transaction.entry(key).and_modify(|sum| *sum = sum.with(span)).or_insert(span);
        }
        by_transaction.into_iter().map(|((table, ..), span)| (table, span)).collect()
    }

    fn held(&self, table: u32, mode: LockMode, sum: Sum) -> Option<HeldLock> {
        let is_sure = mode == LockMode::AccessExclusive || sum.longest.length_us() >= SURELY_SEEN_US;
        let name = self.tables.get(&table).filter(|_| is_sure)?;
        let begun_us = sum.longest.since_us - self.begun_us();
        Some(HeldLock {
            table: name.clone(),
            mode,
            held_s: seconds(sum.longest.length_us()),
            begun_s: seconds(begun_us),
            certain_s: seconds(sum.longest.certain_us - self.begun_us()),
            times: sum.times,
            line: None,
            step: None,
        })
    }
}

fn add(sums: &mut BTreeMap<(u32, LockMode), Sum>, key: (u32, LockMode), span: Span) {
    let sum = sums.entry(key).or_insert(Sum { longest: span, times: 0 });
    sum.times += 1;
    if span.length_us() > sum.longest.length_us() {
        sum.longest = span;
    }
}

fn seconds(us: i64) -> f64 {
    std::time::Duration::from_micros(us.max(0).unsigned_abs()).as_secs_f64()
}
