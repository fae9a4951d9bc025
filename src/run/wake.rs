//! What a restart of the engine or the machine stopped is started again: databases, and once they answer the others.

use super::migrations::START_TIMEOUT;
use super::{database, egress};
use crate::execute::{self, Run};
use crate::model::environment::Environment;
use crate::model::error::Result;
use crate::model::plan::Plan;
use crate::model::stack::Stack;
use crate::plan::{self, Identity};

/// Starts the services of a stack that ran and run no longer.
pub async fn wake(
    run: &Run,
    environment: &Environment,
    identity: &Identity,
    stack: &Stack,
    has_pool: bool,
) -> Result<()> {
    let names: Vec<String> = stack.containers.values().chain(&stack.sink).cloned().collect();
    let containers = run.world.engine.containers(&names).await?;
    let Some(stopped) = plan::stopped(environment, identity, &containers) else { return Ok(()) };
    let enclosure = egress::of_standing(run, environment, identity, stack).await?;
    let plan = plan::wake_databases(environment, identity, &stopped, has_pool, enclosure.as_ref());
    carry_out(run, &plan).await?;
    for name in environment.databases.keys().filter(|name| stopped.services.contains(name.as_str())) {
        let Some(service) = environment.services.get(name) else { continue };
        let container = identity.names().container(name);
        database::connect(run, &container, &service.runtime, START_TIMEOUT).await?.close().await;
    }
    carry_out(run, &plan::wake_services(environment, identity, &stopped)).await
}

async fn carry_out(run: &Run, plan: &Plan) -> Result<()> {
    match execute::apply(run, plan).await? {
        None => Ok(()),
        Some(failure) => Err(super::unfit(&failure)),
    }
}
