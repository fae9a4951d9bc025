//! What a check and a stack that stays have in common: seeds, databases, migrations under the meter, services.

use std::collections::BTreeMap;

use super::heard::{self, Marks};
use super::migrations::{self, Migrated, Outset};
use super::queue::Waiting;
use super::seed::{self, SeedStory};
use super::stopwatch::Stopwatch;
use super::{Settings, egress, images, room, subnet};
use crate::execute::{self, Run};
use crate::model::call::{Call, ServiceFailure};
use crate::model::clones::CloneDriver;
use crate::model::egress::Attempt;
use crate::model::environment::Environment;
use crate::model::error::Result;
use crate::model::inventory::Inventory;
use crate::model::mail::MailSummary;
use crate::model::plan::Plan;
use crate::model::report::SeedUse;
use crate::model::seed::SeedKey;
use crate::model::suite::SuiteSpec;
use crate::model::traffic::Traffic;
use crate::plan::{self, Enclosure, Identity, Twins};

/// What stands after the migrations, or why it does not.
#[derive(Default)]
pub struct Stood {
    /// The seeds by service.
    pub seeds: BTreeMap<String, SeedUse>,
    /// What the migrations did.
    pub migrated: Migrated,
    /// A service that did not come up.
    pub service_failure: Option<ServiceFailure>,
    /// When each database had written its last line before the services started; nobody knows unless the environment
    /// compares.
    pub marks: Marks,
    /// What services tried to reach beyond the stack; `None` where nothing is denied.
    pub egress: Option<Vec<Attempt>>,
    /// What mail they have sent, and the sink has caught; `None` without a sink.
    pub mail: Option<MailSummary>,
    /// How long the migrations kept traffic waiting; `None` if there is none, or if they did not run through.
    pub traffic: Option<Traffic>,
}

impl Stood {
    /// Whether all migrations were applied and all services are well.
    pub fn is_whole(&self) -> bool {
        !self.migrated.has_failed() && self.service_failure.is_none()
    }
}

/// Stands everything up, with the container of the suite if it is to run afterwards. What a failed migration leaves is a
/// stack without services. Its network is told for reading what was refused there. What was just `seen` of the engine is not
/// looked at again.
pub async fn stand(
    run: &Run,
    environment: &Environment,
    settings: &Settings,
    identity: &Identity,
    suite: Option<&SuiteSpec>,
    stopwatch: &mut Stopwatch,
    seen: Option<Inventory>,
) -> Result<(Stood, Enclosure)> {
    stopwatch.enter("seed");
    // What this engine cannot keep is told before anything is made.
    plan::check_paths(environment, &run.world.engine.facts())?;
    // Migrations that cannot even be read are told before a seed is built for them.
    let sources = migrations::read(&run.world, environment).await?;
    let story = SeedStory { environment, settings, events: &run.events, stop: &run.stop };
    let (seeds, seen) = seed::ensure_all(&run.world, &story, &plan::images(environment), seen).await?;

    stopwatch.enter("stack");
    let (inventory, enclosure) = databases(run, &story, identity, (&seeds, Twins::Stand), seen).await?;
    // Making containers takes the engine about as long as the servers take to answer.
    let making = plan::make_services(environment, identity, &inventory, suite, &enclosure);
    let (made, meters) = tokio::join!(
        execute::apply(run, &making),
        migrations::open_meters(run, environment, identity, &seeds),
    );
    if let Some(failure) = made? {
        return Err(super::unfit(&failure));
    }

    stopwatch.enter("migrations");
    let meters = meters?;
    let mut stood = Stood { seeds, ..Stood::default() };
    let needed = plan::start_for_commands(environment, identity);
    stood.service_failure = named(execute::apply(run, &needed).await?, environment, identity);
    if stood.service_failure.is_some() {
        return Ok((stood, enclosure));
    }
    let outset = Outset { run, environment, identity, inventory: &inventory, is_alone: true };
    stood.migrated = migrations::run_all(&outset, meters, &sources).await?;
    if stood.migrated.has_failed() {
        return Ok((stood, enclosure));
    }

    stopwatch.enter("services");
    if environment.compares {
        stood.marks = heard::marks(run, environment, identity).await?;
    }
    let services = plan::start_services(environment, identity);
    stood.service_failure = named(execute::apply(run, &services).await?, environment, identity);
    Ok((stood, enclosure))
}

/// The stack as far as the databases.
pub(super) async fn databases(
    run: &Run,
    story: &SeedStory<'_>,
    identity: &Identity,
    (seeds, twins): (&BTreeMap<String, SeedUse>, Twins),
    mut seen: Option<Inventory>,
) -> Result<(Inventory, Enclosure)> {
    let keys: BTreeMap<String, SeedKey> =
        seeds.iter().map(|(service, used)| (service.clone(), used.seed.key.clone())).collect();
    let wanted = plan::images(story.environment);
    let hosts = egress::hosts(run, story.environment).await?;
    let addresses = plan::addresses_wanted(story.environment, identity);
    for attempt in 0..subnet::TRIES {
        let inventory = images::inventory_with(&run.world, story, &wanted, seen.take()).await?;
        let chosen = plan::free_subnet(&inventory.subnets, addresses, &identity.run, attempt)?;
        let enclosure = Enclosure::new(story.environment, identity, &chosen, &hosts)?;
        let plan = plan::stand_up(story.environment, identity, &inventory, (&keys, twins), &enclosure);
        let waiting = Waiting {
            run,
            network: identity.names().network(),
            wanted: plan::memory_wanted(story.environment),
            terms: story.settings.queue,
        };
        match with_room(&waiting, plan, &inventory, seeds).await? {
            Ok(None) => return Ok((inventory, enclosure)),
            Ok(Some(failure)) => return Err(super::unfit(&failure)),
            Err(error) => {
                if !subnet::was_taken(run, identity, &error, attempt).await? {
                    return Err(error);
                }
            }
        }
    }
    Err(subnet::none_left())
}

/// Carries out the plan of the databases if there is room for their clones; what comes of it is within, an error without
/// is that of the room, or of the queue: nothing starts before it is the stack's turn on the engine.
///
/// Clones that share blocks take no room by themselves, and making one measures the pool: so they are made first, beside the
/// network, and no container before the answer. A full copy is not begun before it.
async fn with_room(
    waiting: &Waiting<'_>,
    plan: Plan,
    inventory: &Inventory,
    seeds: &BTreeMap<String, SeedUse>,
) -> Result<Result<Option<ServiceFailure>>> {
    let run = waiting.run;
    let shares_blocks = inventory.clones.is_some_and(CloneDriver::shares_blocks);
    if !shares_blocks {
        room::for_clones(run, seeds.values()).await?;
    }
    let (clones, servers) = plan.split(|call| matches!(call, Call::CreateContainer(_) | Call::DenyEgress(_)));
    match execute::apply(run, &clones).await {
        Ok(None) => {}
        failed => return Ok(failed),
    }
    if shares_blocks {
        room::for_clones(run, seeds.values()).await?;
    }
    // All starts wait for the network to be closed, which takes longer than a look at the queue.
    let (made, started) = servers.split(|call| matches!(call, Call::StartContainer { .. }));
    let (made, turn) = tokio::join!(execute::apply(run, &made), waiting.look());
    if !matches!(made, Ok(None)) {
        return Ok(made);
    }
    waiting.turn(turn?).await?;
    Ok(execute::apply(run, &started).await)
}

/// A failure under the name of its service, not of its container.
pub fn named(
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
