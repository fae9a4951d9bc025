//! The suite: started beside the migrated stack, waited for, and read.

use std::time::{Duration, Instant};

use crate::execute::{self, Run};
use crate::model::call::ServiceFailure;
use crate::model::environment::Environment;
use crate::model::error::Result;
use crate::model::suite::{FailedTest, SuiteEnd, SuiteOutcome, SuiteSpec};
use crate::plan::{self, Identity};

/// How many lines of its output a report keeps.
const TAIL_LINES: usize = 30;
/// How many lines of a failed test's message a report keeps.
const MESSAGE_LINES: usize = 6;

/// What came of the suite, or of a service that it waits for.
pub enum Ran {
    /// It ran.
    Suite(SuiteOutcome),
    /// Something that it depends on did not come up.
    Unfit(ServiceFailure),
}

/// Runs the suite to its end or its time.
pub async fn run_suite(
    run: &Run,
    environment: &Environment,
    identity: &Identity,
    suite: &SuiteSpec,
) -> Result<Ran> {
    let begun = Instant::now();
    let plan = plan::start_suite(environment, identity, suite);
    if let Some(failure) = execute::apply(run, &plan).await? {
        return Ok(Ran::Unfit(failure));
    }
    let container = identity.names().container(&suite.service);
    let engine = &run.world.engine;
    let timeout = Duration::from_secs(suite.timeout_s);
    let end = match run.stop.or(engine.await_exit(&container, timeout)).await? {
        Some(code) => SuiteEnd::Exited(code),
        None => SuiteEnd::TimedOut { timeout_s: suite.timeout_s },
    };
    let duration_s = begun.elapsed().as_secs_f64();
    let output_tail = engine.output_tail(&container, TAIL_LINES).await?;
    let mut outcome =
        SuiteOutcome { end, duration_s, passed: None, skipped: None, failed: Vec::new(), output_tail };
    if let Some(junit) = &suite.junit {
        let file = engine.download(&container, &junit.to_string_lossy()).await?;
        if let Some(results) = file.as_deref().and_then(read_junit) {
            outcome.passed = Some(results.passed);
            outcome.skipped = Some(results.skipped);
            outcome.failed = results.failed;
        }
    }
    Ok(Ran::Suite(outcome))
}

#[derive(Debug, PartialEq)]
struct Results {
    passed: u64,
    skipped: u64,
    failed: Vec<FailedTest>,
}

/// A suite that was cut short may leave a file that is cut as well: then its exit code alone speaks.
fn read_junit(file: &[u8]) -> Option<Results> {
    let suites = junit_parser::from_reader(file).ok()?;
    let mut results = Results { passed: 0, skipped: 0, failed: Vec::new() };
    for case in suites.suites.iter().flat_map(|suite| suite.cases.iter()) {
        let message = match &case.status {
            junit_parser::TestStatus::Success => {
                results.passed += 1;
                continue;
            }
            junit_parser::TestStatus::Skipped(_) => {
                results.skipped += 1;
                continue;
            }
            junit_parser::TestStatus::Failure(failure) => format!("{}\n{}", failure.message, failure.text),
            junit_parser::TestStatus::Error(error) => format!("{}\n{}", error.message, error.text),
        };
        let lines: Vec<&str> =
            message.lines().filter(|line| !line.trim().is_empty()).take(MESSAGE_LINES).collect();
        let name = match &case.classname {
            Some(class) => format!("{class}::{}", case.original_name),
            None => case.original_name.clone(),
        };
        results.failed.push(FailedTest { name, message: lines.join("\n") });
    }
    Some(results)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_junit_file_tells_what_passed_and_what_failed_with_what_words() {
        let file = br#"<?xml version="1.0"?><testsuites><testsuite name="pytest" tests="3" failures="1" errors="0" skipped="1">
            <testcase classname="tests.test_orders" name="test_pays" time="0.1"/>
            <testcase classname="tests.test_orders" name="test_ships" time="0.1"><failure message="assert 1 == 2">line one
line two</failure></testcase>
            <testcase classname="tests.test_orders" name="test_later" time="0.1"><skipped message="later"/></testcase>
            </testsuite></testsuites>"#;
        let results = read_junit(file).unwrap();
        assert_eq!((results.passed, results.skipped), (1, 1));
        assert_eq!(results.failed[0].name, "tests.test_orders::test_ships");
        assert_eq!(results.failed[0].message, "assert 1 == 2\nline one\nline two");
    }

    #[test]
    fn a_file_that_was_cut_tells_nothing() {
        assert_eq!(read_junit(b"<testsuites><testsuite name="), None);
    }
}
