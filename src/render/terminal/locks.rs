//! Who would have waited for a migration, in a terminal.

use super::Page;
use super::migration::INDENT;
use crate::model::lock::HeldLock;
use crate::model::quantity::counted;
use crate::render::locks::{felt, forecast};
use crate::render::paint::Tone;

/// Locks that are shown; the others are counted.
const MAX_LOCKS: usize = 8;
/// From here on a pool of connections runs full, and the app stands still.
const LONG_S: f64 = 1.0;

/// A line for each lock that an app would have felt.
pub(super) fn section(page: &mut Page, locks: &[HeldLock]) {
    let felt = felt(locks);
    for lock in felt.iter().take(MAX_LOCKS) {
        let tone = if lock.held_s >= LONG_S { Tone::Doubt } else { Tone::Dim };
        page.entry(INDENT, (tone, &format!("{}:", lock.mode.sql())), &forecast(lock));
    }
    let more = felt.len().saturating_sub(MAX_LOCKS);
    if more > 0 {
        page.line(format!("{INDENT}and {}, all in `--json`", counted(more, "shorter lock", "shorter locks")));
    }
}

#[cfg(test)]
mod tests {
    use crate::model::lock::{HeldLock, LockMode};
    use crate::model::name::TableName;
    use crate::render::{Style, sample, terminal};

    #[test]
    fn the_longest_locks_are_shown_and_the_others_counted() {
        let mut report = sample::incident();
        let lock = |number: u32| HeldLock {
            table: TableName::new("public", format!("part_{number}")),
            mode: LockMode::AccessExclusive,
            held_s: f64::from(number),
            begun_s: 0.0,
            certain_s: 0.0,
            times: 1,
            line: None,
            step: None,
        };
        report.migrations[1].change.locks = (1..=10).map(lock).collect();
        let text = terminal(&report, Style { colour: false, width: 100 });
        let line = "ACCESS EXCLUSIVE: reads and writes of part_10 would have waited up to 10.0 s";
        assert!(text.contains(line), "{text}");
        assert!(text.contains("and 2 shorter locks, all in `--json`"), "{text}");
        assert!(!text.contains("part_2 "), "{text}");
    }
}
