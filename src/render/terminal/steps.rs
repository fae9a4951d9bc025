//! The migrations that a command ran, in a terminal: each with the rows that its statements touched.

use super::Page;
use super::migration::{INDENT, gross};
use crate::model::change::GrossRows;
use crate::model::quantity::counted;
use crate::model::step::{Step, StepName, StepTable};
use crate::render::grid::{Cell, Column, Grid, Row};
use crate::render::paint::Tone;
use crate::render::phrase;

/// Steps that are shown; the others are counted.
const MAX_STEPS: usize = 40;

/// A grid of steps and their tables; nothing where the log tells none apart.
pub(super) fn section(page: &mut Page, steps: &[Step]) {
    if steps.is_empty() {
        return;
    }
    let shown = &steps[..steps.len().min(MAX_STEPS)];
    let titles = ["step by step", "inserted", "updated", "deleted"];
    let columns = titles.map(|title| Column { title, group: "" }).into();
    let mut grid = Grid { columns, rows: shown.iter().flat_map(rows).collect() };
    grid.narrow(page.width - INDENT.len());
    let lines = grid.lines(INDENT, page.width, page.paint);
    page.lines.extend(lines);
    let more = steps.len() - shown.len();
    if more > 0 {
        page.line(format!("{INDENT}and {}, all in `--json`", counted(more, "more step", "more steps")));
    }
}

/// A row of its own for the name, and one for each table.
fn rows(step: &Step) -> Vec<Row> {
    let tone = match step.name {
        StepName::Applied(_) => Tone::Bold,
        StepName::Unfinished(_) => Tone::Bad,
        StepName::TakenBack(_) | StepName::Between(_) => Tone::Doubt,
    };
    let notes = if step.is_silent() { vec!["touched no row of any table".to_owned()] } else { Vec::new() };
    let mut rows = vec![Row { cells: vec![Cell::new(step.name.to_string(), tone)], notes }];
    rows.extend(step.tables.iter().map(table));
    if !step.unplaced.is_zero() {
        rows.push(row("  a table that is there no more", step.unplaced, Vec::new()));
    }
    rows
}

fn table(touched: &StepTable) -> Row {
    row(&format!("  {}", touched.table), touched.gross, phrase::step_notes(touched))
}

fn row(name: &str, rows: GrossRows, notes: Vec<String>) -> Row {
    let cells = std::iter::once(Cell::new(name, Tone::Plain)).chain(gross(Some(rows))).collect();
    Row { cells, notes }
}

#[cfg(test)]
mod tests {
    use crate::render::{Style, sample, terminal};

    #[test]
    fn every_step_stands_with_its_rows_and_the_guard_names_one() {
        let text = terminal(&sample::in_one_go(), Style { colour: false, width: 100 });
        let lines: Vec<Vec<&str>> = text.lines().map(|line| line.split_whitespace().collect()).collect();
        let at = |words: &[&str]| {
            lines.iter().position(|line| line == words).unwrap_or_else(|| panic!("{words:?} in {text}"))
        };
        assert_eq!(at(&["shop.0001_purge"]) + 1, at(&["item_datafeed", "·", "·", "873,511"]));
        assert_eq!(at(&["copy", "·", "·", "·"]) + 1, at(&["└", "created"]));
        assert_eq!(at(&["visits", "·", "·", "·"]) + 1, at(&["└", "truncated"]));
        assert_eq!(at(&["after", "shop.0003_empty"]) + 1, at(&["django_content_type", "·", "·", "3"]));
        at(&["shop.0004_none", "(not", "finished)"]);
        assert!(text.contains("✘ rows_lost: shop.0001_purge: 873,511 of 1,000,000 rows"), "{text}");
    }
}
