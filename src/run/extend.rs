//! A stack stands longer.

use std::sync::Arc;

use super::up::{lease_end, renew};
use super::{Settings, ending, instance, sweep};
use crate::execute::Run;
use crate::model::error::Result;
use crate::model::stack::{StackName, StackView};
use crate::store::journal::Journal;
use crate::world::{Events, Stop, World};

/// Which stack is to stand how much longer.
pub struct ExtendOrder<'a> {
    /// Its name.
    pub name: &'a StackName,
    /// From now on, in seconds; never beyond the stack's deadline.
    pub ttl_s: u64,
    /// Whether to wait for another run that works on it.
    pub waits: bool,
    /// This machine and its user.
    pub settings: &'a Settings,
    /// Its listeners.
    pub events: Events,
    /// Whether it should end.
    pub stop: Stop,
}

/// Leases a stack anew, from now on, and tells how it stands then.
pub async fn extend(world: World, order: ExtendOrder<'_>) -> Result<StackView> {
    sweep::recover(&world, &order.events).await?;
    let stack = instance::find(&world, order.name).await?;
    let id = world.clock.fresh_run_id();
    let identity = instance::identity_on(&stack, order.settings, &id);
    let journal = Journal::open(Arc::clone(&world.state), &id, "extend", world.clock.now())?;
    let run = Run { world: world.clone(), journal, events: order.events, stop: order.stop };
    let result = async {
        instance::lock(&run, &identity, order.waits).await?;
        // Whoever had the lock may have taken it down, or renewed it.
        let stack = instance::find(&run.world, order.name).await?;
        let until = lease_end(run.world.clock.now(), order.ttl_s, stack.deadline);
        renew(&run, &identity, &stack, until).await
    };
    let result = result.await;
    let teardown = ending::end(run).await;
    ending::or_left(result, &teardown)?;
    instance::show(&world, order.name).await
}
