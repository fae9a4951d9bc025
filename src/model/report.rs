//! The verdict and its evidence.

use jiff::Timestamp;

use super::call::ServiceFailure;
use super::change::Change;
use super::comparison::Comparison;
use super::egress::Attempt;
use super::guard::Finding;
use super::mail::MailSummary;
use super::migration::MigrationRun;
use super::name::RunId;
use super::proof::Remains;
use super::seed::SeedRecord;
use super::suite::SuiteOutcome;
use super::traffic::Traffic;

/// What `stage` says of the change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// No guard was broken and the suite passed.
    Passed,
    /// A guard was broken, a migration failed, a service did not come up, or the suite failed.
    Blocked,
    /// The witnesses do not agree, so that nothing can be promised; never a pass.
    Unverified,
}

/// A database's seed, and whether it had to be built.
#[derive(Clone, Debug, PartialEq)]
pub struct SeedUse {
    /// The seed.
    pub seed: SeedRecord,
    /// Whether it was there already.
    pub reused: bool,
}

/// One migration: how it ran and what it did.
#[derive(Clone, Debug, PartialEq)]
pub struct MigrationReport {
    /// How it ran.
    pub run: MigrationRun,
    /// What it did.
    pub change: Change,
}

/// How the run cleaned up after itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Teardown {
    /// What was removed, one line each.
    pub removed: Vec<String>,
    /// What is still there and why, one line each.
    pub left: Vec<String>,
    /// What there was before and after, by kind, as it was looked at; empty where nobody could look.
    pub proof: Vec<Remains>,
    /// Images that were fetched for the run; they stay for the next one.
    pub images: Vec<String>,
}

/// How long one phase took.
#[derive(Clone, Debug, PartialEq)]
pub struct PhaseTime {
    /// The phase.
    pub phase: &'static str,
    /// In seconds.
    pub duration_s: f64,
}

/// The report of one check.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// The environment's name.
    pub environment: String,
    /// The run.
    pub run: RunId,
    /// When it began.
    pub started_at: Timestamp,
    /// How long it took in all, in seconds.
    pub duration_s: f64,
    /// The seeds, one a database.
    pub seeds: Vec<SeedUse>,
    /// Migrations in the order in which they ran; those after a failed one did not.
    pub migrations: Vec<MigrationReport>,
    /// Names of migrations that were pending and did not run, as an earlier one failed.
    pub not_run: Vec<String>,
    /// A service that did not come up after the migrations.
    pub service_failure: Option<ServiceFailure>,
    /// What services tried to reach beyond the stack and could not; `None` where nothing is denied.
    pub egress: Option<Vec<Attempt>>,
    /// What mail services have sent, and the sink has caught; `None` without a sink.
    pub mail: Option<MailSummary>,
    /// The suite; `None` if there is none or it was not reached.
    pub suite: Option<SuiteOutcome>,
    /// How all this is without the migrations; `None` if nobody asked, or if they did not run through.
    pub comparison: Option<Comparison>,
    /// How long the migrations kept traffic waiting; `None` if nobody asked, or if they did not run through.
    pub traffic: Option<Traffic>,
    /// Guards that were broken, most severe first.
    pub findings: Vec<Finding>,
    /// The verdict.
    pub verdict: Verdict,
    /// What was cleaned up.
    pub teardown: Teardown,
    /// How long each phase took, in order.
    pub phases: Vec<PhaseTime>,
}

impl Report {
    /// The exit code that this report stands for: what was left behind wins over what was found.
    pub fn exit_code(&self) -> u8 {
        if !self.teardown.left.is_empty() {
            return 4;
        }
        match self.verdict {
            Verdict::Passed => 0,
            Verdict::Blocked => 1,
            Verdict::Unverified => 8,
        }
    }
}
