//! Tables of the seed that were locked for too long.

use std::collections::BTreeSet;

use crate::judge::evidence::Evidence;
use crate::judge::guard::Guard;
use crate::model::change::TableEvent;
use crate::model::guard::Finding;
use crate::model::lock::{Blocked, HeldLock};
use crate::model::name::TableName;
use crate::model::quantity::duration;
use crate::model::report::MigrationReport;
use crate::model::traffic::MigrationTraffic;

/// One transaction that kept out the reads or writes of a table.
pub(super) static GUARD: Guard = Guard {
    id: "table_locked",
    summary: "reads or writes of a table would have waited for longer than its limit allows",
    why: "an app whose statements wait runs out of connections, and then all of it stands still",
    hint: "make the statement one that locks less (`CREATE INDEX CONCURRENTLY`, a constraint that is `NOT VALID` first), \
           or let less follow it in its transaction; if the time is fine, give the table a limit of its own in \
           `stage.yaml`, under `guards`, `table_locked`, `tables`",
    check,
};

fn check(evidence: &Evidence) -> Vec<Finding> {
    let mut own: BTreeSet<(&str, &TableName)> = BTreeSet::new();
    let mut findings = Vec::new();
    for (at, report) in evidence.migrations.iter().enumerate() {
        let database = report.run.migration.database.as_str();
        if !evidence.is_approved(GUARD.id, &report.run.migration) {
            let is_production = |lock: &&HeldLock| !own.contains(&(database, &lock.table));
            findings.extend(longest(report).into_iter().filter(is_production).filter_map(|lock| {
                let limit = evidence.limits.table_locked.of(&lock.table);
                limit.is_exceeded_by(lock.held_s).then(|| finding(report, lock, &limit.to_string()))
            }));
            let waited = evidence.traffic.and_then(|traffic| traffic.migrations.get(at));
            let waited = waited.map(|waited| longest_wait(evidence, report, waited)).unwrap_or_default();
            // What is known of the lock already is not told again.
            let is_new = |it: &Finding| {
                !findings.iter().any(|known| {
                    (&known.database, &known.migration, &known.table)
                        == (&it.database, &it.migration, &it.table)
                })
            };
            let waited: Vec<Finding> = waited.into_iter().filter(is_new).collect();
            findings.extend(waited);
        }
        let made = report.change.tables.iter().filter(|it| it.events.contains(&TableEvent::Created));
        own.extend(made.map(|it| (database, &it.table)));
    }
    findings
}

/// Of each table the lock that keeps an app out for longest.
fn longest(report: &MigrationReport) -> Vec<&HeldLock> {
    let mut longest: Vec<&HeldLock> = Vec::new();
    for lock in report.change.locks.iter().filter(|it| it.mode.blocks() >= Blocked::Writes) {
        match longest.iter_mut().find(|it| it.table == lock.table) {
            Some(known) if known.held_s < lock.held_s => *known = lock,
            Some(_) => {}
            None => longest.push(lock),
        }
    }
    longest
}

/// Of each table the traffic that waited for longest, if that is too long: also for rows, and behind a lock that waits itself.
fn longest_wait(evidence: &Evidence, report: &MigrationReport, waited: &MigrationTraffic) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    for it in &waited.tables {
        let Some(table) = &it.table else { continue };
        let limit = evidence.limits.table_locked.of(table);
        let is_told = findings.iter().any(|known| known.table.as_ref() == Some(table));
        if limit.is_exceeded_by(it.waits.longest_s) && !is_told {
            let longest = duration(it.waits.longest_s);
            findings.push(Finding {
                guard: GUARD.id,
                migration: Some(report.run.migration.name.clone()),
                database: Some(report.run.migration.database.clone()),
                steps: Vec::new(),
                table: Some(table.clone()),
                message: format!("{} waited up to {longest} with traffic, the limit is {limit}", it.who()),
                hint: GUARD.hint.to_owned(),
            });
        }
    }
    findings
}

fn finding(report: &MigrationReport, lock: &HeldLock, limit: &str) -> Finding {
    let message = format!(
        "{} would have waited up to {} ({}), the limit is {limit}",
        lock.waiting(),
        duration(lock.held_s),
        lock.mode.sql(),
    );
    Finding {
        guard: GUARD.id,
        migration: Some(report.run.migration.name.clone()),
        database: Some(report.run.migration.database.clone()),
        steps: Vec::new(),
        table: Some(lock.table.clone()),
        message,
        hint: GUARD.hint.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use crate::judge::sample::{Sample, change};
    use crate::model::change::{GrossRows, NetRows, TableEvent};
    use crate::model::guard::HoldLimit;
    use crate::model::lock::LockMode;

    fn locked(held: &[(&str, LockMode, f64)]) -> Sample {
        held.iter().fold(Sample::default().migration("1", []), |sample, (table, mode, held_s)| {
            sample.locked(table, *mode, *held_s)
        })
    }

    #[test]
    fn nothing_is_limited_unless_somebody_asks_for_it() {
        assert!(locked(&[("orders", LockMode::AccessExclusive, 900.0)]).findings("table_locked").is_empty());
    }

    #[test]
    fn who_would_have_waited_is_told_with_the_time_and_the_limit() {
        let sample = locked(&[
            ("orders", LockMode::AccessExclusive, 0.1),
            ("orders", LockMode::Share, 2.31),
            ("people", LockMode::AccessExclusive, 2.0),
            ("visits", LockMode::ShareUpdateExclusive, 60.0),
        ]);
        let found = sample.table_locked(HoldLimit::AtMost(2.0)).findings("table_locked");
        let expected = "1: writes to orders would have waited up to 2.31 s (SHARE), the limit is 2.00 s";
        assert_eq!(found, [expected]);
    }

    #[test]
    fn a_table_may_have_a_limit_of_its_own_and_a_migration_an_approval() {
        let sample = || locked(&[("orders", LockMode::AccessExclusive, 1.0)]).table_locked(HoldLimit::Off);
        let limit = HoldLimit::AtMost(0.5);
        assert_eq!(sample().table_locked_of("orders", limit).findings("table_locked").len(), 1);
        let approved = sample().table_locked_of("orders", limit).approve("table_locked", "1", None);
        assert!(approved.findings("table_locked").is_empty());
    }

    #[test]
    fn traffic_that_waited_for_longer_is_told_once_a_table() {
        let sample = || {
            let locked = locked(&[("orders", LockMode::AccessExclusive, 3.0)]);
            locked.waited([("orders", 3.0), ("people", 2.5), ("visits", 1.0)])
        };
        let found = sample().table_locked(HoldLimit::AtMost(2.0)).findings("table_locked");
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].contains("reads and writes of orders"), "{found:?}");
        assert_eq!(found[1], "1: writes to people waited up to 2.50 s with traffic, the limit is 2.00 s");
        assert!(sample().findings("table_locked").is_empty());
        let approved = sample().table_locked(HoldLimit::AtMost(2.0)).approve("table_locked", "1", None);
        assert!(approved.findings("table_locked").is_empty());
    }

    #[test]
    fn a_table_that_this_run_made_is_nobodys_yet() {
        let mut made = change("fresh", 0, GrossRows::default(), NetRows::default());
        made.events.insert(TableEvent::Created);
        let sample = Sample::default().migration("1", [made]).migration("2", []);
        let sample = sample.locked("fresh", LockMode::AccessExclusive, 9.0);
        assert!(sample.table_locked(HoldLimit::AtMost(2.0)).findings("table_locked").is_empty());
    }
}
