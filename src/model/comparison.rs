//! The stack as it is without the migrations, to compare with.

use super::call::ServiceFailure;
use super::log::LogChange;
use super::suite::SuiteOutcome;

/// What services and suite did on the seed as it was, and what is new since the migrations.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Comparison {
    /// A service that does not come up there either; then there is nothing to compare with.
    pub service_failure: Option<ServiceFailure>,
    /// The suite there; `None` if there is none or it was not reached, there or after the migrations.
    pub suite: Option<SuiteOutcome>,
    /// Lines that are new or far more frequent after the migrations, the worst first.
    pub logs: Vec<LogChange>,
    /// Services that write lines of so many kinds that nothing can be said of them.
    pub uncompared: Vec<String>,
}

impl Comparison {
    /// Whether a test fails there, too.
    pub fn fails(&self, test: &str) -> bool {
        self.suite.iter().flat_map(|suite| &suite.failed).any(|failed| failed.name == test)
    }
}
