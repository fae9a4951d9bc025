//! What a stack may reach beyond itself, looked up before it stands, and what it tried to, read before it goes.

use crate::execute::Run;
use crate::model::egress::Attempt;
use crate::model::environment::Environment;
use crate::model::error::Result;
use crate::model::stack::Stack;
use crate::plan::{self, Enclosure, Hosts, Identity};

/// Where the hosts are that may be reached.
pub async fn hosts(run: &Run, environment: &Environment) -> Result<Hosts> {
    let wanted = plan::hosts_to_find(environment);
    if wanted.is_empty() {
        return Ok(Hosts::new());
    }
    run.stop.or(run.world.engine.resolve(&wanted)).await
}

/// The network of a stack that stands, for what is to join it.
pub async fn of_standing(
    run: &Run,
    environment: &Environment,
    identity: &Identity,
    stack: &Stack,
) -> Result<Option<Enclosure>> {
    Enclosure::of(environment, identity, stack, &hosts(run, environment).await?)
}

/// What services have tried to reach and could not; `None` where nothing is denied.
pub async fn attempts(run: &Run, enclosure: &Enclosure) -> Result<Option<Vec<Attempt>>> {
    let Some((bridge, subnet)) = enclosure.counted() else { return Ok(None) };
    let refused = run.world.engine.refused(bridge, subnet).await?;
    Ok(Some(enclosure.attempts(refused)))
}
