//! An error means that `stage` could not do its work: kind, what happened, why, and what to do about it.

use std::error::Error as StdError;
use std::fmt;
use std::path::PathBuf;

/// What went wrong in general; decides the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The command line asks for something that does not exist.
    Usage,
    /// A file of the environment is missing, malformed or contradicts itself.
    Config,
    /// A column has no rule, a rule does not fit, or a raw value was found where none may be.
    Masking,
    /// Something that `stage` made could not be removed.
    Leftover,
    /// The Docker Engine or a database did not answer, or refused what was asked.
    Unreachable,
    /// The backup is missing, too old, truncated or of a form that is not read.
    Backup,
    /// Disk, memory, addresses or the cap on stacks are used up.
    NoRoom,
    /// The change could not be verified; never a pass.
    Unverified,
    /// A broken promise inside `stage` itself.
    Bug,
    /// A signal asked `stage` to stop; holds the signal's number.
    Interrupted(u8),
}

impl ErrorKind {
    /// The documented exit code of this kind.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Usage | Self::Config => 2,
            Self::Masking => 3,
            Self::Leftover => 4,
            Self::Unreachable => 5,
            Self::Backup => 6,
            Self::NoRoom => 7,
            Self::Unverified => 8,
            Self::Bug => 70,
            Self::Interrupted(signal) => 128 + signal,
        }
    }
}

/// A place in a text file, for people: lines and columns count from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// The file as the user would name it.
    pub file: PathBuf,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file.display(), self.line, self.column)
    }
}

/// An error of `stage`. Messages are lower case without a final period; a hint says what to do next.
#[derive(Debug)]
pub struct Error {
    /// What went wrong in general.
    pub kind: ErrorKind,
    /// What could not be done, as a fragment that fits behind `error: `.
    pub message: String,
    /// Where in the user's files, if it is about one.
    pub location: Option<Location>,
    /// What the user can do, most useful first.
    pub hints: Vec<String>,
    /// The error underneath.
    pub cause: Option<Box<dyn StdError + Send + Sync>>,
    /// Further problems that were found in the same go; this one decides the exit code.
    pub also: Vec<Error>,
}

/// What fallible functions of this crate return.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// An error of `kind` that says `message`.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            location: None,
            hints: Vec::new(),
            cause: None,
            also: Vec::new(),
        }
    }

    /// All problems that were found in one go, as one error; nothing for none.
    pub fn all(problems: Vec<Self>) -> Result<()> {
        let mut problems = problems.into_iter();
        let Some(mut first) = problems.next() else { return Ok(()) };
        first.also.extend(problems);
        Err(first)
    }

    /// Adds what the user can do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Adds the place in the user's files.
    #[must_use]
    pub fn at(mut self, location: Location) -> Self {
        self.location = Some(location);
        self
    }

    /// Adds the error underneath.
    #[must_use]
    pub fn because(mut self, cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.cause = Some(cause.into());
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(location) = &self.location {
            write!(f, "{location}: ")?;
        }
        f.write_str(&self.message)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.cause.as_ref().map(|cause| cause.as_ref() as &(dyn StdError + 'static))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_says_where_and_what_on_one_line() {
        let error = Error::new(ErrorKind::Config, "unknown key `databses`")
            .at(Location { file: "stage.yaml".into(), line: 3, column: 1 })
            .hint("did you mean `databases`?");
        assert_eq!(error.to_string(), "stage.yaml:3:1: unknown key `databses`");
        assert_eq!(error.kind.exit_code(), 2);
    }

    #[test]
    fn a_signal_ends_with_the_code_that_shells_expect() {
        assert_eq!(ErrorKind::Interrupted(2).exit_code(), 130);
        assert_eq!(ErrorKind::Interrupted(15).exit_code(), 143);
    }
}
