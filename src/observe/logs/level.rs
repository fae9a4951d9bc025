//! How bad a line is, by its own words.

use crate::model::log::LogLevel;

/// Words that name a level wherever they stand, in lower case.
const ERRORS: [&str; 12] = [
    "alert",
    "crit",
    "critical",
    "emerg",
    "error",
    "exception",
    "fatal",
    "panic",
    "panicked",
    "severe",
    "traceback",
    "uncaught",
];
const WARNINGS: [&str; 2] = ["warn", "warning"];
/// Words that say in capitals that a line is nothing bad, whatever it tells of.
const HARMLESS: [&str; 10] =
    ["CONTEXT", "DEBUG", "DETAIL", "HINT", "INFO", "LOG", "NOTICE", "STATEMENT", "TRACE", "VERBOSE"];

/// The level of a text: the first word that names one decides.
pub(super) fn of_text(text: &str) -> LogLevel {
    let words = text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty());
    words.into_iter().find_map(of_word).unwrap_or(LogLevel::Other)
}

fn of_word(word: &str) -> Option<LogLevel> {
    if HARMLESS.contains(&word) {
        return Some(LogLevel::Other);
    }
    // `ValueError`, `NullPointerException`, `PG::UndefinedColumn` aside: classes are named so in most languages.
    let is_class = |end: &str| word.len() > end.len() && word.ends_with(end);
    if is_class("Error") || is_class("Exception") {
        return Some(LogLevel::Error);
    }
    named(word)
}

/// The level of that name; `None` if there is none.
fn named(name: &str) -> Option<LogLevel> {
    let name = name.to_ascii_lowercase();
    if ERRORS.contains(&name.as_str()) {
        Some(LogLevel::Error)
    } else if WARNINGS.contains(&name.as_str()) {
        Some(LogLevel::Warning)
    } else {
        None
    }
}

/// What a field for the level says: a name, or a number as Pino and Bunyan write it.
pub(super) fn of_field(value: &str) -> LogLevel {
    match value.parse::<u32>() {
        Ok(50..) => LogLevel::Error,
        Ok(40..) => LogLevel::Warning,
        Ok(_) => LogLevel::Other,
        Err(_) if value.eq_ignore_ascii_case("err") => LogLevel::Error,
        Err(_) => named(value).unwrap_or(LogLevel::Other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_word_that_names_a_level_decides() {
        for (text, level) in [
            ("2026-11-22 10:00:00.123 UTC [45] ERROR:  column \"note\" does not exist", LogLevel::Error),
            ("2026-11-22 10:00:00.123 UTC [45] STATEMENT:  SELECT error FROM faults", LogLevel::Other),
            ("INFO: trying again after an error", LogLevel::Other),
            ("[error] upstream is gone", LogLevel::Error),
            ("django.db.utils.ProgrammingError: no such column", LogLevel::Error),
            ("thread 'main' panicked at src/main.rs:7", LogLevel::Error),
            ("WARNING  slow query", LogLevel::Warning),
            ("served 12 requests, 0 errors", LogLevel::Other),
            ("Errorless day", LogLevel::Other),
        ] {
            assert_eq!(of_text(text), level, "{text}");
        }
    }

    #[test]
    fn fields_name_or_number_their_level() {
        let levels = ["error", "ERR", "50", "warn", "40", "30", "info"].map(of_field);
        let (error, warning, other) = (LogLevel::Error, LogLevel::Warning, LogLevel::Other);
        assert_eq!(levels, [error, error, error, warning, warning, other, other]);
    }
}
