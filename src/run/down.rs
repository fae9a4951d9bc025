//! A stack that stands is taken down, from its labels alone.

use std::sync::Arc;

use super::{Settings, ending, instance, sweep};
use crate::execute::Run;
use crate::model::error::Result;
use crate::model::name::RunId;
use crate::model::report::Teardown;
use crate::model::stack::{Stack, StackName};
use crate::plan;
use crate::store::journal::Journal;
use crate::world::{Events, Stop, World};

/// Which stack is to go.
pub struct DownOrder<'a> {
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

/// Takes a stack down and proves that it is gone. `None` if none stood under that name. Needs no file of the
/// environment: what carries the instance's labels goes, whoever made it.
pub async fn down(world: World, order: DownOrder<'_>) -> Result<Option<(Stack, Teardown)>> {
    sweep::recover(&world, &order.events).await?;
    let Some(stack) = plan::find(&world.engine.inventory(&[]).await?, order.name)? else { return Ok(None) };
    let id = world.clock.fresh_run_id();
    let identity = instance::identity_on(&stack, order.settings, &id);
    let journal = Journal::open(Arc::clone(&world.state), &id, "down", world.clock.now())?;
    let run = Run { world: world.clone(), journal, events: order.events, stop: order.stop };
    let result = async {
        instance::lock(&run, &identity, order.waits).await?;
        // Clones are listed first, as a sweep does it.
        let clones = run.world.engine.clones().await?;
        let inventory = run.world.engine.inventory(&[]).await?;
        let undos = plan::take_down(&inventory, &clones, &stack.environment, &stack.instance, &id);
        run.journal.intend_together(&undos)
    };
    let result = result.await;
    let mut teardown = ending::end(run).await;
    ending::or_left(result, &teardown)?;
    teardown.left.extend(still_there(&world, &stack).await?);
    Ok(Some((stack, teardown)))
}

/// What still carries the labels of the stack.
async fn still_there(world: &World, stack: &Stack) -> Result<Vec<String>> {
    let inventory = world.engine.inventory(&[]).await?;
    let left = plan::take_down(&inventory, &[], &stack.environment, &stack.instance, &RunId(String::new()));
    Ok(left.iter().map(|undo| format!("{undo}: still there")).collect())
}
