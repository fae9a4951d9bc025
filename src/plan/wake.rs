//! A stack whose containers were stopped with the engine or the machine is started again.

use std::collections::BTreeSet;

use super::enclosure::Enclosure;
use super::identity::Identity;
use super::order::{Order, is_one_shot};
use crate::model::call::Call;
use crate::model::environment::Environment;
use crate::model::plan::Plan;
use crate::model::stack::{ContainerFacts, ContainerStatus};

/// Services that ran and run no longer; a job that has done its work is not done again.
pub fn stopped<'a>(environment: &'a Environment, containers: &[ContainerFacts]) -> BTreeSet<&'a str> {
    let is_stopped = |name: &str| {
        let of_service = containers.iter().find(|container| container.service == name);
        of_service.is_some_and(|container| matches!(container.status, ContainerStatus::Exited(_)))
    };
    let names = environment.services.keys().map(String::as_str);
    names.filter(|name| is_stopped(name) && !is_one_shot(environment, name)).collect()
}

/// Starts stopped databases. The pool is attached before, if it is not, and egress is denied again: a machine that was
/// restarted has forgotten it.
pub fn wake_databases(
    environment: &Environment,
    identity: &Identity,
    stopped: &BTreeSet<&str>,
    has_pool: bool,
    enclosure: Option<&Enclosure>,
) -> Plan {
    let mut plan = Plan::default();
    let pool = (!has_pool).then(|| plan.add(Call::PreparePool, "clones need a pool", &[]));
    let denied = enclosure.and_then(|enclosure| enclosure.deny_again(&mut plan));
    let after: Vec<_> = pool.into_iter().chain(denied).collect();
    for name in stopped.iter().filter(|name| environment.databases.contains_key(**name)) {
        let call = Call::RestartContainer { name: identity.names().container(name) };
        plan.add(call, format!("database {name}"), &after);
    }
    plan
}

/// Starts the other stopped services in the order that Compose asks for.
pub fn wake_services(environment: &Environment, identity: &Identity, stopped: &BTreeSet<&str>) -> Plan {
    let mut order = Order::again(environment, identity);
    let others: BTreeSet<&str> =
        stopped.iter().copied().filter(|name| !environment.databases.contains_key(*name)).collect();
    order.running =
        environment.services.keys().filter(|name| !others.contains(name.as_str())).cloned().collect();
    order.start_all(&others);
    order.plan
}
