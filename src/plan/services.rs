//! The other services in the order that Compose asks for, and the suite.

use std::collections::{BTreeMap, BTreeSet};

use super::commands::{commands, container_for, needed};
use super::enclosure::Enclosure;
use super::identity::Identity;
use super::order::{Order, dependencies};
use super::traffic::{beneath, traffic_container};
use crate::model::call::Call;
use crate::model::container::{ContainerSpec, Mount, MountSource, VolumeSource, VolumeSpec};
use crate::model::environment::Environment;
use crate::model::inventory::Inventory;
use crate::model::plan::{Plan, StepId};
use crate::model::service::{Service, VolumeOrigin};
use crate::model::suite::SuiteSpec;
use crate::model::traffic::TrafficSpec;

/// Makes the containers of all services that will be started and those of commands, with their volumes and images, and
/// that of the suite if it is to run. Nothing of them runs yet, so this may happen while the databases start. The stack's
/// network stands already.
pub fn make_services(
    environment: &Environment,
    identity: &Identity,
    inventory: &Inventory,
    suite: Option<&SuiteSpec>,
    enclosure: &Enclosure,
) -> Plan {
    let mut making = Making::new(identity, inventory, Some(enclosure));
    making.add_commands(environment);
    let mut wanted = started_services(environment);
    wanted.extend(needed(environment));
    for service in wanted.into_iter().filter_map(|name| environment.services.get(name)) {
        making.add(service, container_of(identity, service), format!("service {}", service.name));
    }
    making.add_suite(environment, suite);
    making.plan
}

/// Makes the containers of commands beside a stack that stands.
pub fn make_commands(
    environment: &Environment,
    identity: &Identity,
    inventory: &Inventory,
    enclosure: Option<&Enclosure>,
) -> Plan {
    let mut making = Making::new(identity, inventory, enclosure);
    making.add_commands(environment);
    making.plan
}

/// Makes the container of the suite beside a stack that stands, with volumes that it alone mounts.
pub fn make_suite(
    environment: &Environment,
    identity: &Identity,
    inventory: &Inventory,
    suite: &SuiteSpec,
    enclosure: Option<&Enclosure>,
) -> Plan {
    let mut making = Making::new(identity, inventory, enclosure);
    making.add_suite(environment, Some(suite));
    making.plan
}

/// Makes the containers of the traffic and of what it depends on, and those of commands, in a stack that stands for it alone.
pub fn make_traffic(
    environment: &Environment,
    identity: &Identity,
    inventory: &Inventory,
    traffic: &TrafficSpec,
    enclosure: &Enclosure,
) -> Plan {
    let mut making = Making::new(identity, inventory, Some(enclosure));
    making.add_commands(environment);
    let beneath = beneath(environment, traffic);
    for service in beneath.into_iter().filter_map(|name| environment.services.get(name)) {
        making.add(service, container_of(identity, service), format!("service {}", service.name));
    }
    if let Some((service, container)) = traffic_container(environment, identity, traffic) {
        making.add(service, container, format!("traffic {traffic}"));
    }
    making.plan
}

/// Containers that are being made, each volume once.
struct Making<'a> {
    identity: &'a Identity,
    inventory: &'a Inventory,
    enclosure: Option<&'a Enclosure>,
    plan: Plan,
    volumes: BTreeMap<&'a str, StepId>,
}

impl<'a> Making<'a> {
    fn new(identity: &'a Identity, inventory: &'a Inventory, enclosure: Option<&'a Enclosure>) -> Self {
        Self { identity, inventory, enclosure, plan: Plan::default(), volumes: BTreeMap::new() }
    }

    fn add_commands(&mut self, environment: &'a Environment) {
        for (number, command, service) in commands(environment) {
            let container = container_for(self.identity, number, command, service);
            self.add(service, container, format!("migration {}", command.name));
        }
    }

    fn add_suite(&mut self, environment: &'a Environment, suite: Option<&SuiteSpec>) {
        let Some(suite) = suite else { return };
        let Some(service) = environment.services.get(&suite.service) else { return };
        let mut container = container_of(self.identity, service);
        if suite.command.is_some() {
            container.runtime.command.clone_from(&suite.command);
        }
        self.add(service, container, format!("service {}", service.name));
    }

    /// Makes a container of `service` after its volumes and its image.
    fn add(&mut self, service: &'a Service, mut container: ContainerSpec, cause: String) {
        if let Some(enclosure) = self.enclosure {
            enclosure.enclose(&mut container);
        }
        let mut after = Vec::new();
        for volume in &service.volumes {
            let VolumeOrigin::Named(name) = &volume.origin else { continue };
            // On a stack that stands the volume is there.
            if self.inventory.volumes.iter().any(|known| known.name == self.identity.names().volume(name)) {
                continue;
            }
            after.push(*self.volumes.entry(name).or_insert_with(|| {
                let spec = VolumeSpec {
                    name: self.identity.names().volume(name),
                    source: VolumeSource::Plain,
                    labels: self.identity.labels(None),
                };
                self.plan.add(Call::CreateVolume(spec), format!("volume {name}"), &[])
            }));
        }
        if !self.inventory.images.contains_key(&service.runtime.image) {
            let reference = service.runtime.image.clone();
            after.push(self.plan.add(Call::PullImage { reference }, &cause, &[]));
        }
        self.plan.add(Call::CreateContainer(Box::new(container)), cause, &after);
    }
}

/// Starts every service without a profile, and what the suite depends on, but databases, which run already, and the
/// suite. The plan ends when each is well: healthy, running where it has no healthcheck, completed where others wait for
/// its completion.
pub fn start_services(environment: &Environment, identity: &Identity) -> Plan {
    let mut order = Order::new(environment, identity);
    // What commands needed runs since then, and was well.
    let needed = needed(environment);
    order.running.extend(needed.iter().map(|name| (*name).to_owned()));
    let names = started_services(environment);
    order.start_all(&names.difference(&needed).copied().collect());
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

/// Every service that is part of a stack that stands: its databases, and what is started beside them.
pub fn standing_services(environment: &Environment) -> BTreeSet<&str> {
    let mut names = started_services(environment);
    names.extend(environment.databases.keys().map(String::as_str));
    names
}

/// Services that are started beside the databases, but for the suite.
pub(super) fn started_services(environment: &Environment) -> BTreeSet<&str> {
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
        .map(|volume| {
            let source = match &volume.origin {
                VolumeOrigin::Named(name) => MountSource::Volume(names.volume(name)),
                VolumeOrigin::Bind(path) => MountSource::Bind(path.clone()),
                VolumeOrigin::Anonymous => MountSource::Anonymous,
            };
            Mount { source, target: volume.target.clone(), read_only: volume.read_only }
        })
        .collect();
    let mut aliases = vec![service.name.clone()];
    aliases.extend(service.aliases.iter().cloned());
    ContainerSpec {
        name: names.container(&service.name),
        runtime: service.runtime.clone(),
        network: Some(names.network()),
        aliases,
        address: None,
        name_server: None,
        mounts,
        ports: service.ports.clone(),
        reached_at: None,
        labels: identity.labels(Some(&service.name)),
    }
}
