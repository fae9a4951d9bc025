//! What services and suite do otherwise than without the migrations, in a comment.

use super::{Page, code, prose};
use crate::model::log::{LogChange, LogLevel};
use crate::model::quantity::Count;
use crate::model::report::Report;
use crate::render::phrase;

/// Kinds of lines that are shown.
const MAX_KINDS: usize = 25;

/// One row a kind of line; nothing where nobody compares.
pub(super) fn section(page: &mut Page, report: &Report) {
    let Some(of) = &report.comparison else { return };
    if let Some(before) = phrase::before(report, of) {
        page.add(&format!("\n**Before** {}\n", prose(&before)));
    }
    if of.service_failure.is_some() {
        return;
    }
    page.add(&format!("\n**Logs** {}\n", prose(&phrase::logs(of))));
    let rows: Vec<String> = of.logs.iter().map(row).collect();
    if !rows.is_empty() {
        page.add("\n| | service | before | after | first line |\n|---|---|--:|--:|---|\n");
        page.add_rows(&rows, MAX_KINDS, ("more kind of line", "more kinds of lines"));
    }
}

fn row(change: &LogChange) -> String {
    let mark = match change.level {
        LogLevel::Error => "❌",
        LogLevel::Warning => "⚠️",
        LogLevel::Other => "",
    };
    let before = if change.before == 0 { "new".to_owned() } else { Count(change.before).to_string() };
    let (service, line) = (code(&change.service), code(&change.example));
    format!("| {mark} | {service} | {before} | {} | {line} |\n", Count(change.after))
}

#[cfg(test)]
mod tests {
    use crate::render::{markdown, sample};

    #[test]
    fn kinds_of_lines_have_a_table() {
        let comment = markdown(&sample::compared());
        for expected in [
            "**Before** the migrations the suite failed in 11.2 s with exit code 1: 1 failed, 42 passed",
            "**Logs** 3 kinds of lines are new or far more frequent after the migrations",
            "| ❌ | `web` | new | 12 | `ERROR: column \"note\" of 'orders' does not exist` |",
            "| ⚠️ | `worker` | 2 | 1,040 | `WARN retrying job 7 \\| attempt 2` |",
            "|  | `web` | new | 1 | `cache is cold` |",
            "- `tests.test_shop::test_old`: assert 1 == 2 (fails before the migrations, too)",
        ] {
            assert!(comment.contains(expected), "{expected}\n{comment}");
        }
        assert!(!markdown(&sample::incident()).contains("**Logs**"));
    }
}
