//! The suite of an environment runs against a stack that stands.

use std::time::Instant;

use super::instance::{self, StackOrder};
use super::report::{Subject, report};
use super::stand::{self, Stood};
use super::stopwatch::Stopwatch;
use super::suite::{self, Ran};
use super::{egress, mail, pick};
use crate::execute;
use crate::model::environment::Environment;
use crate::model::error::{Error, ErrorKind, Result};
use crate::model::report::Report;
use crate::plan;
use crate::world::World;

/// Runs the suite in a container of its own, which goes afterwards; the stack goes on standing with what the tests wrote.
pub async fn test(world: World, order: StackOrder<'_>, environment: &Environment) -> Result<Report> {
    let Some(spec) = &environment.suite else {
        let message = format!("environment `{}` has no suite", environment.name);
        return Err(Error::new(ErrorKind::Usage, message).hint("`suite:` in stage.yaml names its service"));
    };
    let begun = Instant::now();
    let started_at = world.clock.now();
    let mut stopwatch = Stopwatch::new(order.events.clone());
    let work = instance::hold(&world, order, "test", async |run, identity, stack| {
        pick::with_databases(stack)?;
        stopwatch.enter("suite");
        let images = plan::images(environment);
        let inventory = run.world.engine.inventory(&images).await?;
        let enclosure = egress::of_standing(run, environment, identity, stack).await?;
        let making = plan::make_suite(environment, identity, &inventory, spec, enclosure.as_ref());
        if let Some(failure) = execute::apply(run, &making).await? {
            return Err(super::unfit(&failure));
        }
        // Only what is sent from now on may be the doing of the suite.
        let mark = mail::mark(run, stack).await?;
        let ran = suite::run_suite(run, environment, identity, spec).await?;
        stopwatch.enter("teardown");
        let (suite, service_failure) = match ran {
            Ran::Suite(outcome) => (Some(outcome), None),
            Ran::Unfit(failure) => (None, stand::named(Some(failure), environment, identity)),
        };
        let egress = match &enclosure {
            Some(enclosure) => egress::attempts(run, enclosure).await?,
            None => None,
        };
        let mail = mail::summary_of_standing(run, environment, stack, enclosure.as_ref(), mark).await?;
        let stood = Stood { service_failure, egress, mail, ..Stood::default() };
        Ok((run.journal.run().clone(), suite, stood))
    });
    let ((run, suite, stood), teardown) = work.await?;
    let subject = Subject { environment, run, started_at, begun, approvals: &[], since: &[] };
    Ok(report(subject, stood, suite, teardown, stopwatch.into_phases()))
}
