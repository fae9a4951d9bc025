//! A suite that does not pass on the migrated database.

use crate::judge::evidence::Evidence;
use crate::judge::guard::Guard;
use crate::model::guard::Finding;
use crate::model::quantity::{Count, counted};
use crate::model::suite::{FailedTest, SuiteEnd, SuiteOutcome};

/// So many failed tests are named; the report has them all.
const NAMED: usize = 3;

/// A suite with failed tests, that ended otherwise than with 0, or that did not end.
pub(super) static GUARD: Guard = Guard {
    id: "suite_failed",
    summary: "a test of the app fails, or the suite does not finish in its time",
    why: "the app no longer does what its own tests promise",
    hint: "read the failed tests in the report",
    check,
};

fn check(evidence: &Evidence) -> Vec<Finding> {
    let failed = |suite: &SuiteOutcome| Finding {
        guard: GUARD.id,
        migration: None,
        database: None,
        steps: Vec::new(),
        table: None,
        message: in_words(suite),
        hint: GUARD.hint.to_owned(),
    };
    evidence.suite.filter(|suite| !suite.is_passed()).map(failed).into_iter().collect()
}

fn in_words(suite: &SuiteOutcome) -> String {
    match suite.end {
        SuiteEnd::TimedOut { timeout_s } => format!("the suite did not finish within {timeout_s} s"),
        SuiteEnd::Exited(code) if suite.failed.is_empty() => format!("the suite exited with {code}"),
        SuiteEnd::Exited(_) => failed_tests(suite),
    }
}

fn failed_tests(suite: &SuiteOutcome) -> String {
    let failed = suite.failed.len();
    let how_many = match suite.passed {
        Some(passed) => {
            format!(
                "{} of {} failed",
                Count(failed as u64),
                counted(failed + to_usize(passed), "test", "tests")
            )
        }
        None => format!("{} failed", counted(failed, "test", "tests")),
    };
    let names =
        suite.failed.iter().take(NAMED).map(|FailedTest { name, .. }| name.as_str()).collect::<Vec<_>>();
    let rest =
        if failed > NAMED { format!(" and {} more", Count((failed - NAMED) as u64)) } else { String::new() };
    format!("{how_many}: {}{rest}", names.join(", "))
}

fn to_usize(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use crate::judge::sample::Sample;

    #[test]
    fn a_suite_that_passes_is_no_finding() {
        assert!(Sample::default().suite_exited(0).findings("suite_failed").is_empty());
    }

    #[test]
    fn a_suite_without_an_end_is_told_with_its_time() {
        assert_eq!(
            Sample::default().suite_timed_out(120, 122.7).findings("suite_failed"),
            [": the suite did not finish within 120 s"]
        );
    }

    #[test]
    fn a_suite_that_ends_badly_without_a_failed_test_is_told_by_its_code() {
        assert_eq!(Sample::default().suite_exited(4).findings("suite_failed"), [": the suite exited with 4"]);
    }

    #[test]
    fn failed_tests_are_counted_and_the_first_are_named() {
        let sample = Sample::default().suite_exited(1).failed_tests(["a", "b", "c", "d"]);
        assert_eq!(sample.findings("suite_failed"), [": 4 of 44 tests failed: a, b, c and 1 more"]);
    }

    #[test]
    fn a_failed_test_counts_even_if_the_suite_exits_with_0() {
        let sample = Sample::default().suite_exited(0).failed_tests(["a"]);
        assert_eq!(sample.findings("suite_failed"), [": 1 of 41 tests failed: a"]);
    }
}
