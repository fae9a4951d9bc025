//! The main job: seed, stack, migrations under the meter, services, suite, verdict; and always the unwinding.

use std::sync::Arc;
use std::time::Instant;

use super::ending::{self, Cleared};
use super::report::{Subject, report};
use super::stand::{self, Stood};
use super::stopwatch::Stopwatch;
use super::suite::{self, Ran};
use super::{Settings, comparison, egress, mail, sweep, traffic};
use crate::execute::Run;
use crate::model::approval::Approval;
use crate::model::comparison::Comparison;
use crate::model::environment::Environment;
use crate::model::error::Result;
use crate::model::report::Report;
use crate::model::suite::SuiteOutcome;
use crate::plan::{self, Identity};
use crate::store::journal::Journal;
use crate::world::World;
use crate::world::{Events, Stop};

/// What a check is about and whom it obeys.
pub struct CheckOrder<'a> {
    /// The environment.
    pub environment: &'a Environment,
    /// This machine and its user.
    pub settings: &'a Settings,
    /// Findings that somebody accepted.
    pub approvals: &'a [Approval],
    /// Its listeners.
    pub events: Events,
    /// Whether it should end.
    pub stop: Stop,
}

/// Runs the main job once. `Ok` holds a report whatever it says; `Err` means that `stage` failed. Either way nothing is
/// left behind, or what is left is named.
pub async fn check(world: World, order: CheckOrder<'_>) -> Result<Report> {
    // Nobody looks at a stack that goes at the end.
    let order = CheckOrder { environment: &plan::unattended(order.environment), ..order };
    let begun = Instant::now();
    let started_at = world.clock.now();
    sweep::recover(&world, &order.events).await?;
    let id = world.clock.fresh_run_id();
    let identity = super::identity(order.environment, order.settings, &id, started_at);
    let journal = Journal::open(Arc::clone(&world.state), &id, "check", started_at)?;
    let mut stopwatch = Stopwatch::new(order.events.clone());
    let run = Run { world, journal, events: order.events.clone(), stop: order.stop.clone() };
    let mut cleared = Cleared::default();
    let result = story(&run, &order, &identity, &mut stopwatch, &mut cleared).await;
    stopwatch.enter("teardown");
    let teardown = ending::end_after(run, cleared).await;
    let Found { stood, suite, comparison } = match result {
        Ok(found) => found,
        Err(error) => return ending::or_left(Err(error), &teardown),
    };
    let phases = stopwatch.into_phases();
    let environment = order.environment;
    let subject = Subject { environment, run: id, started_at, begun, approvals: order.approvals, since: &[] };
    Ok(Report { comparison, ..report(subject, stood, suite, teardown, phases) })
}

/// What a check found out.
struct Found {
    stood: Stood,
    suite: Option<SuiteOutcome>,
    comparison: Option<Comparison>,
}

async fn story(
    run: &Run,
    order: &CheckOrder<'_>,
    identity: &Identity,
    stopwatch: &mut Stopwatch,
    cleared: &mut Cleared,
) -> Result<Found> {
    let environment = order.environment;
    let (mut stood, enclosure) =
        stand::stand(run, environment, order.settings, identity, environment.suite.as_ref(), stopwatch, None)
            .await?;
    let mut suite = None;
    if let Some(spec) = environment.suite.as_ref().filter(|_| stood.is_whole()) {
        stopwatch.enter("suite");
        match suite::run_suite(run, environment, identity, spec).await? {
            Ran::Suite(outcome) => suite = Some(outcome),
            Ran::Unfit(failure) => {
                stood.service_failure = stand::named(Some(failure), environment, identity);
            }
        }
    }
    (stood.egress, stood.mail) = tokio::try_join!(
        egress::attempts(run, &enclosure),
        mail::summary(run, environment, identity, &enclosure),
    )?;
    let mut found = Found { stood, suite, comparison: None };
    if comparison::is_due(environment, &found.stood) {
        stopwatch.enter("comparison");
        let compared = comparison::comparison(run, order, identity, &found.stood, cleared).await?;
        found.comparison = Some(compared);
    }
    if let Some(spec) = traffic::is_due(environment, &found.stood) {
        stopwatch.enter("traffic");
        let told = traffic::traffic(run, order, identity, (spec, &found.stood), cleared).await?;
        found.stood.traffic = Some(told);
    }
    Ok(found)
}
