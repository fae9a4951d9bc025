//! A stack stands longer.

use super::instance::{self, StackOrder};
use super::up::{LeaseWish, lease_terms, renew};
use crate::model::error::Result;
use crate::model::stack::StackView;
use crate::world::World;

/// Leases a stack anew as it is wished, never beyond its deadline, and tells how it stands then.
pub async fn extend(world: World, order: StackOrder<'_>, wish: LeaseWish) -> Result<StackView> {
    let name = order.name;
    let work = instance::hold(&world, order, "extend", async |run, identity, stack| {
        let terms = lease_terms(run.world.clock.now(), &wish, stack)?;
        renew(run, identity, stack, &terms).await
    });
    work.await?;
    instance::show(&world, name).await
}
