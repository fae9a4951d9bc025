//! What is pending runs on a stack that stands, under the meter.

use std::time::Instant;

use super::beside;
use super::egress;
use super::instance::{self, StackOrder};
use super::migrations::{self, Outset};
use super::report::{Subject, report};
use super::stand::Stood;
use super::stopwatch::Stopwatch;
use crate::execute;
use crate::model::environment::Environment;
use crate::model::error::Result;
use crate::model::report::Report;
use crate::plan;
use crate::world::World;

/// Runs what is pending on a stack that stands. Its services go on running, as they do in production: what they write
/// meanwhile counts as well. The figures compare with the seed, whatever happened to the stack before.
pub async fn migrate(world: World, order: StackOrder<'_>, environment: &Environment) -> Result<Report> {
    let begun = Instant::now();
    let started_at = world.clock.now();
    let mut stopwatch = Stopwatch::new(order.events.clone());
    let work = instance::hold(&world, order, "migrate", async |run, identity, stack| {
        stopwatch.enter("meter");
        let sources = migrations::read(&run.world, environment).await?;
        let (meters, since) = beside::open_meters(run, environment, identity, stack).await?;
        let inventory = run.world.engine.inventory(&plan::images(environment)).await?;
        let enclosure = egress::of_standing(run, environment, identity, stack).await?;
        let making = plan::make_commands(environment, identity, &inventory, enclosure.as_ref());
        if let Some(failure) = execute::apply(run, &making).await? {
            return Err(super::unfit(&failure));
        }
        stopwatch.enter("migrations");
        let outset = Outset { run, environment, identity, inventory: &inventory, is_alone: false };
        let migrated = migrations::run_all(&outset, meters, &sources).await?;
        stopwatch.enter("teardown");
        let stood = Stood { seeds: beside::seeds(run, stack).await?, migrated, ..Stood::default() };
        Ok((run.journal.run().clone(), stood, since))
    });
    let ((run, stood, since), teardown) = work.await?;
    let subject = Subject { environment, run, started_at, begun, approvals: &[], since: &since };
    Ok(report(subject, stood, None, teardown, stopwatch.into_phases()))
}
