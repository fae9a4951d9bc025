//! The report in a terminal, in the order in which people ask: what is the verdict, why, what did each migration do, what
//! did the tests say, where did the data come from, is everything gone.

mod closing;
mod comparison;
mod locks;
mod lost;
mod migration;
mod schema;
mod sequences;
mod standing;
mod steps;
mod traffic;

pub use standing::{changes, migrations, suite};

use crate::model::report::{Report, Verdict};

use super::paint::{Paint, Tone};
use super::wrap::wrap;
use super::{Style, phrase};

/// The narrowest terminal that lines are fitted to.
const MIN_WIDTH: u16 = 40;

/// What the parts of the report write to.
struct Page {
    paint: Paint,
    width: usize,
    lines: Vec<String>,
}

impl Page {
    /// An empty one, as wide as the style says.
    fn new(style: Style) -> Self {
        let width = usize::from(style.width.max(MIN_WIDTH));
        Self { paint: Paint { colour: style.colour }, width, lines: Vec::new() }
    }

    /// All of it; every line ends with a line break.
    fn text(&self) -> String {
        self.lines.iter().flat_map(|line| [line.trim_end(), "\n"]).collect()
    }

    fn line(&mut self, line: impl Into<String>) {
        self.lines.push(line.into());
    }

    fn blank(&mut self) {
        self.lines.push(String::new());
    }

    /// A paragraph under a painted word: `word text…`, further lines under the text.
    fn entry(&mut self, indent: &str, (tone, word): (Tone, &str), text: &str) {
        let first = format!("{indent}{word} ");
        let rest = " ".repeat(first.chars().count());
        let mut lines = wrap(text, self.width, &first, &rest).into_iter();
        if let Some(line) = lines.next() {
            let text = line.get(first.len()..).unwrap_or_default();
            self.line(format!("{indent}{} {text}", self.paint.put(tone, word)));
        }
        self.lines.extend(lines);
    }

    /// The last lines of an output, quoted.
    fn quote(&mut self, indent: &str, output: &str, most: usize) {
        let lines: Vec<&str> = output.trim_end().lines().collect();
        for line in &lines[lines.len().saturating_sub(most)..] {
            let quoted = self.paint.put(Tone::Dim, line.trim_end());
            self.line(format!("{indent}│ {quoted}"));
        }
    }
}

/// The report, in `style`; ends with a line break.
pub fn terminal(report: &Report, style: Style) -> String {
    let mut page = Page::new(style);
    opening(&mut page, report);
    for at in 0..report.migrations.len() {
        page.blank();
        migration::section(&mut page, report, at);
    }
    migration::not_run(&mut page, report);
    page.blank();
    closing::section(&mut page, report);
    page.text()
}

/// The verdict in a rule across the page, and its reason.
fn opening(page: &mut Page, report: &Report) {
    let tone = tone(report.verdict);
    let verdict = phrase::verdict(report.verdict);
    let named = format!(" {} ", report.environment);
    let rest = page.width.saturating_sub(verdict.len() + named.chars().count() + 6);
    let (start, end) = (page.paint.put(tone, &format!("━━━ {verdict} ━")), "━".repeat(rest));
    let line = format!("{start}{}{}", page.paint.put(Tone::Bold, &named), page.paint.put(tone, &end));
    page.line(line);
    let headline = phrase::headline(report);
    page.lines.extend(wrap(&headline, page.width, "", ""));
    if report.verdict == Verdict::Blocked && !phrase::doubts(report).is_empty() {
        page.entry("", (Tone::Doubt, "and:"), "what the migrations did could not be verified in full");
    }
}

fn tone(verdict: Verdict) -> Tone {
    match verdict {
        Verdict::Passed => Tone::Good,
        Verdict::Blocked => Tone::Bad,
        Verdict::Unverified => Tone::Doubt,
    }
}

#[cfg(test)]
mod tests {
    use unicode_width::UnicodeWidthStr;

    use super::*;
    use crate::render::sample;

    const PLAIN: Style = Style { colour: false, width: 80 };

    #[test]
    fn the_incident_is_blocked() {
        insta::assert_snapshot!("terminal_incident", terminal(&sample::incident(), PLAIN));
    }

    #[test]
    fn the_mended_script_passes() {
        insta::assert_snapshot!("terminal_mended", terminal(&sample::mended(), PLAIN));
    }

    #[test]
    fn a_syntax_error_stops_what_comes_after() {
        insta::assert_snapshot!("terminal_syntax_error", terminal(&sample::syntax_error(), PLAIN));
    }

    #[test]
    fn a_command_that_failed_is_told_with_its_last_words() {
        insta::assert_snapshot!("terminal_failed_command", terminal(&sample::failed_command(), PLAIN));
    }

    #[test]
    fn what_cannot_be_verified_what_is_left_and_what_failed_is_told() {
        insta::assert_snapshot!("terminal_troubled", terminal(&sample::troubled(), PLAIN));
    }

    #[test]
    fn lines_fit_in_eighty_columns() {
        for report in [sample::incident(), sample::mended(), sample::syntax_error(), sample::troubled()] {
            for line in terminal(&report, PLAIN).lines() {
                assert!(line.width() <= 80, "{} columns: {line}", line.width());
            }
        }
    }

    #[test]
    fn colour_adds_nothing_but_colour() {
        let coloured = terminal(&sample::incident(), Style { colour: true, width: 80 });
        assert!(coloured.contains("\x1b[1;31m━━━ BLOCKED"));
        let mut plain = coloured;
        for code in ["0", "1", "2", "1;31", "1;32", "1;33"] {
            plain = plain.replace(&format!("\x1b[{code}m"), "");
        }
        assert_eq!(plain, terminal(&sample::incident(), PLAIN));
    }
}
