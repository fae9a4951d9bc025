//! Columns that line up: names to the left, numbers to the right, and groups of columns under one heading.

use unicode_width::UnicodeWidthStr;

use super::paint::{Paint, Tone, clean};
use super::wrap::wrap;

const GAP: usize = 2;
/// Columns that a name keeps, however narrow the page.
const MIN_NAME: usize = 12;

/// A cell.
#[derive(Clone, Debug)]
pub(super) struct Cell {
    text: String,
    tone: Tone,
}

impl Cell {
    pub fn new(text: impl AsRef<str>, tone: Tone) -> Self {
        Self { text: clean(text.as_ref()).into_owned(), tone }
    }
}

/// A row, and what else is to be said of it.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub cells: Vec<Cell>,
    pub notes: Vec<String>,
}

/// A column: its title, and the heading that it shares with its neighbours.
#[derive(Clone, Copy, Debug)]
pub(super) struct Column {
    pub title: &'static str,
    pub group: &'static str,
}

/// A small table without lines. The first column is of names, the others of numbers.
#[derive(Clone, Debug)]
pub(super) struct Grid {
    pub columns: Vec<Column>,
    pub rows: Vec<Row>,
}

impl Grid {
    /// Columns that it takes.
    pub fn width(&self) -> usize {
        let widths = self.widths();
        widths.iter().sum::<usize>() + GAP * widths.len().saturating_sub(1)
    }

    /// Cuts names until the grid takes at most `width` columns, but leaves enough of each to be known.
    pub fn narrow(&mut self, width: usize) {
        let names = self.widths().first().copied().unwrap_or(0);
        let room = names.saturating_sub(self.width().saturating_sub(width)).max(MIN_NAME);
        for cell in self.rows.iter_mut().filter_map(|row| row.cells.first_mut()) {
            while cell.text.width() > room {
                // The ending tells similar names apart better than the middle does.
                let middle = cell.text.chars().count() / 2;
                let (start, end) = (cell.text.chars().take(middle - 1), cell.text.chars().skip(middle + 1));
                cell.text = start.chain(['…']).chain(end).collect();
            }
        }
    }

    /// Its lines: headings, titles, rows, each row's notes under it.
    pub fn lines(&self, indent: &str, width: usize, paint: Paint) -> Vec<String> {
        let widths = self.widths();
        let mut lines = Vec::new();
        if self.columns.iter().any(|column| !column.group.is_empty()) {
            lines.push(format!("{indent}{}", paint.put(Tone::Dim, &self.headings(&widths))));
        }
        let titles: Vec<Cell> =
            self.columns.iter().map(|column| Cell::new(column.title, Tone::Dim)).collect();
        lines.push(format!("{indent}{}", line(&titles, &widths, paint)));
        for row in &self.rows {
            lines.push(format!("{indent}{}", line(&row.cells, &widths, paint)));
            let notes = row.notes.join("; ");
            if !notes.is_empty() {
                lines.extend(wrap(&notes, width, &format!("{indent}└ "), &format!("{indent}  ")));
            }
        }
        lines
    }

    fn widths(&self) -> Vec<usize> {
        let column = |at: usize| {
            let cells = self.rows.iter().filter_map(move |row| row.cells.get(at));
            cells.map(|cell| cell.text.width()).max().unwrap_or(0).max(self.columns[at].title.width())
        };
        (0..self.columns.len()).map(column).collect()
    }

    /// `── heading ──` over each group.
    fn headings(&self, widths: &[usize]) -> String {
        let mut text = String::new();
        let mut at = 0;
        while at < self.columns.len() {
            let group = self.columns[at].group;
            let len = self.columns[at..].iter().take_while(|column| column.group == group).count();
            let span = widths[at..at + len].iter().sum::<usize>() + GAP * (len - 1);
            if at > 0 {
                text.push_str(&" ".repeat(GAP));
            }
            let heading = if group.is_empty() { String::new() } else { format!(" {group} ") };
            let line = if group.is_empty() { " " } else { "─" };
            let around = span.saturating_sub(heading.width());
            text.push_str(&line.repeat(around / 2));
            text.push_str(&heading);
            text.push_str(&line.repeat(around - around / 2));
            at += len;
        }
        text
    }
}

fn line(cells: &[Cell], widths: &[usize], paint: Paint) -> String {
    let mut text = String::new();
    for (at, (cell, width)) in cells.iter().zip(widths).enumerate() {
        let space = " ".repeat(width.saturating_sub(cell.text.width()));
        let painted = paint.put(cell.tone, &cell.text);
        if at == 0 {
            text.push_str(&painted);
            text.push_str(&space);
        } else {
            text.push_str(&" ".repeat(GAP));
            text.push_str(&space);
            text.push_str(&painted);
        }
    }
    text.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid() -> Grid {
        let column = |title, group| Column { title, group };
        let cell = |text: &str| Cell::new(text, Tone::Bad);
        let row = |cells: [&str; 3], notes: &[&str]| Row {
            cells: cells.into_iter().map(cell).collect(),
            notes: notes.iter().map(|&note| note.to_owned()).collect(),
        };
        Grid {
            columns: vec![column("table", ""), column("missing", "net"), column("new", "net")],
            rows: vec![row(["item", "1,000,000", "·"], &["rewritten"]), row(["日本", "7", "12"], &[])],
        }
    }

    #[test]
    fn numbers_line_up_on_the_right_whatever_stands_on_the_left() {
        let expected = [
            "        ───── net ────",
            "table    missing  new",
            "item   1,000,000    ·",
            "└ rewritten",
            "日本           7   12",
        ];
        let lines = grid().lines("", 80, Paint { colour: false });
        assert_eq!(lines[1..], expected[1..]);
        assert_eq!(grid().width(), 21);
    }

    #[test]
    fn a_grid_that_is_too_wide_cuts_the_middle_of_names() {
        let mut wide = grid();
        wide.rows[0].cells[0] = Cell::new("a_table_with_a_very_long_name", Tone::Plain);
        let before = wide.width();
        wide.narrow(before - 10);
        assert_eq!(wide.width(), before - 10);
        assert_eq!(wide.rows[0].cells[0].text, "a_table_w…long_name");
        assert_eq!(wide.rows[1].cells[0].text, "日本");
    }

    #[test]
    fn colour_moves_no_column() {
        let plain = grid().lines(" ", 80, Paint { colour: false });
        let strip = |line: &String| {
            let mut text = String::new();
            let mut rest = line.as_str();
            while let Some((before, after)) = rest.split_once('\x1b') {
                text.push_str(before);
                rest = after.split_once('m').map_or("", |(_, rest)| rest);
            }
            text + rest
        };
        let coloured: Vec<String> = grid().lines(" ", 80, Paint { colour: true }).iter().map(strip).collect();
        assert_eq!(coloured, plain);
    }
}
