//! A stack that stands is taken down, from its labels alone.

use super::instance::{self, StackOrder};
use super::sweep;
use crate::model::error::Result;
use crate::model::name::RunId;
use crate::model::report::Teardown;
use crate::model::stack::Stack;
use crate::plan;
use crate::world::World;

/// Takes a stack down and proves that it is gone. `None` if none stood under that name. Needs no file of the
/// environment: what carries the instance's labels goes, whoever made it.
pub async fn down(world: World, order: StackOrder<'_>) -> Result<Option<Teardown>> {
    sweep::recover(&world, &order.events).await?;
    let Some(stack) = plan::find(&world.engine.inventory(&[]).await?, order.name)? else { return Ok(None) };
    let work = instance::hold(&world, order, "down", async |run, _, stack| {
        // Clones are listed first, as a sweep does it.
        let clones = run.world.engine.clones().await?;
        let inventory = run.world.engine.inventory(&[]).await?;
        let (environment, instance) = (&stack.environment, &stack.instance);
        let undos = plan::take_down(&inventory, &clones, environment, instance, run.journal.run());
        run.journal.intend_together(&undos)
    });
    let ((), mut teardown) = work.await?;
    teardown.left.extend(still_there(&world, &stack).await?);
    Ok(Some(teardown))
}

/// What still carries the labels of the stack.
async fn still_there(world: &World, stack: &Stack) -> Result<Vec<String>> {
    let inventory = world.engine.inventory(&[]).await?;
    let nobody = RunId(String::new());
    let left = plan::take_down(&inventory, &[], &stack.environment, &stack.instance, &nobody);
    Ok(left.iter().map(|undo| format!("{undo}: still there")).collect())
}
