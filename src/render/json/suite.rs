//! What came of the suite, as JSON.

use serde::Serialize;

use crate::model::suite::{SuiteEnd, SuiteOutcome};

#[derive(Serialize)]
pub(in crate::render) struct Suite<'a> {
    is_passed: bool,
    timed_out: bool,
    /// `null` if it timed out.
    exit_code: Option<i64>,
    duration_s: f64,
    /// `null` without a JUnit file, as `skipped`.
    passed: Option<u64>,
    skipped: Option<u64>,
    failed: Vec<FailedTest<'a>>,
    output_tail: &'a str,
}

#[derive(Serialize)]
struct FailedTest<'a> {
    name: &'a str,
    message: &'a str,
}

/// What came of it.
pub(in crate::render) fn suite(outcome: &SuiteOutcome) -> Suite<'_> {
    let exit_code = match outcome.end {
        SuiteEnd::Exited(code) => Some(code),
        SuiteEnd::TimedOut { .. } => None,
    };
    let failed = outcome.failed.iter().map(|test| FailedTest { name: &test.name, message: &test.message });
    Suite {
        is_passed: outcome.is_passed(),
        timed_out: matches!(outcome.end, SuiteEnd::TimedOut { .. }),
        exit_code,
        duration_s: outcome.duration_s,
        passed: outcome.passed,
        skipped: outcome.skipped,
        failed: failed.collect(),
        output_tail: &outcome.output_tail,
    }
}
