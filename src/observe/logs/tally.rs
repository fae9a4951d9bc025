//! How many lines of each kind a service wrote.

use std::collections::BTreeMap;

use super::fields::said;
use super::secrets::Secrets;
use super::template::template;
use crate::model::log::LogLevel;

/// Kinds of lines that are told apart; a service with more writes lines of which nothing is known.
const MAX_KINDS: usize = 5_000;
/// Characters of a line that are looked at.
const MAX_READ: usize = 4_000;
/// Characters of a line that are kept as an example.
const MAX_EXAMPLE: usize = 300;
/// The line that announces a failure of Python, whose own line comes last.
const TRACEBACK: &str = "Traceback (most recent call last)";

/// Lines of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Kind {
    /// How bad they are.
    pub level: LogLevel,
    /// What the first of them says, without secrets.
    pub example: String,
    /// How many there are.
    pub count: u64,
}

/// What one service wrote, by kinds of lines.
#[derive(Debug, Default)]
pub struct Tally {
    /// By template.
    pub(super) kinds: BTreeMap<String, Kind>,
    /// Whether there were more kinds than are told apart.
    pub(super) is_cut: bool,
    errors_only: bool,
}

impl Tally {
    /// One that counts nothing but failures: what else a database writes follows from the work of its own.
    pub fn of_errors() -> Self {
        Self { errors_only: true, ..Self::default() }
    }

    /// Counts a line. What goes on from the line before it is no line of its own.
    pub fn add(&mut self, line: &[u8], secrets: &Secrets) {
        let line: String = String::from_utf8_lossy(line).chars().take(MAX_READ).collect();
        let line = without_colours(&line);
        let goes_on = line.starts_with(char::is_whitespace) || line.starts_with(TRACEBACK);
        if line.is_empty() || goes_on {
            return;
        }
        let said = said(&secrets.hide(&line));
        let template = template(&said.text);
        let fails = template.status.is_some_and(|status| status >= 500);
        let level = if fails { LogLevel::Error } else { said.level };
        if self.errors_only && level != LogLevel::Error {
            return;
        }
        if let Some(kind) = self.kinds.get_mut(&template.text) {
            kind.count += 1;
        } else if self.kinds.len() < MAX_KINDS {
            // A secret that stood in two fields is in neither of them.
            let example = secrets.hide(&said.text).chars().take(MAX_EXAMPLE).collect();
            self.kinds.insert(template.text, Kind { level, example, count: 1 });
        } else {
            self.is_cut = true;
        }
    }
}

/// A line without the escape sequences that colour it.
fn without_colours(line: &str) -> String {
    let mut parts = line.split("\x1b[");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|c: char| c.is_ascii_alphabetic()).map_or(part.len(), |at| at + 1);
        plain.push_str(&part[end..]);
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(mut tally: Tally, lines: &[&str]) -> Tally {
        let secrets = Secrets::among([("DB_PASSWORD", "hunter2")]);
        for line in lines {
            tally.add(line.as_bytes(), &secrets);
        }
        tally
    }

    fn kinds(tally: &Tally) -> Vec<(&str, LogLevel, u64)> {
        tally.kinds.iter().map(|(template, kind)| (template.as_str(), kind.level, kind.count)).collect()
    }

    #[test]
    fn lines_of_one_kind_are_counted_together_and_the_first_is_their_example() {
        let lines =
            ["order 7 was paid", "ERROR: no order 8", "order 12 was paid", "\x1b[31morder 9 was paid\x1b[0m"];
        let tally = tally(Tally::default(), &lines);
        let expected =
            [("ERROR: no order <n>", LogLevel::Error, 1), ("order <n> was paid", LogLevel::Other, 3)];
        assert_eq!(kinds(&tally), expected);
        assert_eq!(tally.kinds["order <n> was paid"].example, "order 7 was paid");
    }

    #[test]
    fn a_trace_is_its_last_line() {
        let lines = [
            "Traceback (most recent call last):",
            "  File \"/app/shop.py\", line 7, in pay",
            "    raise NoOrder(7)",
            "shop.NoOrderError: no order 7",
            "",
        ];
        let tally = tally(Tally::default(), &lines);
        assert_eq!(kinds(&tally), [("shop.NoOrderError: no order <n>", LogLevel::Error, 1)]);
    }

    #[test]
    fn of_a_database_only_failures_count() {
        let lines = [
            "2026-11-22 10:00:00.123 UTC [45] LOG:  checkpoint starting: time",
            "2026-11-22 10:00:00.124 UTC [46] ERROR:  column \"note\" does not exist at character 8",
            "2026-11-22 10:00:00.124 UTC [46] STATEMENT:  SELECT note FROM orders WHERE error",
            "\tAND paid",
        ];
        let tally = tally(Tally::of_errors(), &lines);
        let template = "<time> UTC [<n>] ERROR: column \"…\" does not exist at character <n>";
        assert_eq!(kinds(&tally), [(template, LogLevel::Error, 1)]);
    }

    #[test]
    fn an_answer_that_says_that_the_app_failed_is_a_failure() {
        let line = "INFO:  10.2.0.7:5312 - \"GET /orders HTTP/1.1\" 500 Internal Server Error";
        let tally = tally(Tally::default(), &[line]);
        assert_eq!(kinds(&tally)[0].1, LogLevel::Error);
    }

    #[test]
    fn secrets_are_in_no_kind_and_no_example() {
        let lines = ["login with hunter2", "{\"msg\":\"a\",\"error\":\"password=x1y2\"}"];
        let told = format!("{:?}", tally(Tally::default(), &lines));
        assert!(!told.contains("hunter2") && !told.contains("x1y2"), "{told}");
    }

    #[test]
    fn too_many_kinds_are_known_to_be_too_many() {
        let line = |at: usize| "x".repeat(at + 1);
        let lines: Vec<String> =
            (0..=MAX_KINDS).map(|at| format!("{} {}", line(at % 71), line(at / 71))).collect();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let tally = tally(Tally::default(), &lines);
        assert!(tally.is_cut);
        assert_eq!(tally.kinds.len(), MAX_KINDS);
    }

    #[test]
    fn bytes_need_not_be_text() {
        let mut tally = Tally::default();
        tally.add(b"\xff\xfe broken \x1b[", &Secrets::among([]));
        assert_eq!(tally.kinds.len(), 1);
    }
}
