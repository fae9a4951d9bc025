//! A stack stands longer.

use super::instance::{self, StackOrder};
use super::up::{lease_end, renew};
use crate::model::error::Result;
use crate::model::stack::StackView;
use crate::world::World;

/// Leases a stack for `ttl_s` seconds from now on, never beyond its deadline, and tells how it stands then.
pub async fn extend(world: World, order: StackOrder<'_>, ttl_s: u64) -> Result<StackView> {
    let name = order.name;
    let work = instance::hold(&world, order, "extend", async |run, identity, stack| {
        let until = lease_end(run.world.clock.now(), ttl_s, stack)?;
        renew(run, identity, stack, until).await
    });
    work.await?;
    instance::show(&world, name).await
}
