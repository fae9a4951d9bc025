//! Who would have waited for the migrations, in a comment.

use super::{Page, code, prose};
use crate::model::quantity::Count;
use crate::model::report::Report;
use crate::render::locks::{felt, held, taken_in};

/// A table of the locks that an app would have felt.
pub(super) fn section(page: &mut Page, report: &Report) {
    let mut rows = Vec::new();
    for of in &report.migrations {
        let name = code(&of.run.migration.name);
        rows.extend(felt(&of.change.locks).into_iter().map(|lock| {
            let (table, mode) = (code(&lock.table.to_string()), prose(lock.mode.sql()));
            let (held, who, place) = (held(lock), lock.mode.blocks(), taken_in(lock));
            format!("| {name} | {table} | {mode}{place} | {held} | {} | {who} |\n", Count(lock.times))
        }));
    }
    if !rows.is_empty() {
        page.add(
            "\nWho would have waited, had the app been running:\n\n\
             | migration | table | lock | up to | times | would have waited |\n|---|---|---|--:|--:|---|\n",
        );
        page.add_rows(&rows, usize::MAX, ("more lock", "more locks"));
    }
}

#[cfg(test)]
mod tests {
    use crate::render::{markdown, sample};

    #[test]
    fn locks_have_a_table() {
        let comment = markdown(&sample::troubled());
        let row = "| `0004_backfill_fulfilled_at.sql` | `orders` | SHARE ROW EXCLUSIVE (line 12) | 3.40 s | 1 | writes |";
        assert!(comment.contains(row), "{comment}");
    }
}
