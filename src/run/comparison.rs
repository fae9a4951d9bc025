//! The same stack without the migrations: its services and its suite run once more, on the seed as it was.
//!
//! It stands after the migrated one is gone, so that a run takes no more memory than one that does not compare, and that
//! neither of the two slows the other down.

use tokio::sync::mpsc;

use super::check::CheckOrder;
use super::ending::{self, Cleared};
use super::heard::heard;
use super::stand::{self, Stood};
use super::stopwatch::Stopwatch;
use super::suite::{self, Ran};
use crate::execute::Run;
use crate::model::comparison::Comparison;
use crate::model::environment::Environment;
use crate::model::error::Result;
use crate::observe::logs::{Compared, compare};
use crate::plan::Identity;

/// Whether there are services after migrations to compare with those before.
pub fn is_due(environment: &Environment, stood: &Stood) -> bool {
    environment.compares && !stood.migrated.reports.is_empty() && !stood.migrated.has_failed()
}

/// Takes the migrated stack down once its services were heard, and stands one up that nothing migrates. What was taken
/// down is told in `cleared`, also if the rest fails.
pub async fn comparison(
    run: &Run,
    order: &CheckOrder<'_>,
    identity: &Identity,
    migrated: &Stood,
    cleared: &mut Cleared,
) -> Result<Comparison> {
    let environment = order.environment;
    let after = heard(run, environment, identity, &migrated.marks).await?;
    *cleared = std::mem::take(cleared).then(ending::clear(run).await);

    let unmigrated = Environment { migrations: Vec::new(), ..environment.clone() };
    // Names of its own: those of the stack before it may still be on their way out.
    let identity = Identity { stack: run.world.clock.fresh_run_id(), ..identity.clone() };
    // Where services do not come up after the migrations, no suite ran that another could be compared with.
    let spec = environment.suite.as_ref().filter(|_| migrated.is_whole());
    // All of it is one phase of the check.
    let mut unheard = Stopwatch::new(mpsc::unbounded_channel().0);
    let (stood, _) =
        stand::stand(run, &unmigrated, order.settings, &identity, spec, &mut unheard, None).await?;
    let mut comparison = Comparison { service_failure: stood.service_failure, ..Comparison::default() };
    if let Some(spec) = spec.filter(|_| comparison.service_failure.is_none()) {
        match suite::run_suite(run, &unmigrated, &identity, spec).await? {
            Ran::Suite(outcome) => comparison.suite = Some(outcome),
            Ran::Unfit(failure) => {
                comparison.service_failure = stand::named(Some(failure), &unmigrated, &identity);
            }
        }
    }
    if comparison.service_failure.is_none() {
        let before = heard(run, &unmigrated, &identity, &stood.marks).await?;
        let Compared { changes, uncompared } = compare(&before, &after);
        (comparison.logs, comparison.uncompared) = (changes, uncompared);
    }
    Ok(comparison)
}
