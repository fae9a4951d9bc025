//! What containers write: lines, and which of them somebody wants to see.

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
