//! What a migration locked, in words that several forms of the report share.

use crate::model::lock::{Blocked, HeldLock};
use crate::model::quantity::{Count, duration};

/// What is shorter keeps nobody waiting that a person would notice.
const NOTICED_S: f64 = 0.05;

/// The locks that an app would have felt, the longest first: every one that blocks reads, those that block writes for a
/// while, and of one table a weaker one only if it was held for longer than a stronger.
pub(super) fn felt(locks: &[HeldLock]) -> Vec<&HeldLock> {
    let mut felt: Vec<&HeldLock> = Vec::new();
    for lock in locks {
        let is_felt = match lock.mode.blocks() {
            Blocked::ReadsAndWrites => true,
            Blocked::Writes => lock.held_s >= NOTICED_S,
            Blocked::SchemaChanges => false,
        };
        let is_covered = felt.iter().any(|it| it.table == lock.table && lock.held_s < it.held_s + NOTICED_S);
        if is_felt && !is_covered {
            felt.push(lock);
        }
    }
    felt.sort_by(|one, other| other.held_s.total_cmp(&one.held_s));
    felt
}

/// What would have had to wait, and for how long (`writes to orders would have waited up to 1.9 s`).
pub(super) fn forecast(lock: &HeldLock) -> String {
    let times = match lock.times {
        1 => String::new(),
        times => format!(", {} times", Count(times)),
    };
    format!("{} would have waited up to {}{times}{}", lock.waiting(), held(lock), taken_in(lock))
}

/// Where the statement stands that took a lock, or the step of a command that did, in brackets, with a space before them; nothing where that is not known.
pub(super) fn taken_in(lock: &HeldLock) -> String {
    match (lock.line, &lock.step) {
        (Some(line), _) => format!(" (line {line})"),
        (None, Some(step)) => format!(" ({step})"),
        (None, None) => String::new(),
    }
}

/// How long a lock was held; a short one in milliseconds (`2 ms`).
pub(super) fn held(lock: &HeldLock) -> String {
    waited(lock.held_s)
}

/// How long something waits; a short time in milliseconds.
pub(super) fn waited(seconds: f64) -> String {
    if seconds < NOTICED_S { format!("{} ms", (seconds * 1_000.0).ceil()) } else { duration(seconds) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::lock::LockMode;
    use crate::model::name::TableName;

    fn lock(table: &str, mode: LockMode, held_s: f64) -> HeldLock {
        HeldLock {
            table: TableName::new("public", table),
            mode,
            held_s,
            begun_s: 0.0,
            certain_s: 0.0,
            times: 1,
            line: None,
            step: None,
        }
    }

    fn told(locks: &[HeldLock]) -> Vec<String> {
        felt(locks).into_iter().map(forecast).collect()
    }

    #[test]
    fn what_an_app_would_have_felt_is_told_the_longest_first() {
        let locks = [
            lock("orders", LockMode::AccessExclusive, 0.002),
            lock("orders", LockMode::Share, 1.9),
            lock("people", LockMode::ShareRowExclusive, 0.04),
            lock("visits", LockMode::ShareUpdateExclusive, 9.0),
            lock("visits", LockMode::RowExclusive, 9.0),
        ];
        let expected = [
            "writes to orders would have waited up to 1.90 s",
            "reads and writes of orders would have waited up to 2 ms",
        ];
        assert_eq!(told(&locks), expected);
    }

    #[test]
    fn a_weaker_lock_that_is_held_no_longer_than_a_stronger_is_not_told() {
        let mut locks = [
            lock("orders", LockMode::AccessExclusive, 1.9),
            lock("orders", LockMode::ShareRowExclusive, 1.91),
        ];
        locks[0].times = 50;
        assert_eq!(told(&locks), ["reads and writes of orders would have waited up to 1.90 s, 50 times"]);
        locks[0].line = Some(12);
        let expected = ["reads and writes of orders would have waited up to 1.90 s, 50 times (line 12)"];
        assert_eq!(told(&locks), expected);
    }
}
