//! Working on an instance: one run at a time, on whatever machine.

use std::sync::Arc;
use std::time::Duration;

use super::{Settings, ending, sweep};
use crate::execute::{self, Run};
use crate::model::egress::Attempt;
use crate::model::error::{Error, ErrorKind, Result};
use crate::model::event::Event;
use crate::model::inventory::Inventory;
use crate::model::label;
use crate::model::name::{RunId, instance_lock};
use crate::model::report::Teardown;
use crate::model::stack::{Stack, StackName, StackView};
use crate::plan::{self, Identity};
use crate::store::journal::Journal;
use crate::world::{Events, Stop, World, tell};

/// How long to wait before looking again whether somebody else is done.
const LOOK_AGAIN: Duration = Duration::from_millis(200);
/// How often the name of a lock may be refused while nobody is seen to hold it: then something else has it.
const REFUSALS: u32 = 25;

/// Which stack is worked on, and whom the work obeys.
pub struct StackOrder<'a> {
    /// Its name.
    pub name: &'a StackName,
    /// Whether to wait for another run that works on it.
    pub waits: bool,
    /// This machine and its user.
    pub settings: &'a Settings,
    /// Its listeners.
    pub events: Events,
    /// Whether it should end.
    pub stop: Stop,
}

/// Works on a stack that stands, under its lock. What the work made and did not keep is taken back afterwards, and that
/// is proved. `story` says what it is about, for people.
pub async fn hold<T>(
    world: &World,
    order: StackOrder<'_>,
    story: &str,
    work: impl AsyncFnOnce(&Run, &Identity, &Stack) -> Result<T>,
) -> Result<(T, Teardown)> {
    sweep::recover(world, &order.events).await?;
    let (stack, seen) = found(world, order.name).await?;
    let id = world.clock.fresh_run_id();
    let run = begin(world, story, &id, (&order.events, &order.stop))?;
    let result = async {
        let identity = identity_on(&stack, order.settings, run.journal.run());
        lock(&run, &identity, order.waits, Some(seen)).await?;
        // Whoever had the lock may have taken it down, or renewed it.
        let stack = find(world, order.name).await?;
        work(&run, &identity_on(&stack, order.settings, run.journal.run()), &stack).await
    };
    let result = result.await;
    let teardown = ending::end(run).await;
    let value = ending::or_left(result, &teardown)?;
    Ok((value, teardown))
}

/// A run with a journal of its own.
pub fn begin(world: &World, story: &str, id: &RunId, (events, stop): (&Events, &Stop)) -> Result<Run> {
    let journal = Journal::open(Arc::clone(&world.state), id, story, world.clock.now())?;
    Ok(Run { world: world.clone(), journal, events: events.clone(), stop: stop.clone() })
}

/// Takes the lock of the identity's instance; it goes with everything else that the run made. While another run holds
/// it, waits if asked to, else fails with kind `NoRoom`. What was just `seen` of the engine is its first look.
pub async fn lock(run: &Run, identity: &Identity, waits: bool, seen: Option<Inventory>) -> Result<()> {
    let name = instance_lock(&identity.environment, &identity.instance);
    let mut refusals = 0;
    let mut was_told = false;
    let mut seen = seen;
    loop {
        let inventory = match seen.take() {
            Some(inventory) => inventory,
            None => run.world.engine.inventory(&[]).await?,
        };
        let holder = inventory.containers.iter().find(|container| container.name == name);
        if let Some(holder) = holder {
            let by = holder.label(label::RUN).unwrap_or("another run");
            if !waits {
                return Err(busy(&identity.instance, by));
            }
            if !was_told {
                let text = format!("{} is in the hands of run {by}: waiting", identity.instance);
                tell(&run.events, Event::Note { text });
                was_told = true;
            }
            run.stop.or(look_again()).await?;
            refusals = 0;
            continue;
        }
        match execute::apply(run, &plan::lock_instance(identity)).await {
            Ok(_) => return Ok(()),
            // Somebody else was faster, and the engine gives a name away a moment before it lists it.
            Err(error) if error.kind == ErrorKind::NoRoom && refusals < REFUSALS => refusals += 1,
            Err(error) => return Err(error),
        }
        run.stop.or(look_again()).await?;
    }
}

async fn look_again() -> Result<()> {
    tokio::time::sleep(LOOK_AGAIN).await;
    Ok(())
}

fn busy(instance: &str, by: &str) -> Error {
    Error::new(ErrorKind::NoRoom, format!("another run works on {instance} ({by})"))
        .hint("wait for it with --wait")
        .hint(format!(
            "if that run died on a machine that is gone, `stage down {instance} --force` frees the name"
        ))
}

/// The stack that the user means. An error of kind `Usage` if none stands under that name.
pub async fn find(world: &World, name: &StackName) -> Result<Stack> {
    Ok(found(world, name).await?.0)
}

/// As [`find`], with what was seen of the engine.
async fn found(world: &World, name: &StackName) -> Result<(Stack, Inventory)> {
    let inventory = world.engine.inventory(&[]).await?;
    let stack = plan::find(&inventory, name)?.ok_or_else(|| unknown(&inventory, name))?;
    Ok((stack, inventory))
}

fn unknown(inventory: &Inventory, name: &StackName) -> Error {
    let names = plan::names(inventory);
    let hint = if names.is_empty() {
        "no stack stands on this engine; `stage up ENV` stands one up".to_owned()
    } else {
        format!("there are: {}", names.join(", "))
    };
    Error::new(ErrorKind::Usage, format!("no stack `{name}` stands")).hint(hint)
}

/// Who a run is that works on a stack that stands.
pub fn identity_on(stack: &Stack, settings: &Settings, run: &RunId) -> Identity {
    Identity {
        environment: stack.environment.clone(),
        instance: stack.instance.clone(),
        stack: stack.run.clone(),
        run: run.clone(),
        holder: settings.holder.clone(),
        deadline: stack.deadline,
    }
}

/// A stack and how its containers are now.
pub async fn view(world: &World, stack: Stack) -> Result<StackView> {
    let names: Vec<String> = stack.containers.values().cloned().collect();
    let containers = world.engine.containers(&names).await?;
    Ok(StackView { stack, containers, egress: None })
}

/// Every stack that stands on the engine, and how its containers are.
pub async fn list(world: &World) -> Result<Vec<StackView>> {
    let inventory = world.engine.inventory(&[]).await?;
    let views = plan::standing(&inventory).into_iter().map(|stack| view(world, stack));
    futures_util::future::try_join_all(views).await
}

/// One stack that stands, and how its containers are.
pub async fn show(world: &World, name: &StackName) -> Result<StackView> {
    view(world, find(world, name).await?).await
}

/// One stack that stands, how its containers are, and what they tried to reach beyond it.
pub async fn look(world: &World, name: &StackName) -> Result<StackView> {
    let mut view = show(world, name).await?;
    if let (Some(bridge), Some(subnet)) = (&view.stack.bridge, &view.stack.subnet) {
        let refused = world.engine.refused(bridge, subnet).await?;
        let services = view.containers.iter().filter_map(|it| Some((it.address?, it.service.clone())));
        view.egress = Some(Attempt::of(refused, &services.collect()));
    }
    Ok(view)
}
