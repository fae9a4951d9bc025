//! Rows that were lost, in a terminal: the first of those that are known, one line each.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::Page;
use crate::model::guard::Finding;
use crate::model::lost::LostRows;
use crate::model::report::MigrationReport;
use crate::render::paint::{Tone, clean};
use crate::render::phrase;

/// Rows that are shown; the report as JSON or Markdown has all that are known.
const MAX_ROWS: usize = 3;
const INDENT: &str = "      ";

/// Rows that a finding is about; nothing for one that is about none.
pub(super) fn section(page: &mut Page, of: &MigrationReport, finding: &Finding) {
    let Some((what, lost)) = phrase::lost(&of.change, finding) else { return };
    let title = page.paint.put(Tone::Dim, &format!("{what}, as the masked seed has them:"));
    page.line(format!("    {title}"));
    for row in rows(lost) {
        let line = fit(&row, page.width.saturating_sub(INDENT.len()));
        page.line(format!("{INDENT}{line}"));
    }
}

fn rows(lost: &LostRows) -> Vec<String> {
    let pair = |(column, value): (&str, Option<&str>)| format!("{column} {}", value.unwrap_or("NULL"));
    let row = |pairs: Vec<(&str, Option<&str>)>| pairs.into_iter().map(pair).collect::<Vec<_>>().join(", ");
    lost.pairs().take(MAX_ROWS).map(|pairs| clean(&row(pairs)).into_owned()).collect()
}

/// As much of a line as has room.
fn fit(line: &str, width: usize) -> String {
    if line.width() <= width {
        return line.to_owned();
    }
    let mut used = 0;
    let fits = |c: &char| {
        used += c.width().unwrap_or(0);
        used < width
    };
    line.chars().take_while(fits).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::{Style, sample, terminal};

    #[test]
    fn a_finding_shows_three_of_the_rows_that_are_gone() {
        let text = terminal(&sample::incident(), Style { colour: false, width: 80 });
        let begun = text.find("lost rows, as the masked seed has them:").unwrap_or_else(|| panic!("{text}"));
        let lines: Vec<&str> = text[begun..].lines().skip(1).take(4).map(str::trim).collect();
        assert_eq!(lines[0], "id 17, sku FR-0017, url NULL, note two\u{fffd}lines");
        assert!(
            lines[1].starts_with("id 18, sku FR-0018, url https://") && lines[1].ends_with('…'),
            "{text}"
        );
        assert!(lines[2].starts_with("id 21") && !lines[3].starts_with("id"), "{text}");
    }

    #[test]
    fn a_line_is_cut_where_its_room_ends() {
        assert_eq!(fit("abcdef", 6), "abcdef");
        assert_eq!(fit("abcdefg", 6), "abcde…");
        assert_eq!(fit("日本語日本語", 6).width(), 5);
    }
}
