//! The report as JUnit XML: a case for each migration, each guard, the suite, each failed test of the app, and the teardown.

use std::time::Duration;

use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite};

use crate::model::guard::{Finding, GUARD_IDS};
use crate::model::report::{MigrationReport, Report};
use crate::model::suite::SuiteOutcome;

use super::phrase;

/// One `testsuite` named `stage`. What did not run is skipped; what could not be verified is an error.
pub fn junit(report: &Report) -> String {
    let mut cases: Vec<TestCase> = report.migrations.iter().map(migration).collect();
    cases.extend(report.not_run.iter().map(|name| {
        let mut status = TestCaseStatus::skipped();
        status.set_message("an earlier migration failed");
        case("migration", name, status, 0.0)
    }));
    cases.extend(GUARD_IDS.iter().map(|id| guard(report, id)));
    if let Some(outcome) = &report.suite {
        cases.extend(suite(outcome));
    }
    let left = (!report.teardown.left.is_empty()).then(|| report.teardown.left.join("\n"));
    cases.push(case("teardown", "nothing left behind", status(left.as_deref(), ""), 0.0));

    let mut suite = TestSuite::new("stage");
    suite.set_time(seconds(report.duration_s));
    suite.add_property(("environment", report.environment.as_str()));
    suite.add_property(("run", report.run.0.as_str()));
    suite.add_property(("verdict", phrase::verdict(report.verdict)));
    suite.add_test_cases(cases);
    let mut root = quick_junit::Report::new(format!("stage check {}", report.environment));
    root.set_time(seconds(report.duration_s));
    root.add_test_suite(suite);
    // The writer fails on text that XML cannot hold, and `XmlString` has removed that.
    root.to_string().unwrap_or_default()
}

fn migration(report: &MigrationReport) -> TestCase {
    let MigrationReport { run, change } = report;
    let status = match &run.failure {
        Some(failure) => status(Some(&failure.message), &failure.code),
        None if change.doubts.is_empty() => TestCaseStatus::success(),
        None => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
            status.set_type("could not verify").set_message(change.doubts.join("; "));
            status
        }
    };
    let mut case = case("migration", &run.migration.name, status, run.duration_s);
    if let Some(output) = &run.output_tail {
        case.set_system_out(output.as_str());
    }
    case
}

fn guard(report: &Report, id: &str) -> TestCase {
    let found: Vec<&Finding> = report.findings.iter().filter(|finding| finding.guard == id).collect();
    let messages = found.iter().map(|finding| phrase::finding(finding)).collect::<Vec<_>>().join("\n");
    let hint = found.first().map(|finding| format!("hint: {}", finding.hint));
    let mut status = status((!found.is_empty()).then_some(messages.as_str()), id);
    if let Some(hint) = hint {
        status.set_description(format!("{messages}\n{hint}"));
    }
    case("guard", id, status, 0.0)
}

/// The suite as one case with its output, and each failed test as one.
fn suite(outcome: &SuiteOutcome) -> Vec<TestCase> {
    let end = (!outcome.is_passed()).then(|| phrase::suite(outcome));
    let mut whole = case("suite", "suite", status(end.as_deref(), "suite"), outcome.duration_s);
    if end.is_some() {
        whole.set_system_out(outcome.output_tail.as_str());
    }
    let failed = outcome.failed.iter().map(|test| {
        let mut status = status(Some(test.message.lines().next().unwrap_or_default()), "test");
        status.set_description(test.message.as_str());
        case("suite", &test.name, status, 0.0)
    });
    std::iter::once(whole).chain(failed).collect()
}

fn case(class: &str, name: &str, status: TestCaseStatus, duration_s: f64) -> TestCase {
    let mut case = TestCase::new(name, status);
    case.set_classname(format!("stage.{class}")).set_time(seconds(duration_s));
    case
}

/// Success without a message, failure with one.
fn status(message: Option<&str>, kind: &str) -> TestCaseStatus {
    let Some(message) = message else { return TestCaseStatus::success() };
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    status.set_message(message);
    if !kind.is_empty() {
        status.set_type(kind);
    }
    status
}

fn seconds(duration_s: f64) -> Duration {
    Duration::try_from_secs_f64(duration_s).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::junit;
    use crate::render::sample;

    #[test]
    fn a_ci_server_sees_which_guard_was_broken() {
        insta::assert_snapshot!("junit_incident", junit(&sample::incident()));
    }

    #[test]
    fn a_ci_server_sees_what_did_not_run() {
        insta::assert_snapshot!("junit_syntax_error", junit(&sample::syntax_error()));
    }

    #[test]
    fn other_tools_can_read_it_back() {
        for (report, failures, errors, skipped) in [
            (sample::incident(), 1, 0, 0),
            (sample::mended(), 0, 0, 0),
            (sample::syntax_error(), 2, 0, 1),
            (sample::troubled(), 6, 1, 0),
        ] {
            let read = junit_parser::from_reader(junit(&report).as_bytes()).unwrap();
            let suite = &read.suites[0];
            let left_out = suite.cases.iter().filter(|case| case.status.is_skipped()).count();
            assert_eq!((suite.failures, suite.errors, left_out), (failures, errors, skipped), "{read:?}");
        }
    }
}
