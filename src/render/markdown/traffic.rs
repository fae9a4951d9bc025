//! What of the traffic waited, in a comment.

use super::{Page, code, prose};
use crate::model::quantity::Count;
use crate::model::report::Report;
use crate::render::locks::waited;
use crate::render::traffic::{failure, of_migration, summary};

/// A line for all of it, and a table of those who waited.
pub(super) fn section(page: &mut Page, report: &Report) {
    let Some(traffic) = &report.traffic else { return };
    page.add(&format!("\n**Traffic** {}\n", prose(&summary(traffic))));
    let mut rows = Vec::new();
    for (at, migration) in report.migrations.iter().enumerate() {
        let Some(of) = of_migration(report, at) else { continue };
        let name = code(&migration.run.migration.name);
        rows.extend(failure(of).map(|failure| format!("| {name} | {} |  |  |  |\n", prose(&failure))));
        rows.extend(of.tables.iter().map(|it| {
            let (longest, total) = (waited(it.waits.longest_s), waited(it.waits.total_s));
            format!(
                "| {name} | {} | {} | {longest} | {total} |\n",
                prose(&it.who()),
                Count(it.waits.statements)
            )
        }));
    }
    if !rows.is_empty() {
        page.add(
            "\n| migration | who would have waited | statements | up to | in all |\n|---|---|--:|--:|--:|\n",
        );
        page.add_rows(&rows, usize::MAX, ("more row", "more rows"));
    }
}

#[cfg(test)]
mod tests {
    use crate::render::{markdown, sample};

    #[test]
    fn who_waited_has_a_table() {
        let comment = markdown(&sample::traffic::busy());
        for expected in [
            "**Traffic** `pgbench busy.sql` ran beside 3 migrations once more: 313 statements",
            "| `0005_remove_duplicate_feed_items.sql` | writes to item_datafeed | 312 | 14.0 s | 3 min 4 s |",
        ] {
            assert!(comment.contains(expected), "{expected}\n{comment}");
        }
        assert!(!markdown(&sample::incident()).contains("**Traffic**"));
    }
}
