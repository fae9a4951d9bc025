//! The app's test suite and what came of it.

use std::path::PathBuf;

/// The suite as configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SuiteSpec {
    /// The Compose service that runs it.
    pub service: String,
    /// Its command, if it is not the service's own.
    pub command: Option<Vec<String>>,
    /// Where in the container it writes its JUnit file.
    pub junit: Option<PathBuf>,
    /// How long it may take, in seconds.
    pub timeout_s: u64,
}

/// One test that did not pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedTest {
    /// Its full name.
    pub name: String,
    /// What it said, first lines only.
    pub message: String,
}

/// How the suite ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SuiteEnd {
    /// It exited with this code.
    Exited(i64),
    /// It was still running after its time.
    TimedOut {
        /// How long it was given, in seconds; that it is over shows a moment later.
        timeout_s: u64,
    },
}

/// What came of the suite: a fact, never an `Err`.
#[derive(Clone, Debug, PartialEq)]
pub struct SuiteOutcome {
    /// How it ended.
    pub end: SuiteEnd,
    /// How long it ran, in seconds.
    pub duration_s: f64,
    /// Tests that passed, if a JUnit file told.
    pub passed: Option<u64>,
    /// Tests that were skipped, if a JUnit file told.
    pub skipped: Option<u64>,
    /// Tests that failed.
    pub failed: Vec<FailedTest>,
    /// The last lines of its output.
    pub output_tail: String,
}

impl SuiteOutcome {
    /// Whether it exited with 0 and no test failed.
    pub fn is_passed(&self) -> bool {
        self.end == SuiteEnd::Exited(0) && self.failed.is_empty()
    }
}
