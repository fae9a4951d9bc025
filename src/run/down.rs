//! A stack is taken down, from its labels alone.

use std::collections::BTreeSet;

use super::instance::{self, StackOrder};
use super::proof::Standing;
use super::{Settings, ending, idle, sweep};
use crate::execute::{self, Run};
use crate::model::call::Undo;
use crate::model::error::{ErrorKind, Result};
use crate::model::inventory::Inventory;
use crate::model::label;
use crate::model::name::{RunId, instance_lock};
use crate::model::report::Teardown;
use crate::model::stack::{Stack, StackName};
use crate::plan::{self, Identity, Idleness};
use crate::world::{Events, Stop, World};

/// Takes a stack down and proves that it is gone; what a run left that died over it goes as well. `None` if there was
/// nothing under that name. Needs no file of the environment: what carries the instance's labels goes, whoever made it.
/// With `forces`, even if another run holds its lock: that run must be dead.
pub async fn down(world: World, order: StackOrder<'_>, forces: bool) -> Result<Option<Teardown>> {
    sweep::recover(&world, &order.events).await?;
    let seen = world.engine.inventory(&[]).await?;
    let Some(identity) = meant(&world, &seen, order.name, order.settings)? else { return Ok(None) };
    let run = instance::begin(&world, "down", &identity.run, (&order.events, &order.stop))?;
    let taking = async {
        if forces {
            break_lock(&run, &identity, &seen).await?;
        }
        instance::lock(&run, &identity, order.waits, (!forces).then_some(seen)).await?;
        intend(&run, &identity).await
    };
    let taken = taking.await;
    let standing = Standing::of(&run).await;
    let mut teardown = execute::unwind(&run).await;
    if let Ok(taken) = &taken {
        teardown.left.extend(still_there(&run, &identity, taken).await?);
    }
    let ended = ending::end_of(run, &standing).await;
    teardown.proof = ended.proof;
    teardown.removed.extend(ended.removed);
    teardown.left.extend(ended.left);
    match taken {
        Ok(_) => Ok(Some(teardown)),
        Err(error) => ending::or_left(Err(error), &teardown),
    }
}

/// Takes down a stack whose lease has run out, unless somebody works on it or has renewed it meanwhile.
pub async fn run_out(world: &World, settings: &Settings, events: &Events, stack: &Stack) -> Result<Teardown> {
    unless_busy((world, settings, events), stack, async |run, identity, stack| {
        if stack.until < run.world.clock.now() {
            intend(run, identity).await?;
        }
        Ok(())
    })
    .await
}

/// Takes down a stack that is idle for longer than it may be, or notes that it was in use, unless somebody works on it.
/// Asks again once nobody else can begin to.
pub async fn gone_idle(
    world: &World,
    settings: &Settings,
    events: &Events,
    stack: &Stack,
) -> Result<Teardown> {
    unless_busy((world, settings, events), stack, async |run, identity, stack| {
        if !plan::can_be_idle(stack) {
            return Ok(());
        }
        // What cannot be asked any more is left to the next sweep.
        let Ok(work) = idle::work(&run.world, stack).await else { return Ok(()) };
        match plan::idleness(stack, &work, run.world.clock.now()) {
            Idleness::InUse => idle::note(run, identity, stack, &work).await,
            Idleness::Quiet => Ok(()),
            Idleness::RunOut { .. } => intend(run, identity).await.map(drop),
        }
    })
    .await
}

/// Does something to a stack as it is once its lock is held; nothing if somebody else holds it, or if it has gone.
async fn unless_busy(
    (world, settings, events): (&World, &Settings, &Events),
    stack: &Stack,
    work: impl AsyncFnOnce(&Run, &Identity, &Stack) -> Result<()>,
) -> Result<Teardown> {
    let id = world.clock.fresh_run_id();
    let identity = instance::identity_on(stack, settings, &id);
    let (_switch, stop) = Stop::new();
    let run = instance::begin(world, "sweep", &id, (events, &stop))?;
    let working = async {
        instance::lock(&run, &identity, false, None).await?;
        let inventory = world.engine.inventory(&[]).await?;
        let now = plan::standing(&inventory);
        match now.iter().find(|it| it.environment == stack.environment && it.instance == stack.instance) {
            Some(stack) => work(&run, &instance::identity_on(stack, settings, &id), stack).await,
            None => Ok(()),
        }
    };
    let worked: Result<()> = working.await;
    let teardown = ending::end(run).await;
    match worked {
        // Whoever works on it ends it, or renews it, or leaves it to the next sweep.
        Err(error) if error.kind == ErrorKind::NoRoom => Ok(teardown),
        worked => ending::or_left(worked, &teardown).map(|()| teardown),
    }
}

/// Who works on what the user means: a stack that stands, or parts of one that does not.
fn meant(world: &World, seen: &Inventory, name: &StackName, settings: &Settings) -> Result<Option<Identity>> {
    let id = world.clock.fresh_run_id();
    if let Some(stack) = plan::find(seen, name)? {
        return Ok(Some(instance::identity_on(&stack, settings, &id)));
    }
    let environment = plan::unleased(seen, name)?;
    Ok(environment.map(|environment| Identity {
        environment,
        instance: name.instance.clone(),
        stack: id.clone(),
        run: id,
        holder: settings.holder.clone(),
        deadline: super::lock_deadline(world.clock.now()),
    }))
}

/// Everything of the instance is to go: what is told is what there was.
async fn intend(run: &Run, identity: &Identity) -> Result<Vec<Undo>> {
    // Clones are listed first, as a sweep does it.
    let clones = run.world.engine.clones().await?;
    let inventory = run.world.engine.inventory(&[]).await?;
    let (environment, instance) = (&identity.environment, &identity.instance);
    let undos = plan::take_down(&inventory, &clones, environment, instance, run.journal.run());
    run.journal.intend_together(&undos)?;
    Ok(undos)
}

/// Removes the lock that a dead run left.
async fn break_lock(run: &Run, identity: &Identity, seen: &Inventory) -> Result<()> {
    let name = instance_lock(&identity.environment, &identity.instance);
    let Some(lock) = seen.containers.iter().find(|container| container.name == name) else {
        return Ok(());
    };
    let holder = lock.label(label::RUN).unwrap_or_default().to_owned();
    run.world.engine.undo(&Undo::RemoveContainer { name, run: holder }).await
}

/// What of the instance is there although it was taken away.
async fn still_there(run: &Run, identity: &Identity, taken: &[Undo]) -> Result<Vec<String>> {
    let taken: BTreeSet<String> = taken.iter().map(ToString::to_string).collect();
    let inventory = run.world.engine.inventory(&[]).await?;
    let nobody = RunId(String::new());
    let left = plan::take_down(&inventory, &[], &identity.environment, &identity.instance, &nobody);
    let left = left.iter().map(ToString::to_string).filter(|undo| taken.contains(undo));
    Ok(left.map(|undo| format!("{undo}: still there")).collect())
}
