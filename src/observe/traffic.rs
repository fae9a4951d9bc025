//! Samples of the traffic merged as they come: the size follows the number of its connections.
//!
//! A statement counts as kept waiting by the migration if what it waits for leads to a process that is no traffic: directly, or
//! through others that wait themselves. What waits for its like alone would wait without a migration, too.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::model::catalog::Catalog;
use crate::model::name::TableName;
use crate::model::traffic::{Access, LockWait, MigrationTraffic, TableWaits, TrafficSample, Waits};

/// The traffic during one migration.
#[derive(Debug)]
pub struct TrafficWatch {
    tables: BTreeMap<u32, TableName>,
    /// Indexes and their tables.
    indexes: BTreeMap<u32, u32>,
    last_us: i64,
    sessions: BTreeMap<i32, Session>,
    seen: u64,
    all: Waits,
    by_table: BTreeMap<Key, Waits>,
}

/// The table, and what is wanted of it.
type Key = (Option<u32>, Access);

/// A connection, as the latest sample has it.
#[derive(Debug, Default)]
struct Session {
    statement_us: Option<i64>,
    /// What its statement has waited for so far, in microseconds.
    waited_us: BTreeMap<Key, i64>,
    open: Option<Open>,
    /// Whether it waited for its like alone.
    is_excused: bool,
}

/// A wait that has not ended.
#[derive(Clone, Copy, Debug)]
struct Open {
    key: Key,
    since_us: i64,
    /// Whether the server says since when; else it was at most since the sample before.
    is_told: bool,
    /// The first sample that has it.
    first_us: i64,
}

impl Open {
    /// What of it belongs to the statement that began at `begun_us`, if any does, where the sample at `last_us` laid it on
    /// the one before: a sample looks at statements first and at locks behind them, so it may have begun in between.
    fn of_next(self, begun_us: i64, last_us: i64) -> Option<Self> {
        let is_late = !self.is_told && self.first_us == last_us && begun_us <= last_us;
        let since_us = self.since_us.max(begun_us);
        (is_late || self.since_us >= begun_us).then_some(Self { since_us, ..self })
    }
}

impl TrafficWatch {
    /// Begins with a first look, before the migration does; `catalog` is the one then.
    pub fn new(catalog: &Catalog, first: &TrafficSample) -> Self {
        let session = |statement_us| Session { statement_us, ..Session::default() };
        Self {
            tables: catalog.tables.values().map(|table| (table.oid, table.name.clone())).collect(),
            indexes: catalog.indexes.clone(),
            last_us: first.at_us,
            sessions: first.sessions.iter().map(|it| (it.pid, session(it.statement_us))).collect(),
            seen: 0,
            all: Waits::default(),
            by_table: BTreeMap::new(),
        }
    }

    /// Takes in a sample that is later than those before it.
    pub fn sample(&mut self, sample: &TrafficSample) {
        let (last_us, at_us) = (self.last_us, sample.at_us);
        let kept_waiting = kept_waiting(sample);
        let present: BTreeSet<i32> = sample.sessions.iter().map(|it| it.pid).collect();
        let gone: Vec<Session> = self
            .sessions
            .extract_if(.., |pid, _| !present.contains(pid))
            .map(|(_, session)| session)
            .collect();
        for mut session in gone {
            session.close(at_us);
            self.settle(&session);
        }
        for it in &sample.sessions {
            let mut session = self.sessions.remove(&it.pid).unwrap_or_default();
            if session.statement_us != it.statement_us {
                // The one that waited was over when the next began.
                let begun_us = it.statement_us.unwrap_or(at_us).min(at_us);
                let of_next = session.open.and_then(|open| open.of_next(begun_us, last_us));
                if of_next.is_some() {
                    session.open = None;
                }
                session.close(begun_us);
                self.settle(&session);
                self.seen += 1;
                session = Session { statement_us: it.statement_us, open: of_next, ..Session::default() };
            }
            let wait = it.wait.as_ref().map(|wait| (self.key(wait), wait.since_us));
            session.look(wait, kept_waiting.contains(&it.pid), (last_us, at_us));
            self.sessions.insert(it.pid, session);
        }
        self.last_us = at_us;
    }

    /// What the migration made wait.
    pub fn finish(mut self, migration: MigrationTraffic) -> MigrationTraffic {
        for mut session in std::mem::take(&mut self.sessions).into_values() {
            session.close(self.last_us);
            self.settle(&session);
        }
        let told = |((table, access), waits): (&Key, &Waits)| {
            let table = table.and_then(|table| self.tables.get(&table)).cloned();
            TableWaits { table, access: *access, waits: *waits }
        };
        let mut tables: Vec<TableWaits> = self.by_table.iter().map(told).collect();
        tables.sort_by(|one, other| other.waits.longest_s.total_cmp(&one.waits.longest_s));
        MigrationTraffic { seen: self.seen, all: self.all, tables, ..migration }
    }

    /// The table that is waited for, if it can be but one, and was there before.
    fn key(&self, wait: &LockWait) -> Key {
        let table = |relation: &u32| self.indexes.get(relation).copied().unwrap_or(*relation);
        let tables: BTreeSet<u32> = wait.relations.iter().map(table).collect();
        let only = tables.first().filter(|table| tables.len() == 1 && self.tables.contains_key(table));
        (only.copied(), wait.of.access())
    }

    /// Counts a statement that is over.
    fn settle(&mut self, session: &Session) {
        if session.waited_us.is_empty() {
            return;
        }
        for (key, waited_us) in &session.waited_us {
            self.by_table.entry(*key).or_default().add(seconds(*waited_us));
        }
        self.all.add(seconds(session.waited_us.values().sum()));
    }
}

impl Session {
    /// What it waits for and since when, if it waits, and whether for the migration.
    fn look(&mut self, wait: Option<(Key, Option<i64>)>, is_kept: bool, (last_us, at_us): (i64, i64)) {
        let Some((key, since_us)) = wait.filter(|_| is_kept) else {
            self.close(at_us);
            self.is_excused = wait.is_some();
            return;
        };
        if self.open.is_none_or(|open| open.key != key) {
            let told_us = since_us.filter(|_| !self.is_excused);
            let since_us = told_us.unwrap_or(last_us).clamp(last_us, at_us);
            self.close(since_us);
            self.open = Some(Open { key, since_us, is_told: told_us.is_some(), first_us: at_us });
        }
        self.is_excused = false;
    }

    fn close(&mut self, until_us: i64) {
        if let Some(open) = self.open.take() {
            *self.waited_us.entry(open.key).or_default() += (until_us - open.since_us).max(0);
        }
    }
}

/// The processes whose waiting leads to one that is no traffic.
fn kept_waiting(sample: &TrafficSample) -> BTreeSet<i32> {
    let traffic: BTreeSet<i32> = sample.sessions.iter().map(|it| it.pid).collect();
    let waiting: Vec<(i32, &[i32])> = sample
        .sessions
        .iter()
        .filter_map(|it| Some((it.pid, it.wait.as_ref()?.blockers.as_slice())))
        .collect();
    let mut kept = BTreeSet::new();
    loop {
        let leads = |blocker: &i32| kept.contains(blocker) || !traffic.contains(blocker);
        let more: Vec<i32> = waiting
            .iter()
            .filter(|(pid, blockers)| !kept.contains(pid) && blockers.iter().any(leads))
            .map(|(pid, _)| *pid)
            .collect();
        if more.is_empty() {
            return kept;
        }
        kept.extend(more);
    }
}

fn seconds(us: i64) -> f64 {
    Duration::from_micros(us.max(0).unsigned_abs()).as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::catalog::Table;
    use crate::model::lock::LockMode;
    use crate::model::traffic::{Awaited, TrafficSession};

    const MIGRATION: i32 = 1;
    const ORDERS: u32 = 16_400;
    const MS: i64 = 1_000;

    fn catalog() -> Catalog {
        Catalog {
            indexes: [(16_410, ORDERS)].into(),
            ..Catalog::of_tables(0, [Table::bare("orders", ORDERS)])
        }
    }

    /// A statement of a connection that began at a time, and what it waits for since when, behind whom.
    fn session(pid: i32, statement_ms: i64, wait: Option<(Awaited, i64, i32)>) -> TrafficSession {
        let wait = wait.map(|(of, since_ms, blocker)| LockWait {
            relations: vec![ORDERS, 16_410],
            of,
            since_us: Some(since_ms * MS),
            blockers: vec![blocker],
        });
        TrafficSession { pid, statement_us: Some(statement_ms * MS), wait }
    }

    fn told(samples: &[(i64, Vec<TrafficSession>)]) -> Vec<String> {
        let sample = |(at_ms, sessions): &(i64, Vec<TrafficSession>)| TrafficSample {
            at_us: at_ms * MS,
            sessions: sessions.clone(),
        };
        let mut watch = TrafficWatch::new(&catalog(), &sample(&samples[0]));
        for it in &samples[1..] {
            watch.sample(&sample(it));
        }
        let migration = MigrationTraffic {
            database: "db".into(),
            migration: "1.sql".into(),
            duration_s: 0.0,
            failure: None,
            seen: 0,
            all: Waits::default(),
            tables: Vec::new(),
        };
        let of = watch.finish(migration);
        let line = |who: &str, waits: &Waits| {
            let Waits { statements, longest_s, total_s } = waits;
            format!("{who}: {statements}, {longest_s:.3} s, {total_s:.3} s")
        };
        let tables = of.tables.iter().map(|it| line(&it.who(), &it.waits));
        tables.chain([line(&format!("all of {} seen", of.seen), &of.all)]).collect()
    }

    const READ: Awaited = Awaited::Relation(LockMode::AccessShare);
    const WRITE: Awaited = Awaited::Relation(LockMode::RowExclusive);

    #[test]
    fn a_wait_is_told_from_where_the_server_says_to_where_it_is_over() {
        let samples = [
            (0, vec![session(7, -5, None), session(8, -5, None)]),
            (10, vec![session(7, 4, Some((READ, 5, MIGRATION))), session(8, 4, Some((WRITE, 7, MIGRATION)))]),
            (20, vec![session(7, 4, Some((READ, 5, MIGRATION))), session(8, 4, Some((WRITE, 7, MIGRATION)))]),
            (30, vec![session(7, 4, None), session(8, 28, None)]),
        ];
        let expected = [
            "reads of orders: 1, 0.025 s, 0.025 s",
            "writes to orders: 1, 0.021 s, 0.021 s",
            "all of 3 seen: 2, 0.025 s, 0.046 s",
        ];
        assert_eq!(told(&samples), expected);
    }

    #[test]
    fn who_waits_behind_others_that_the_migration_keeps_waiting_waits_for_it_too() {
        let samples = [
            (0, vec![session(7, 0, None), session(8, 0, None)]),
            (10, vec![session(7, 0, Some((WRITE, 2, MIGRATION))), session(8, 0, Some((Awaited::Row, 6, 7)))]),
            (20, vec![session(7, 0, None), session(8, 0, None)]),
        ];
        let expected = ["writes to orders: 2, 0.018 s, 0.032 s", "all of 0 seen: 2, 0.018 s, 0.032 s"];
        assert_eq!(told(&samples), expected);
    }

    #[test]
    fn who_waits_for_its_like_alone_is_not_counted_until_the_migration_is_before_it() {
        let samples = [
            (0, vec![session(7, 0, None), session(8, 0, None)]),
            (10, vec![session(7, 0, None), session(8, 0, Some((Awaited::Row, 2, 7)))]),
            (
                20,
                vec![session(7, 0, Some((WRITE, 15, MIGRATION))), session(8, 0, Some((Awaited::Row, 2, 7)))],
            ),
            (30, vec![]),
        ];
        let expected = ["writes to orders: 2, 0.020 s, 0.035 s", "all of 0 seen: 2, 0.020 s, 0.035 s"];
        assert_eq!(told(&samples), expected);
        assert_eq!(told(&samples[..2]), ["all of 0 seen: 0, 0.000 s, 0.000 s"]);
    }

    #[test]
    fn a_wait_that_began_behind_the_look_at_the_statements_is_that_of_the_next() {
        // Statement 4 is over before the lock is taken; 8 waits from then on, and only the sample at 20 says whose wait it is.
        let read = |statement_ms| session(7, statement_ms, Some((READ, 9, MIGRATION)));
        let before = vec![session(7, -5, None)];
        let samples =
            [(0, before), (10, vec![read(4)]), (20, vec![read(8)]), (30, vec![session(7, 27, None)])];
        assert_eq!(
            told(&samples),
            ["reads of orders: 1, 0.018 s, 0.018 s", "all of 3 seen: 1, 0.018 s, 0.018 s"]
        );
        // That one no longer waits at 20.
        let over = [samples[0].clone(), samples[1].clone(), (20, vec![session(7, 8, None)])];
        assert_eq!(
            told(&over),
            ["reads of orders: 1, 0.011 s, 0.011 s", "all of 2 seen: 1, 0.011 s, 0.011 s"]
        );
    }

    #[test]
    fn a_server_that_does_not_say_since_when_lays_it_on_the_next_one_all_the_same() {
        let read = |statement_ms| {
            let mut session = session(7, statement_ms, Some((READ, 0, MIGRATION)));
            session.wait.as_mut().unwrap().since_us = None;
            session
        };
        let before = vec![session(7, -5, None)];
        let samples =
            [(0, before), (10, vec![read(4)]), (20, vec![read(8)]), (30, vec![session(7, 27, None)])];
        assert_eq!(
            told(&samples),
            ["reads of orders: 1, 0.019 s, 0.019 s", "all of 3 seen: 1, 0.019 s, 0.019 s"]
        );
        // One that was seen to wait before, or whose next began later, did wait.
        let waited =
            [samples[0].clone(), (10, vec![read(4)]), (20, vec![read(4)]), (30, vec![session(7, 18, None)])];
        assert_eq!(
            told(&waited),
            ["reads of orders: 1, 0.018 s, 0.018 s", "all of 2 seen: 1, 0.018 s, 0.018 s"]
        );
        let over = [samples[0].clone(), (10, vec![read(4)]), (20, vec![session(7, 13, None)])];
        assert_eq!(
            told(&over),
            ["reads of orders: 1, 0.013 s, 0.013 s", "all of 2 seen: 1, 0.013 s, 0.013 s"]
        );
    }

    #[test]
    fn a_statement_that_waits_twice_is_one_and_what_still_waits_at_the_end_is_told_until_then() {
        let samples = [
            (0, vec![session(7, 0, None)]),
            (10, vec![session(7, 0, Some((READ, 5, MIGRATION)))]),
            (20, vec![session(7, 0, None)]),
            (30, vec![session(7, 0, Some((READ, 25, MIGRATION)))]),
        ];
        assert_eq!(told(&samples)[0], "reads of orders: 1, 0.020 s, 0.020 s");
    }
}
