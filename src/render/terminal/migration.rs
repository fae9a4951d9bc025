//! One migration in a terminal: how it ran, what it did to which table, and which guards that broke.

use unicode_width::UnicodeWidthStr;

use crate::model::change::{GrossRows, TableChange};
use crate::model::guard::Finding;
use crate::model::quantity::{Count, Share, counted, duration, size};
use crate::model::report::{MigrationReport, Report};

use super::{Page, locks, lost, schema, sequences, steps, traffic};
use crate::render::grid::{Cell, Column, Grid, Row};
use crate::render::paint::Tone;
use crate::render::phrase;
use crate::render::{databases, objects};

/// What stands before everything that a migration did.
pub(super) const INDENT: &str = "  ";
/// Tables of one migration that are shown; the others are counted.
const MAX_TABLES: usize = 40;
/// Lines of the output of a command that failed.
const OUTPUT_LINES: usize = 12;
/// Cells of the bar that shows a share.
const BAR: usize = 40;

const GROSS: &str = "gross, by statement";
const NET: &str = "net, to the seed";

/// Title, table of tables, findings and doubts of one migration.
pub(super) fn section(page: &mut Page, report: &Report, at: usize) {
    let of = &report.migrations[at];
    let findings: Vec<&Finding> =
        report.findings.iter().filter(|finding| phrase::owner(report, finding) == Some(at)).collect();
    title(page, report, at);
    let nothing = if of.run.failure.is_some() && of.run.migration.transactional {
        "rolled back: no row of any table was touched"
    } else {
        "no row of any table was touched"
    };
    changes(page, of, &findings, nothing);
    traffic::of_one(page, report, at);
}

/// The table of tables, or `nothing` in words, the schema, findings and doubts.
pub(super) fn changes(page: &mut Page, of: &MigrationReport, findings: &[&Finding], nothing: &str) {
    if of.change.tables.is_empty() {
        let nothing = page.paint.put(Tone::Dim, nothing);
        page.line(format!("{INDENT}{nothing}"));
    } else {
        tables(page, of, findings);
    }
    schema::section(page, &of.change.schema);
    steps::section(page, &of.change.steps);
    sequences::section(page, &of.change.sequences);
    if let Some(told) = objects::told(&of.change.objects) {
        page.entry(INDENT, (Tone::Plain, "large objects:"), &told);
    }
    if let Some(told) = databases::all(&of.change.databases) {
        page.entry(INDENT, (Tone::Plain, "databases:"), &told);
    }
    locks::section(page, &of.change.locks);
    for finding in findings {
        bar(page, of, finding);
        page.entry(INDENT, (Tone::Bad, &format!("✘ {}:", finding.guard)), &phrase::within(finding));
        lost::section(page, of, finding);
        page.entry("    ", (Tone::Good, "hint:"), &finding.hint);
    }
    if let Some(output) = &of.run.output_tail {
        page.quote(INDENT, output, OUTPUT_LINES);
    }
    for doubt in &of.change.doubts {
        page.entry(INDENT, (Tone::Doubt, "? could not verify:"), doubt);
    }
}

/// Migrations that an earlier one kept from running.
pub(super) fn not_run(page: &mut Page, report: &Report) {
    let ran = report.migrations.len();
    for (at, name) in report.not_run.iter().enumerate() {
        page.blank();
        let place = format!("{} of {}", ran + at + 1, ran + report.not_run.len());
        ends(page, &place, name, (Tone::Doubt, "did not run"));
    }
}

/// `2 of 3  NAME                applied in 3.41 s`.
fn title(page: &mut Page, report: &Report, at: usize) {
    let MigrationReport { run, change } = &report.migrations[at];
    let place = format!("{} of {}", at + 1, report.migrations.len() + report.not_run.len());
    let name = phrase::migration(report, &run.migration);
    let (tone, how) =
        if run.failure.is_some() { (Tone::Bad, "failed after") } else { (Tone::Plain, "applied in") };
    let written = [(change.wal_bytes, "WAL"), (change.temp_bytes.unwrap_or_default(), "temporary files")];
    let written = written.into_iter().filter(|(bytes, _)| *bytes > 0);
    let written: Vec<String> = written.map(|(bytes, what)| format!(", {} of {what}", size(bytes))).collect();
    ends(page, &place, &name, (tone, &format!("{how} {}{}", duration(run.duration_s), written.concat())));
}

/// Something on the left, something on the right, on one line if both have room.
fn ends(page: &mut Page, place: &str, name: &str, (tone, right): (Tone, &str)) {
    let left = format!("{}  {}", page.paint.put(Tone::Dim, place), page.paint.put(Tone::Bold, name));
    let used = place.width() + 2 + name.width();
    let painted = page.paint.put(tone, right);
    if used + 2 + right.width() <= page.width {
        let space = " ".repeat(page.width - used - right.width());
        page.line(format!("{left}{space}{painted}"));
    } else {
        page.line(left);
        let space = " ".repeat(page.width.saturating_sub(right.width()));
        page.line(format!("{space}{painted}"));
    }
}

/// One grid of all figures if it has room; statements and comparison in two grids otherwise, and names are cut short only if
/// that is too wide as well.
fn tables(page: &mut Page, of: &MigrationReport, findings: &[&Finding]) {
    let shown = &of.change.tables[..of.change.tables.len().min(MAX_TABLES)];
    let both = grid(shown, findings, true, true);
    let grids = if both.width() + INDENT.len() <= page.width {
        vec![both]
    } else {
        vec![grid(shown, findings, true, false), grid(shown, findings, false, true)]
    };
    for mut grid in grids {
        grid.narrow(page.width - INDENT.len());
        let lines = grid.lines(INDENT, page.width, page.paint);
        page.lines.extend(lines);
    }
    let more = of.change.tables.len() - shown.len();
    if more > 0 {
        page.line(format!("{INDENT}and {}, all in `--json`", counted(more, "more table", "more tables")));
    }
}

fn grid(shown: &[TableChange], findings: &[&Finding], has_gross: bool, has_net: bool) -> Grid {
    let column = |title, group| Column { title, group };
    let mut columns = vec![column("table", "")];
    if has_net {
        columns.push(column("in seed", ""));
    }
    if has_gross {
        columns.extend(["inserted", "updated", "deleted"].map(|title| column(title, GROSS)));
    }
    if has_net {
        columns.extend(["missing", "new", "different"].map(|title| column(title, NET)));
    }
    let row = |change: &TableChange| {
        let is_broken = |guards: &[&str]| {
            findings.iter().any(|it| it.table.as_ref() == Some(&change.table) && guards.contains(&it.guard))
        };
        let mut cells = vec![Cell::new(change.table.to_string(), Tone::Plain)];
        if has_net {
            cells.push(number(change.rows_in_seed, false));
        }
        if has_gross {
            cells.extend(gross(change.gross));
        }
        if has_net {
            let is_lost = is_broken(&["rows_lost", "table_dropped"]);
            cells.push(number(change.net.missing, is_lost));
            cells.push(number(change.net.new, false));
            cells.push(number(change.net.different, is_broken(&["rows_changed"])));
        }
        Row { cells, notes: if has_net { phrase::notes(change) } else { Vec::new() } }
    };
    Grid { columns, rows: shown.iter().map(row).collect() }
}

/// What statements did; question marks where nothing tells.
pub(super) fn gross(rows: Option<GrossRows>) -> [Cell; 3] {
    match rows {
        Some(rows) => [rows.inserted, rows.updated, rows.deleted].map(|count| number(count, false)),
        None => ["?", "?", "?"].map(|unknown| Cell::new(unknown, Tone::Doubt)),
    }
}

/// A figure; nothing is a dot, so that something stands out.
fn number(count: u64, is_bad: bool) -> Cell {
    match count {
        0 => Cell::new("·", Tone::Dim),
        count => Cell::new(Count(count).to_string(), if is_bad { Tone::Bad } else { Tone::Plain }),
    }
}

/// The share of a table that a guard was broken by, as a bar.
fn bar(page: &mut Page, of: &MigrationReport, finding: &Finding) {
    let touched = of.change.tables.iter().find(|change| Some(&change.table) == finding.table.as_ref());
    let Some(change) = touched.filter(|change| change.rows_in_seed > 0) else { return };
    let (part, what) = match finding.guard {
        "table_locked" | "sequence_behind" => return,
        "rows_changed" => (change.net.different, "has other values"),
        _ => (change.lost(), "is gone"),
    };
    let share = Share { part, whole: change.rows_in_seed };
    let filled = cells(share);
    let bar = page.paint.put(Tone::Bad, &"█".repeat(filled));
    let rest = page.paint.put(Tone::Dim, &"░".repeat(BAR - filled));
    let words = page.paint.put(Tone::Bold, &share.to_string());
    let of = format!(" of {}", change.table);
    let used = INDENT.len() + BAR + 2 + share.to_string().width() + what.width();
    let of = if used + of.width() <= page.width { page.paint.put(Tone::Plain, &of) } else { String::new() };
    page.line(format!("{INDENT}{bar}{rest} {words}{of} {what}"));
}

/// Full only if all is gone, empty only if nothing is.
fn cells(share: Share) -> usize {
    if share.part >= share.whole {
        return BAR;
    }
    let part = u128::from(share.part) * BAR as u128 / u128::from(share.whole);
    usize::try_from(part).unwrap_or(BAR).max(usize::from(share.part > 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_full_only_if_all_is_gone() {
        let cells = |part, whole| cells(Share { part, whole });
        assert_eq!(cells(873_511, 1_000_000), 34);
        assert_eq!(cells(999_999, 1_000_000), 39);
        assert_eq!(cells(1, 1_000_000), 1);
        assert_eq!(cells(0, 10), 0);
        assert_eq!(cells(10, 10), 40);
    }
}
