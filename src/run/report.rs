//! The report of a run: what was found out, judged.

use std::time::Instant;

use jiff::Timestamp;

use super::stand::Stood;
use crate::judge;
use crate::model::approval::Approval;
use crate::model::environment::Environment;
use crate::model::name::RunId;
use crate::model::report::{MigrationReport, PhaseTime, Report, SeedUse, Teardown, Verdict};
use crate::model::seed::SeedRecord;
use crate::model::suite::SuiteOutcome;

/// What a report is about.
pub struct Subject<'a> {
    /// The environment.
    pub environment: &'a Environment,
    /// The run.
    pub run: RunId,
    /// When it began, as people count time.
    pub started_at: Timestamp,
    /// When it began, to tell how long it took.
    pub begun: Instant,
    /// Findings that somebody accepted.
    pub approvals: &'a [Approval],
    /// What had happened to the databases before, so that nobody is blamed for it.
    pub since: &'a [MigrationReport],
}

/// Judges what was found out.
pub fn report(
    subject: Subject<'_>,
    stood: Stood,
    suite: Option<SuiteOutcome>,
    teardown: Teardown,
    phases: Vec<PhaseTime>,
) -> Report {
    let mut migrations = [subject.since, &stood.migrated.reports].concat();
    // What was done before is compared with, not judged.
    migrations.iter_mut().take(subject.since.len()).for_each(|since| since.change.doubts.clear());
    let (mut verdict, mut findings) = judge::judge(&judge::Evidence {
        migrations: &migrations,
        not_run: &stood.migrated.not_run,
        service_failure: stood.service_failure.as_ref(),
        suite: suite.as_ref(),
        traffic: stood.traffic.as_ref(),
        limits: &subject.environment.guards,
        approvals: subject.approvals,
        now: subject.started_at,
    });
    let before: Vec<&str> = subject.since.iter().map(|since| since.run.migration.name.as_str()).collect();
    findings.retain(|finding| finding.migration.as_deref().is_none_or(|name| !before.contains(&name)));
    if verdict == Verdict::Blocked && findings.is_empty() {
        let is_certain = stood.migrated.reports.iter().all(|report| report.change.doubts.is_empty());
        verdict = if is_certain && stood.migrated.not_run.is_empty() {
            Verdict::Passed
        } else {
            Verdict::Unverified
        };
    }
    Report {
        environment: subject.environment.name.clone(),
        run: subject.run,
        started_at: subject.started_at,
        duration_s: subject.begun.elapsed().as_secs_f64(),
        seeds: stood.seeds.into_iter().map(of_service).collect(),
        migrations: stood.migrated.reports,
        not_run: stood.migrated.not_run,
        service_failure: stood.service_failure,
        egress: stood.egress,
        mail: stood.mail,
        suite,
        comparison: None,
        traffic: stood.traffic,
        findings,
        verdict,
        teardown,
        phases,
    }
}

/// A seed under the name of the service that it serves here: whoever built it may call that otherwise.
fn of_service((service, used): (String, SeedUse)) -> SeedUse {
    SeedUse { seed: SeedRecord { database: service, ..used.seed }, ..used }
}
