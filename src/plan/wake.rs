//! A stack whose containers were stopped with the engine or the machine is started again.

use std::collections::BTreeSet;

use super::enclosure::Enclosure;
use super::identity::Identity;
use super::order::{Order, is_one_shot};
use super::sink;
use crate::model::call::Call;
use crate::model::environment::Environment;
use crate::model::plan::Plan;
use crate::model::stack::{ContainerFacts, ContainerStatus};

/// What of a stack ran and runs no longer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stopped<'a> {
    /// Services; a job that has done its work is not done again.
    pub services: BTreeSet<&'a str>,
    /// Whether its mail sink did.
    pub sink: bool,
}

/// What of a stack ran and runs no longer; `None` if all of it runs.
pub fn stopped<'a>(
    environment: &'a Environment,
    identity: &Identity,
    containers: &[ContainerFacts],
) -> Option<Stopped<'a>> {
    let is_stopped = |name: &str| {
        let found = containers.iter().find(|container| container.name == name);
        found.is_some_and(|container| matches!(container.status, ContainerStatus::Exited(_)))
    };
    let names = identity.names();
    let services = environment.services.keys().map(String::as_str);
    let services: BTreeSet<&str> = services
        .filter(|name| is_stopped(&names.container(name)) && !is_one_shot(environment, name))
        .collect();
    let sink = is_stopped(&names.sink());
    (sink || !services.is_empty()).then_some(Stopped { services, sink })
}

/// Starts stopped databases, and the mail sink before anybody can send mail. The pool is attached before, if it is not, and egress is denied again: a machine that was
/// restarted has forgotten it.
pub fn wake_databases(
    environment: &Environment,
    identity: &Identity,
    stopped: &Stopped<'_>,
    has_pool: bool,
    enclosure: Option<&Enclosure>,
) -> Plan {
    let mut plan = Plan::default();
    let pool = (!has_pool).then(|| plan.add(Call::PreparePool, "clones need a pool", &[]));
    let denied = enclosure.and_then(|enclosure| enclosure.deny_again(&mut plan));
    if stopped.sink {
        sink::wake(&mut plan, identity, denied.as_slice());
    }
    let after: Vec<_> = pool.into_iter().chain(denied).collect();
    for name in stopped.services.iter().filter(|name| environment.databases.contains_key(**name)) {
        let call = Call::RestartContainer { name: identity.names().container(name) };
        plan.add(call, format!("database {name}"), &after);
    }
    plan
}

/// Starts the other stopped services in the order that Compose asks for.
pub fn wake_services(environment: &Environment, identity: &Identity, stopped: &Stopped<'_>) -> Plan {
    let mut order = Order::again(environment, identity);
    let others: BTreeSet<&str> =
        stopped.services.iter().copied().filter(|name| !environment.databases.contains_key(*name)).collect();
    order.running =
        environment.services.keys().filter(|name| !others.contains(name.as_str())).cloned().collect();
    order.start_all(&others);
    order.plan
}
