//! Migrations by a command, each in a container of its own: the service's image, environment, volumes and network, but none
//! of its names and ports, so that nobody takes it for the service.
//!
//! Services that a command depends on run before it, unless they depend on a database themselves: those could write to it,
//! and would be counted as the migration.

use std::collections::BTreeSet;

use super::identity::Identity;
use super::order::{Order, dependencies};
use super::services::container_of;
use crate::model::call::Call;
use crate::model::container::ContainerSpec;
use crate::model::environment::{Environment, MigrationCommand, MigrationSource};
use crate::model::inventory::Inventory;
use crate::model::migration::Migration;
use crate::model::plan::Plan;
use crate::model::service::{Healthcheck, Service};

/// As many as SHA-384 has, so that checksums of all migrations look alike.
const CHECKSUM_BYTES: usize = 48;

/// The migration that a command stands for. Its checksum changes with its words and with any byte of its image.
pub fn command_migration(
    environment: &Environment,
    command: &MigrationCommand,
    inventory: &Inventory,
) -> Migration {
    let image = environment.services.get(&command.service).map(|service| service.runtime.image.as_str());
    let image_id = image.and_then(|image| inventory.images.get(image)).map(|image| image.id.as_str());
    let mut hasher = blake3::Hasher::new();
    for part in command.command.iter().map(String::as_str).chain(image_id) {
        // With its length, as `a b` and `a`, `b` are not the same command.
        hasher.update(&(part.len() as u64).to_le_bytes()).update(part.as_bytes());
    }
    let mut checksum = [0; CHECKSUM_BYTES];
    hasher.finalize_xof().fill(&mut checksum);
    Migration {
        database: command.database.clone(),
        version: command.name.clone(),
        name: command.name.clone(),
        path: environment.folder.clone(),
        sql: String::new(),
        checksum: hex::encode(checksum),
        transactional: false,
    }
}

/// Starts what commands depend on, and ends when it is well.
pub fn start_for_commands(environment: &Environment, identity: &Identity) -> Plan {
    let mut order = Order::new(environment, identity);
    order.start_all(&needed(environment));
    order.plan
}

/// Starts the command of the `number`th entry of `migrations`, from 1. Its container is made already.
pub fn run_command(identity: &Identity, command: &MigrationCommand, number: usize) -> Plan {
    let mut plan = Plan::default();
    let name = identity.names().migration(number);
    plan.add(Call::StartContainer { name }, format!("migration {}", command.name), &[]);
    plan
}

/// The commands of an environment, each with its number among `migrations`, from 1, and its service.
pub(super) fn commands(
    environment: &Environment,
) -> impl Iterator<Item = (usize, &MigrationCommand, &Service)> {
    environment.migrations.iter().enumerate().filter_map(|(place, source)| {
        let MigrationSource::Command(command) = source else { return None };
        Some((place + 1, command, environment.services.get(&command.service)?))
    })
}

/// The container in which a command runs.
pub(super) fn container_for(
    identity: &Identity,
    number: usize,
    command: &MigrationCommand,
    service: &Service,
) -> ContainerSpec {
    let mut container = container_of(identity, service);
    container.name = identity.names().migration(number);
    container.runtime.command = Some(command.command.clone());
    container.runtime.healthcheck = Some(Healthcheck::Disabled);
    container.aliases.clear();
    container.ports.clear();
    container
}

/// Services that run before the first migration: what commands depend on, but databases and what depends on one.
pub(super) fn needed(environment: &Environment) -> BTreeSet<&str> {
    let is_database = |name: &str| environment.databases.contains_key(name);
    let mut names: BTreeSet<&str> =
        commands(environment).flat_map(|(_, _, service)| dependencies(environment, &service.name)).collect();
    names.retain(|name| !is_database(name) && !dependencies(environment, name).into_iter().any(is_database));
    names
}
