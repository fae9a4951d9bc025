//! Migrations as samples and the log see them, and what is said of their locks.

use super::Watch;
use crate::model::catalog::{Catalog, Table};
use crate::model::lock::{LockMode, LockSample, SampledLock};
use crate::observe::wal::ExclusiveHold;

const ORDERS: u32 = 16_400;
const ORDERS_INDEX: u32 = 16_410;
const MADE: u32 = 16_500;
const MS: i64 = 1_000;

fn catalog(indexes: &[u32]) -> Catalog {
    let tables = [Table::bare("orders", ORDERS), Table::bare("schema_migrations", 16_420)];
    let indexes = indexes.iter().map(|index| (*index, ORDERS)).collect();
    Catalog { indexes, ..Catalog::of_tables(5, tables) }
}

/// Samples every 5 ms for 400 ms, of locks held from, until, on, in a mode, by a transaction of one session.
fn told(
    held: &[(i64, i64, u32, LockMode, &str)],
    log: &[ExclusiveHold],
    indexes_after: &[u32],
) -> Vec<String> {
    let mut watch = Watch::new(&catalog(&[ORDERS_INDEX]), 0);
    for at in (1..=80).map(|number| number * 5) {
        let is_held = |(since, until, ..): &&(i64, i64, u32, LockMode, &str)| (*since..*until).contains(&at);
        let lock = |(_, _, relation, mode, transaction): &(i64, i64, u32, LockMode, &str)| SampledLock {
            relation: *relation,
            mode: *mode,
            pid: 77,
            transaction: Some((*transaction).to_owned()),
        };
        let held = held.iter().filter(is_held).map(lock).collect();
        watch.sample(&LockSample { at_us: at * MS, held, ..LockSample::default() });
    }
    let locks = watch.finish(&catalog(indexes_after), log);
    let told = |it: &crate::model::lock::HeldLock| {
        let (held_ms, begun_ms) = (it.held_s * 1_000.0, it.begun_s * 1_000.0);
        format!("{} {} {held_ms:.1} ms from {begun_ms:.1} ms on, {}", it.table, it.mode.sql(), it.times)
    };
    locks.iter().map(told).collect()
}

fn hold(xid: u32, relation: u32, after: Option<i64>, until: i64) -> ExclusiveHold {
    ExclusiveHold {
        xid,
        relation: (5, relation),
        after_us: after.map(|after| after * MS),
        until_us: until * MS,
    }
}

#[test]
fn a_weaker_lock_is_told_from_the_sample_before_it_to_the_one_behind() {
    let held = [(52, 148, ORDERS, LockMode::Share, "3/1"), (52, 148, MADE, LockMode::Share, "3/1")];
    assert_eq!(told(&held, &[], &[ORDERS_INDEX]), ["orders SHARE 100.0 ms from 50.0 ms on, 1"]);
}

/// How long a lock is told that was seen at 100 and 200 ms and not at 300, when its process was at something else since then.
fn told_of_one(at: Option<i64>) -> String {
    let mut watch = Watch::new(&catalog(&[]), 0);
    let (relation, mode, transaction) = (ORDERS, LockMode::Share, Some("3/1".to_owned()));
    let lock = SampledLock { relation, mode, pid: 77, transaction };
    for at in [100, 200] {
        let turned_us = [(77, 90 * MS)].into();
        watch.sample(&LockSample { at_us: at * MS, held: vec![lock.clone()], turned_us });
    }
    let turned_us = at.map(|at| (77, at * MS)).into_iter().collect();
    watch.sample(&LockSample { at_us: 300 * MS, held: Vec::new(), turned_us });
    format!("{:.1} ms", watch.finish(&catalog(&[]), &[])[0].held_s * 1_000.0)
}

#[test]
fn a_weaker_lock_ends_when_its_process_turns_to_something_else_however_late_the_next_sample_is() {
    assert_eq!(told_of_one(Some(230)), "140.0 ms");
    // The connection is gone.
    assert_eq!(told_of_one(None), "210.0 ms");
    // The same transaction goes on, or one that a message from before began.
    assert_eq!(told_of_one(Some(90)), "210.0 ms");
    assert_eq!(told_of_one(Some(199)), "210.0 ms");
}

#[test]
fn what_only_chance_lets_see_is_left_out_unless_the_log_has_it() {
    let held = [(54, 63, ORDERS, LockMode::Share, "3/1")];
    assert_eq!(told(&held, &[], &[ORDERS_INDEX]), [""; 0]);
    let held = [(54, 63, ORDERS, LockMode::AccessExclusive, "3/1")];
    let log = [hold(700, ORDERS, None, 63)];
    let expected = ["orders ACCESS EXCLUSIVE 13.0 ms from 50.0 ms on, 1"];
    assert_eq!(told(&held, &log, &[ORDERS_INDEX]), expected);
}

#[test]
fn the_log_tells_the_end_and_the_samples_the_beginning() {
    let held = [(101, 302, ORDERS, LockMode::AccessExclusive, "3/1")];
    let log = [hold(700, ORDERS, Some(20), 302)];
    let expected = ["orders ACCESS EXCLUSIVE 202.0 ms from 100.0 ms on, 1"];
    assert_eq!(told(&held, &log, &[ORDERS_INDEX]), expected);
}

#[test]
fn it_was_surely_held_at_the_end_that_the_log_has_else_when_it_was_first_seen() {
    let certain = |times: &[(i64, bool)], log: &[ExclusiveHold], mode| {
        let mut watch = Watch::new(&catalog(&[]), 0);
        for &(at, is_held) in times {
            let lock = SampledLock { relation: ORDERS, mode, pid: 77, transaction: Some("3/1".to_owned()) };
            let held = if is_held { vec![lock] } else { Vec::new() };
            watch.sample(&LockSample { at_us: at * MS, held, ..LockSample::default() });
        }
        let lock = watch.finish(&catalog(&[]), log).remove(0);
        (lock.held_s, lock.certain_s)
    };
    let log = [hold(700, ORDERS, None, 90)];
    // Between two samples; then one that looked in time, and at its clock too late.
    assert_eq!(certain(&[(10, false), (100, false)], &log, LockMode::AccessExclusive), (0.08, 0.09));
    assert_eq!(
        certain(&[(10, true), (95, true), (100, false)], &log, LockMode::AccessExclusive),
        (0.095, 0.09)
    );
    assert_eq!(certain(&[(10, false), (50, true), (100, false)], &[], LockMode::Share), (0.09, 0.05));
}

#[test]
fn short_ones_in_a_row_are_each_told_though_no_sample_has_them() {
    let log: Vec<_> = (0_u32..50).map(|number| hold(700 + number, ORDERS, Some(99), 100)).collect();
    let expected = ["orders ACCESS EXCLUSIVE 1.0 ms from 99.0 ms on, 50"];
    assert_eq!(told(&[], &log, &[ORDERS_INDEX]), expected);
}

#[test]
fn a_short_one_behind_a_long_one_does_not_take_its_place() {
    let held = [(101, 301, ORDERS, LockMode::AccessExclusive, "3/1")];
    let log = [hold(700, ORDERS, None, 301), hold(701, ORDERS, Some(301), 303)];
    let expected = ["orders ACCESS EXCLUSIVE 201.0 ms from 100.0 ms on, 2"];
    assert_eq!(told(&held, &log, &[ORDERS_INDEX]), expected);
}

#[test]
fn transactions_in_a_row_let_others_in_between_but_an_index_built_concurrently_does_not() {
    let held = |mode| [(101, 151, ORDERS, mode, "3/1"), (151, 251, ORDERS, mode, "3/2")];
    let share = told(&held(LockMode::Share), &[], &[ORDERS_INDEX]);
    assert_eq!(share, ["orders SHARE 105.0 ms from 150.0 ms on, 2"]);
    let concurrent = told(&held(LockMode::ShareUpdateExclusive), &[], &[ORDERS_INDEX]);
    assert_eq!(concurrent, ["orders SHARE UPDATE EXCLUSIVE 155.0 ms from 100.0 ms on, 1"]);
}

#[test]
fn an_index_counts_for_its_table_unless_it_is_gone_or_new() {
    let log = [hold(700, ORDERS_INDEX, Some(90), 100), hold(700, MADE, Some(90), 100)];
    let expected = ["orders ACCESS EXCLUSIVE 5.0 ms from 95.0 ms on, 1"];
    assert_eq!(told(&[], &log, &[ORDERS_INDEX, MADE]), expected);
    assert_eq!(told(&[], &log, &[MADE]), [""; 0]);
}

#[test]
fn a_table_and_its_index_are_one_lock_of_one_transaction() {
    let held = [
        (101, 201, ORDERS, LockMode::AccessExclusive, "3/1"),
        (151, 201, ORDERS_INDEX, LockMode::AccessExclusive, "3/1"),
    ];
    let log = [hold(700, ORDERS, None, 201), hold(700, ORDERS_INDEX, None, 201)];
    let expected = ["orders ACCESS EXCLUSIVE 101.0 ms from 100.0 ms on, 1"];
    assert_eq!(told(&held, &log, &[ORDERS_INDEX]), expected);
}

/// Samples at 10, 20, … ms of one process by the transaction that has the lock (`3/0` is one that has ended), and when it began what
/// it is at.
fn told_of_transactions(samples: &[(Option<&str>, i64)], mode: LockMode, log: &[ExclusiveHold]) -> String {
    let mut watch = Watch::new(&catalog(&[]), 0);
    for (at, (transaction, begun)) in (1..).zip(samples) {
        let lock = |of: &str| {
            let transaction = (of != "3/0").then(|| of.to_owned());
            SampledLock { relation: ORDERS, mode, pid: 77, transaction }
        };
        let held = transaction.iter().map(|of| lock(of)).collect();
        watch.sample(&LockSample { at_us: at * 10 * MS, held, turned_us: [(77, begun * MS)].into() });
    }
    let lock = &watch.finish(&catalog(&[]), log)[0];
    format!("{:.0} ms, {}", lock.held_s * 1_000.0, lock.times)
}

#[test]
fn a_lock_that_its_transaction_leaves_behind_for_a_moment_is_still_its_own() {
    let exclusive = LockMode::AccessExclusive;
    // The process is held up between the end of its transaction and the release of its locks, at first shortly, then longer.
    let late = [(Some("3/1"), 2), (Some("3/1"), 2), (Some("3/0"), 2), (None, 31)];
    assert_eq!(told_of_transactions(&late, exclusive, &[hold(700, ORDERS, None, 29)]), "28 ms, 1");
    assert_eq!(told_of_transactions(&late, LockMode::Share, &[]), "29 ms, 1");
    let later = [(Some("3/1"), 2), (Some("3/0"), 2), (Some("3/0"), 2), (Some("3/0"), 2), (None, 45)];
    assert_eq!(told_of_transactions(&later, exclusive, &[hold(700, ORDERS, None, 12)]), "38 ms, 1");
    // The next one had begun by then.
    let next = [(Some("3/1"), 2), (Some("3/1"), 2), (Some("3/0"), 25), (None, 31)];
    let log = [hold(700, ORDERS, None, 22), hold(701, ORDERS, Some(22), 29)];
    assert_eq!(told_of_transactions(&next, exclusive, &log), "20 ms, 2");
    assert_eq!(told_of_transactions(&next, LockMode::Share, &[]), "23 ms, 2");
}

#[test]
fn the_tables_of_tools_and_other_databases_are_nobodys() {
    let other = ExclusiveHold { relation: (6, ORDERS), ..hold(701, ORDERS, None, 50) };
    assert_eq!(told(&[], &[hold(700, 16_420, None, 50), other], &[]), [""; 0]);
}

#[test]
fn what_is_still_held_at_the_end_is_told_until_then() {
    let held = [(301, 900, ORDERS, LockMode::AccessExclusive, "3/1")];
    let expected = ["orders ACCESS EXCLUSIVE 100.0 ms from 300.0 ms on, 1"];
    assert_eq!(told(&held, &[], &[]), expected);
}
