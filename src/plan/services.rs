//! The other services in the order that Compose asks for, and the suite.

use std::collections::{BTreeMap, BTreeSet};

use super::identity::Identity;
use crate::model::call::Call;
use crate::model::container::{ContainerSpec, Mount, MountSource, VolumeSource, VolumeSpec};
use crate::model::environment::Environment;
use crate::model::inventory::Inventory;
use crate::model::plan::{Plan, StepId};
use crate::model::service::{DependencyCondition, Healthcheck, Service, VolumeOrigin};
use crate::model::suite::SuiteSpec;

/// How long a service may take to become healthy, or a one-shot job to complete.
pub(super) const READY_TIMEOUT_S: u64 = 120;

/// Makes the containers of all services that will be started, with their volumes and images, and that of the suite if
/// it is to run. Nothing of them runs yet, so this may happen while the databases start. The stack's network stands
/// already.
pub fn make_services(
    environment: &Environment,
    identity: &Identity,
    inventory: &Inventory,
    suite: Option<&SuiteSpec>,
) -> Plan {
    let mut wanted = started_services(environment);
    wanted.extend(suite.map(|suite| suite.service.as_str()));
    make(environment, identity, inventory, wanted, suite)
}

/// Makes the container of the suite beside a stack that stands, with volumes that it alone mounts.
pub fn make_suite(
    environment: &Environment,
    identity: &Identity,
    inventory: &Inventory,
    suite: &SuiteSpec,
) -> Plan {
    make(environment, identity, inventory, BTreeSet::from([suite.service.as_str()]), Some(suite))
}

fn make(
    environment: &Environment,
    identity: &Identity,
    inventory: &Inventory,
    wanted: BTreeSet<&str>,
    suite: Option<&SuiteSpec>,
) -> Plan {
    let mut plan = Plan::default();
    let mut volumes: BTreeMap<&str, StepId> = BTreeMap::new();
    for service in wanted.into_iter().filter_map(|name| environment.services.get(name)) {
        let cause = format!("service {}", service.name);
        let mut container = container_of(identity, service);
        if let Some(suite) = suite
            && suite.service == service.name
            && suite.command.is_some()
        {
            container.runtime.command.clone_from(&suite.command);
        }
        let mut after = Vec::new();
        for volume in &service.volumes {
            let VolumeOrigin::Named(name) = &volume.origin else { continue };
            // On a stack that stands the volume is there.
            if inventory.volumes.iter().any(|known| known.name == identity.names().volume(name)) {
                continue;
            }
            after.push(*volumes.entry(name).or_insert_with(|| {
                let spec = VolumeSpec {
                    name: identity.names().volume(name),
                    source: VolumeSource::Plain,
                    labels: identity.labels(None),
                };
                plan.add(Call::CreateVolume(spec), format!("volume {name}"), &[])
            }));
        }
        if !inventory.images.contains_key(&service.runtime.image) {
            let reference = service.runtime.image.clone();
            after.push(plan.add(Call::PullImage { reference }, &cause, &[]));
        }
        plan.add(Call::CreateContainer(Box::new(container)), cause, &after);
    }
    plan
}

/// Starts every service without a profile, and what the suite depends on, but databases, which run already, and the
/// suite. The plan ends when each is well: healthy, running where it has no healthcheck, completed where others wait for
/// its completion.
pub fn start_services(environment: &Environment, identity: &Identity) -> Plan {
    let mut order = Order::new(environment, identity);
    let names = started_services(environment);
    for name in &names {
        order.start(name);
    }
    for name in names {
        let condition = if is_one_shot(environment, name) {
            DependencyCondition::CompletedSuccessfully
        } else {
            DependencyCondition::Healthy
        };
        order.await_condition(name, condition);
    }
    order.plan
}

/// Starts the suite once what it waits for is so.
pub fn start_suite(environment: &Environment, identity: &Identity, suite: &SuiteSpec) -> Plan {
    let mut order = Order::new(environment, identity);
    // Everything else runs already: what the suite depends on is waited for, not started again.
    order.running = environment.services.keys().filter(|name| **name != suite.service).cloned().collect();
    order.start(&suite.service);
    order.plan
}

/// Services that are started beside the databases, but for the suite.
fn started_services(environment: &Environment) -> BTreeSet<&str> {
    let mut names: BTreeSet<&str> = environment
        .services
        .values()
        .filter(|service| service.profiles.is_empty())
        .map(|service| service.name.as_str())
        .collect();
    if let Some(suite) = &environment.suite {
        names.extend(dependencies(environment, &suite.service));
        names.remove(suite.service.as_str());
    }
    names.retain(|name| !environment.databases.contains_key(*name));
    names
}

/// The container in which a service runs.
pub(super) fn container_of(identity: &Identity, service: &Service) -> ContainerSpec {
    let names = identity.names();
    let mounts = service
        .volumes
        .iter()
        .filter_map(|volume| {
            let source = match &volume.origin {
                VolumeOrigin::Named(name) => MountSource::Volume(names.volume(name)),
                VolumeOrigin::Bind(path) => MountSource::Bind(path.clone()),
                // The engine makes these itself and removes them with the container.
                VolumeOrigin::Anonymous => return None,
            };
            Some(Mount { source, target: volume.target.clone(), read_only: volume.read_only })
        })
        .collect();
    let mut aliases = vec![service.name.clone()];
    aliases.extend(service.aliases.iter().cloned());
    ContainerSpec {
        name: names.container(&service.name),
        runtime: service.runtime.clone(),
        network: Some(names.network()),
        aliases,
        mounts,
        ports: service.ports.clone(),
        labels: identity.labels(Some(&service.name)),
    }
}

/// Names of all services that `service` depends on, directly or not.
fn dependencies<'a>(environment: &'a Environment, service: &str) -> BTreeSet<&'a str> {
    let mut found = BTreeSet::new();
    let mut open = vec![service.to_owned()];
    while let Some(name) = open.pop() {
        let Some(service) = environment.services.get(&name) else { continue };
        for dependency in &service.depends_on {
            if found.insert(dependency.service.as_str()) {
                open.push(dependency.service.clone());
            }
        }
    }
    found
}

struct Order<'a> {
    environment: &'a Environment,
    identity: &'a Identity,
    plan: Plan,
    /// Services that run already, so that only their condition is waited for.
    running: BTreeSet<String>,
    started: BTreeMap<String, StepId>,
    awaited: BTreeMap<(String, &'static str), StepId>,
}

impl<'a> Order<'a> {
    fn new(environment: &'a Environment, identity: &'a Identity) -> Self {
        Self {
            environment,
            identity,
            plan: Plan::default(),
            running: environment.databases.keys().cloned().collect(),
            started: BTreeMap::new(),
            awaited: BTreeMap::new(),
        }
    }

    /// The step after which a service runs; `None` for one that does already.
    fn start(&mut self, name: &str) -> Option<StepId> {
        if self.running.contains(name) {
            return None;
        }
        if let Some(&step) = self.started.get(name) {
            return Some(step);
        }
        let service = self.environment.services.get(name)?;
        let mut after = Vec::new();
        for dependency in &service.depends_on {
            after.extend(match dependency.condition {
                DependencyCondition::Started => self.start(&dependency.service),
                condition => self.await_condition(&dependency.service, condition),
            });
        }
        let container = self.identity.names().container(name);
        let started =
            self.plan.add(Call::StartContainer { name: container }, format!("service {name}"), &after);
        self.started.insert(name.to_owned(), started);
        Some(started)
    }

    /// The step after which a condition holds of a service.
    fn await_condition(&mut self, name: &str, condition: DependencyCondition) -> Option<StepId> {
        let kind = match condition {
            DependencyCondition::Started => return self.start(name),
            DependencyCondition::Healthy => "healthy",
            DependencyCondition::CompletedSuccessfully => "completed",
        };
        let key = (name.to_owned(), kind);
        if let Some(&step) = self.awaited.get(&key) {
            return Some(step);
        }
        let after: Vec<StepId> = self.start(name).into_iter().collect();
        let container = self.identity.names().container(name);
        let call = if condition == DependencyCondition::Healthy {
            Call::AwaitHealthy { name: container, timeout_s: READY_TIMEOUT_S }
        } else {
            Call::AwaitCompletion { name: container, timeout_s: READY_TIMEOUT_S }
        };
        let step = self.plan.add(call, format!("service {name}"), &after);
        self.awaited.insert(key, step);
        Some(step)
    }
}

/// A one-shot job is one whose completion somebody waits for, and that has no healthcheck.
pub(super) fn is_one_shot(environment: &Environment, name: &str) -> bool {
    let awaited = environment.services.values().any(|service| {
        service.depends_on.iter().any(|dependency| {
            dependency.service == name && dependency.condition == DependencyCondition::CompletedSuccessfully
        })
    });
    let probed = environment
        .services
        .get(name)
        .is_some_and(|service| matches!(service.runtime.healthcheck, Some(Healthcheck::Probe { .. })));
    awaited && !probed
}
