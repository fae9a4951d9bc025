//! The main job: seed, stack, migrations under the meter, services, suite, verdict; and always the unwinding.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use super::migrations::{self, Migrated};
use super::seed::{self, SeedStory};
use super::stopwatch::Stopwatch;
use super::suite::{self, Ran};
use super::{Settings, ending, images, room, sweep};
use crate::execute::{self, Run};
use crate::judge::{self, Evidence};
use crate::model::approval::Approval;
use crate::model::call::{Call, ServiceFailure};
use crate::model::clones::CloneDriver;
use crate::model::environment::Environment;
use crate::model::error::{Error, ErrorKind, Result};
use crate::model::inventory::Inventory;
use crate::model::plan::Plan;
use crate::model::report::{Report, SeedUse};
use crate::model::seed::SeedKey;
use crate::model::suite::SuiteOutcome;
use crate::plan::{self, Identity};
use crate::store::journal::Journal;
use crate::world::World;
use crate::world::{Events, Stop};

/// How often another subnet is tried when somebody else took the chosen one in the meantime.
const SUBNET_TRIES: u32 = 5;

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
    let begun = Instant::now();
    let started_at = world.clock.now();
    sweep::recover(&world, &order.events).await?;
    let id = world.clock.fresh_run_id();
    let identity = super::identity(order.environment, order.settings, &id, started_at);
    let journal = Journal::open(Arc::clone(&world.state), &id, "check", started_at)?;
    let mut stopwatch = Stopwatch::new(order.events.clone());
    let run = Run { world, journal, events: order.events.clone(), stop: order.stop.clone() };
    let result = story(&run, &order, &identity, &mut stopwatch).await;
    stopwatch.enter("teardown");
    let teardown = ending::end(run).await;
    let found = match result {
        Ok(found) => found,
        Err(error) => return ending::or_left(Err(error), &teardown),
    };
    let phases = stopwatch.into_phases();
    let (verdict, findings) = judge::judge(&Evidence {
        migrations: &found.migrated.reports,
        not_run: &found.migrated.not_run,
        service_failure: found.service_failure.as_ref(),
        suite: found.suite.as_ref(),
        limits: &order.environment.guards,
        approvals: order.approvals,
        now: started_at,
    });
    Ok(Report {
        environment: order.environment.name.clone(),
        run: id,
        started_at,
        duration_s: begun.elapsed().as_secs_f64(),
        seeds: found.seeds.into_values().collect(),
        migrations: found.migrated.reports,
        not_run: found.migrated.not_run,
        service_failure: found.service_failure,
        suite: found.suite,
        findings,
        verdict,
        teardown,
        phases,
    })
}

/// What a story found out.
struct Found {
    seeds: BTreeMap<String, SeedUse>,
    migrated: Migrated,
    service_failure: Option<ServiceFailure>,
    suite: Option<SuiteOutcome>,
}

async fn story(
    run: &Run,
    order: &CheckOrder<'_>,
    identity: &Identity,
    stopwatch: &mut Stopwatch,
) -> Result<Found> {
    let environment = order.environment;
    stopwatch.enter("seed");
    // Migrations that cannot even be read are told before a seed is built for them.
    let sources = migrations::read(&run.world, environment).await?;
    let seed_story =
        SeedStory { environment, settings: order.settings, events: &run.events, stop: &run.stop };
    let seeds = seed::ensure_all(&run.world, &seed_story).await?;

    stopwatch.enter("stack");
    let inventory = stand_up(run, &seed_story, identity, &seeds).await?;
    // Making containers takes the engine about as long as the servers take to answer.
    let making = plan::make_services(environment, identity, &inventory);
    let (made, meters) = tokio::join!(
        execute::apply(run, &making),
        migrations::open_meters(run, environment, identity, &seeds),
    );
    if let Some(failure) = made? {
        return Err(super::unfit(&failure));
    }

    stopwatch.enter("migrations");
    let migrated = migrations::run_all(run, meters?, &sources).await?;
    let mut found = Found { seeds, migrated, service_failure: None, suite: None };
    if found.migrated.has_failed() {
        return Ok(found);
    }

    stopwatch.enter("services");
    let services = plan::start_services(environment, identity);
    found.service_failure = named(execute::apply(run, &services).await?, environment, identity);
    if found.service_failure.is_some() {
        return Ok(found);
    }

    if let Some(spec) = &environment.suite {
        stopwatch.enter("suite");
        match suite::run_suite(run, environment, identity, spec).await? {
            Ran::Suite(outcome) => found.suite = Some(outcome),
            Ran::Unfit(failure) => found.service_failure = named(Some(failure), environment, identity),
        }
    }
    Ok(found)
}

/// The stack as far as the databases. Two runs that plan at once may choose the same subnet: the slower one plans again.
async fn stand_up(
    run: &Run,
    story: &SeedStory<'_>,
    identity: &Identity,
    seeds: &BTreeMap<String, SeedUse>,
) -> Result<Inventory> {
    let keys: BTreeMap<String, SeedKey> =
        seeds.iter().map(|(service, used)| (service.clone(), used.seed.key.clone())).collect();
    let wanted = plan::images(story.environment);
    let wanted: Vec<&str> = wanted.iter().map(String::as_str).collect();
    for attempt in 0..SUBNET_TRIES {
        let inventory = images::inventory_with(&run.world, story, &wanted).await?;
        let subnet = plan::free_subnet(&inventory.subnets, &identity.run, attempt)?;
        let plan = plan::stand_up(story.environment, identity, &inventory, &keys, &subnet);
        match stand_up_with_room(run, plan, &inventory, seeds).await? {
            Ok(None) => return Ok(inventory),
            Ok(Some(failure)) => return Err(super::unfit(&failure)),
            Err(error) if error.kind == ErrorKind::NoRoom && attempt + 1 < SUBNET_TRIES => {
                let now = run.world.engine.inventory(&[]).await?;
                let lost_the_race = now.subnets.contains(&subnet)
                    && !now.networks.iter().any(|network| network.name == identity.names().network());
                if !lost_the_race {
                    return Err(error);
                }
            }
            Err(error) => return Err(error),
        }
    }
    Err(Error::new(ErrorKind::NoRoom, format!("no subnet could be had in {SUBNET_TRIES} tries"))
        .hint("run fewer stacks at once"))
}

/// Carries out the plan of the databases if there is room for their clones; what comes of it is within, an error without
/// is that of the room. Asking the pool takes as long as making a clone, which takes no room by itself: both go on at
/// once, and no container is made before the answer. A full copy is not begun before it.
async fn stand_up_with_room(
    run: &Run,
    plan: Plan,
    inventory: &Inventory,
    seeds: &BTreeMap<String, SeedUse>,
) -> Result<Result<Option<ServiceFailure>>> {
    if !inventory.clones.is_some_and(CloneDriver::shares_blocks) {
        room::for_clones(run, seeds.values()).await?;
        return Ok(execute::apply(run, &plan).await);
    }
    let (clones, servers) = plan.split(|call| matches!(call, Call::CreateContainer(_)));
    let (made, room) = tokio::join!(execute::apply(run, &clones), room::for_clones(run, seeds.values()));
    room?;
    match made {
        Ok(None) => Ok(execute::apply(run, &servers).await),
        failed => Ok(failed),
    }
}

/// A failure under the name of its service, not of its container.
fn named(
    failure: Option<ServiceFailure>,
    environment: &Environment,
    identity: &Identity,
) -> Option<ServiceFailure> {
    let names = identity.names();
    failure.map(|failure| {
        let service = environment.services.keys().find(|service| names.container(service) == failure.service);
        ServiceFailure { service: service.cloned().unwrap_or_else(|| failure.service.clone()), ..failure }
    })
}
