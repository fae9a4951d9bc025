//! What of the traffic waited, in a terminal.

use super::Page;
use super::migration::INDENT;
use crate::model::quantity::counted;
use crate::model::report::Report;
use crate::render::paint::Tone;
use crate::render::traffic::{failure, forecast, nobody, of_migration, summary};

/// Tables that are shown; the others are counted.
const MAX_TABLES: usize = 8;
/// As with locks.
const LONG_S: f64 = 1.0;

/// What waited for one migration.
pub(super) fn of_one(page: &mut Page, report: &Report, at: usize) {
    let Some(of) = of_migration(report, at) else { return };
    if let Some(failure) = failure(of) {
        page.entry(INDENT, (Tone::Bad, "traffic:"), &failure);
    }
    if of.tables.is_empty() {
        page.entry(INDENT, (Tone::Dim, "traffic:"), &nobody(of));
    }
    for table in of.tables.iter().take(MAX_TABLES) {
        let tone = if table.waits.longest_s >= LONG_S { Tone::Doubt } else { Tone::Dim };
        page.entry(INDENT, (tone, "traffic:"), &forecast(table));
    }
    let more = of.tables.len().saturating_sub(MAX_TABLES);
    if more > 0 {
        page.line(format!("{INDENT}and {}, all in `--json`", counted(more, "more table", "more tables")));
    }
}

/// What ran, and why nothing can be said of it.
pub(super) fn section(page: &mut Page, report: &Report) {
    let Some(traffic) = &report.traffic else { return };
    page.entry("", (Tone::Bold, "traffic"), &summary(traffic));
    for doubt in &traffic.doubts {
        page.entry("  ", (Tone::Doubt, "? could not verify:"), doubt);
    }
}

#[cfg(test)]
mod tests {
    use crate::model::migration::SqlFailure;
    use crate::render::{Style, sample, terminal};

    const WIDE: Style = Style { colour: false, width: 160 };

    #[test]
    fn who_would_have_waited_is_told_under_the_migration() {
        let text = terminal(&sample::traffic::busy(), WIDE);
        for expected in [
            "  traffic: writes to item_datafeed would have waited up to 14.0 s: 312 statements, 3 min 4 s in all",
            "  traffic: reads of item_datafeed would have waited up to 12 ms: 1 statement, 12 ms in all",
            "  traffic: nothing would have waited (41 statements seen)",
            "traffic `pgbench busy.sql` ran beside 3 migrations once more: 313 statements of it waited for them, up to 14.0 s",
        ] {
            assert!(text.contains(expected), "{expected}\n{text}");
        }
    }

    #[test]
    fn a_migration_that_fails_with_traffic_and_traffic_that_ends_are_told() {
        let mut report = sample::traffic::busy();
        let traffic = report.traffic.as_mut().unwrap();
        let message = "canceling statement due to lock timeout".to_owned();
        traffic.migrations[1].failure =
            Some(SqlFailure { message, code: "55P03".into(), line: None, column: None, hint: None });
        traffic.doubts.push("the traffic exited with 2 while 1.sql ran".into());
        let text = terminal(&report, WIDE);
        assert!(
            text.contains(
                "traffic: fails while traffic runs: canceling statement due to lock timeout (55P03)"
            )
        );
        assert!(text.contains("  ? could not verify: the traffic exited with 2 while 1.sql ran"), "{text}");
    }
}
