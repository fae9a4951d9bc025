//! The end of the report in a terminal: services, suite, seeds, times, and the proof that everything is gone.

use crate::model::quantity::{counted, duration};
use crate::model::report::{Report, Teardown};
use crate::model::suite::SuiteOutcome;

use super::{Page, comparison, tone, traffic};
use crate::render::paint::Tone;
use crate::render::phrase;

/// Lines of an output that are quoted.
const MAX_OUTPUT: usize = 12;
/// Failed tests that are named.
const MAX_TESTS: usize = 10;
/// Kinds of messages that are named.
const MAX_MAIL: usize = 6;
/// Attempts to reach something outside that are named.
const MAX_ATTEMPTS: usize = 12;

/// Everything that is said once a report.
pub(super) fn section(page: &mut Page, report: &Report) {
    outcomes(page, report);
    for seed in &report.seeds {
        page.entry("", (Tone::Bold, "seed"), &phrase::seed(seed, report));
    }
    let times = report.phases.iter().map(|phase| format!("{} {}", phase.phase, duration(phase.duration_s)));
    let times = times.collect::<Vec<_>>().join(", ");
    page.entry("", (Tone::Bold, "time"), &format!("{} in all: {times}", duration(report.duration_s)));
    teardown(page, &report.teardown);
    let code = report.exit_code();
    let began = report.started_at.strftime("%Y-%m-%d %H:%M:%S UTC");
    let last = format!("{}, began {began}, exit code {code}", report.run);
    page.entry("", (Tone::Bold, "run"), &last);
}

/// What services and suite say.
pub(super) fn outcomes(page: &mut Page, report: &Report) {
    elsewhere(page, report);
    if let Some(failure) = &report.service_failure {
        page.entry("", (Tone::Bad, "service"), &format!("{}: {}", failure.service, failure.reason));
        page.quote("  ", &failure.output_tail, MAX_OUTPUT);
    }
    if let Some(outcome) = &report.suite {
        suite(page, report, outcome);
    }
    if let Some(of) = &report.comparison {
        comparison::section(page, report, of);
    }
    traffic::section(page, report);
    egress(page, report);
    mail(page, report);
}

/// What services tried to reach beyond the stack.
fn egress(page: &mut Page, report: &Report) {
    let attempts = report.egress.as_deref().unwrap_or_default();
    if attempts.is_empty() {
        return;
    }
    let refused = counted(attempts.len(), "destination", "destinations");
    let text = format!("{refused} outside the stack refused; `egress:` in stage.yaml can allow them");
    page.entry("", (Tone::Doubt, "egress"), &text);
    for attempt in attempts.iter().take(MAX_ATTEMPTS) {
        page.entry("  ", (Tone::Bold, &attempt.service), &phrase::attempt(attempt));
    }
    if attempts.len() > MAX_ATTEMPTS {
        page.line(format!("  and {}", counted(attempts.len() - MAX_ATTEMPTS, "more", "more")));
    }
}

/// What mail services have sent.
pub(super) fn mail(page: &mut Page, report: &Report) {
    let Some(mail) = &report.mail else { return };
    page.entry("", (Tone::Bold, "mail"), &phrase::mail(mail));
    for kind in mail.kinds.iter().take(MAX_MAIL) {
        page.entry("  ", (Tone::Bold, &kind.service), &phrase::mail_kind(kind));
    }
    if mail.kinds.len() > MAX_MAIL {
        let more = counted(mail.kinds.len() - MAX_MAIL, "more kind of message", "more kinds of messages");
        page.line(format!("  … and {more}, all in `--json`"));
    }
    for (service, count) in &mail.tls {
        page.entry("  ", (Tone::Doubt, service), &phrase::wanted_tls(*count));
    }
}

/// Findings that are about no migration.
fn elsewhere(page: &mut Page, report: &Report) {
    for finding in report.findings.iter().filter(|finding| phrase::owner(report, finding).is_none()) {
        page.entry("", (tone(report.verdict), &format!("✘ {}:", finding.guard)), &phrase::finding(finding));
        page.entry("  ", (Tone::Good, "hint:"), &finding.hint);
    }
}

fn suite(page: &mut Page, report: &Report, outcome: &SuiteOutcome) {
    let tone = if outcome.is_passed() { Tone::Good } else { Tone::Bad };
    page.entry("", (tone, "suite"), &phrase::suite(outcome));
    for test in outcome.failed.iter().take(MAX_TESTS) {
        let message = phrase::failed_test(report, test);
        page.entry("  ", (Tone::Bad, "✘"), &format!("{}: {message}", test.name));
    }
    if outcome.failed.len() > MAX_TESTS {
        let more = counted(outcome.failed.len() - MAX_TESTS, "more test", "more tests");
        page.line(format!("  and {more}"));
    }
    if !outcome.is_passed() && outcome.failed.is_empty() {
        page.quote("  ", &outcome.output_tail, MAX_OUTPUT);
    }
    if phrase::is_missed_by_tests(report) {
        let missed = page.paint.put(Tone::Doubt, "the tests alone would have let this change pass");
        page.line(format!("      {missed}"));
    }
}

fn teardown(page: &mut Page, teardown: &Teardown) {
    let tone = if teardown.left.is_empty() { Tone::Good } else { Tone::Bad };
    let line = phrase::teardown(teardown);
    let (what, counts) = line.split_once(": ").unwrap_or((&line, ""));
    page.entry("", (tone, &format!("{what}:")), counts);
    for left in &teardown.left {
        page.entry("  ", (Tone::Bad, "✘"), left);
    }
    if !teardown.left.is_empty() && !teardown.proof.is_empty() {
        let kinds: Vec<String> = teardown.proof.iter().map(phrase::remains).collect();
        page.entry("  ", (Tone::Bold, "before → after:"), &kinds.join(", "));
    }
    if let Some(images) = phrase::images_kept(teardown) {
        page.entry("", (Tone::Bold, "images"), &images);
    }
    if !teardown.left.is_empty() {
        page.entry("  ", (Tone::Good, "hint:"), "`stage sweep` removes what a run left behind");
    }
}
