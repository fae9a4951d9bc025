//! A stack whose containers were stopped with the engine or the machine is started again.

use super::identity::Identity;
use super::order::{READY_TIMEOUT_S, is_one_shot};
use crate::model::call::Call;
use crate::model::environment::Environment;
use crate::model::plan::{Plan, StepId};
use crate::model::stack::{ContainerFacts, ContainerStatus};

/// Starts what ran and runs no longer, databases first; a job that has done its work is not done again. The pool is
/// attached before, if it is not.
pub fn wake(
    environment: &Environment,
    identity: &Identity,
    containers: &[ContainerFacts],
    has_pool: bool,
) -> Plan {
    let mut plan = Plan::default();
    let names = identity.names();
    let stopped: Vec<&str> = containers
        .iter()
        .filter(|container| matches!(container.status, ContainerStatus::Exited(_)))
        .map(|container| container.service.as_str())
        .filter(|service| environment.services.contains_key(*service) && !is_one_shot(environment, service))
        .collect();
    if stopped.is_empty() {
        return plan;
    }
    let mut after: Vec<StepId> = Vec::new();
    if !has_pool {
        after.push(plan.add(Call::PreparePool, "clones need a pool", &[]));
    }
    let is_database = |service: &str| environment.databases.contains_key(service);
    for databases in [true, false] {
        let mut healthy = Vec::new();
        for service in stopped.iter().filter(|service| is_database(service) == databases) {
            let (name, cause) = (names.container(service), format!("service {service}"));
            let started = plan.add(Call::RestartContainer { name: name.clone() }, &cause, &after);
            let call = Call::AwaitHealthy { name, timeout_s: READY_TIMEOUT_S };
            healthy.push(plan.add(call, cause, &[started]));
        }
        after.extend(healthy);
    }
    plan
}
