//! What containers write: lines, which of them somebody wants to see, and which of them migrations brought about.

use jiff::Timestamp;

/// Which of its two streams a container wrote to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutputStream {
    /// The standard output.
    Stdout,
    /// The standard error.
    Stderr,
}

impl OutputStream {
    /// Its name, as programs write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stdout => "stdout",
            Self::Stderr => "stderr",
        }
    }
}

/// A line that a container wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// Where to.
    pub stream: OutputStream,
    /// When its first byte reached the engine, by the clock of the engine.
    pub time: Timestamp,
    /// Its bytes, without the end of the line; they need not be text.
    pub bytes: Vec<u8>,
}

/// Which lines are wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LogWindow {
    /// At most so many of the last lines; `None` for all of them.
    pub tail: Option<u64>,
    /// None that is older.
    pub since: Option<Timestamp>,
    /// Whether also those that are yet to be written, until the container ends.
    pub follow: bool,
}

/// How bad a line is, by its own words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    /// Something failed.
    Error,
    /// Something may fail.
    Warning,
    /// Anything else.
    Other,
}

impl LogLevel {
    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Other => "other",
        }
    }
}

/// Lines of one kind that a service writes more often after the migrations than without them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogChange {
    /// The service.
    pub service: String,
    /// How bad they are.
    pub level: LogLevel,
    /// What they have in common, with marks for what differs from line to line.
    pub template: String,
    /// What the first of them says after the migrations, without secrets.
    pub example: String,
    /// How many there are without the migrations; none if the kind is new.
    pub before: u64,
    /// How many there are after them.
    pub after: u64,
}
