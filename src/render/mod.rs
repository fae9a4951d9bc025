//! Report and error to text: terminal, JSON, Markdown, JUnit. Pure.

mod databases;
mod diagnosis;
mod error;
mod grid;
mod json;
mod junit;
mod locks;
mod logs;
mod mail;
mod markdown;
mod objects;
mod paint;
mod phrase;
#[cfg(test)]
mod sample;
mod schema;
mod sequences;
mod stack;
mod terminal;
mod traffic;
mod wrap;

pub use diagnosis::{diagnosis, diagnosis_json};
pub use error::error;
pub use json::{changes_value, json, teardown_value, value};
pub use junit::junit;
pub use logs::{LogFace, LogPlace, LogStyle, log_json};
pub use mail::{mail, mail_value, mails, mails_value};
pub use markdown::markdown;
pub use phrase::teardown;
pub use stack::{addresses, stack, stack_value, stacks};
pub use terminal::{changes, migrations, suite, terminal};

/// How a terminal wants its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Whether colours may be used; everything is legible without.
    pub colour: bool,
    /// Columns to fill.
    pub width: u16,
}
