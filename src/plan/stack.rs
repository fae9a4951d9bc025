//! The databases of a stack: each on a clone of its seed, and beside it the seed as it was, for comparison.

use std::collections::BTreeMap;

use super::enclosure::Enclosure;
use super::identity::Identity;
use super::services::container_of;
use super::sink;
use crate::model::call::Call;
use crate::model::container::{CloneOrigin, ContainerSpec, Mount, MountSource, VolumeSource, VolumeSpec};
use crate::model::environment::Environment;
use crate::model::inventory::ImageFacts;
use crate::model::inventory::Inventory;
use crate::model::label;
use crate::model::plan::{Plan, StepId};
use crate::model::seed::SeedKey;
use crate::model::service::{Healthcheck, Runtime, Service, VolumeOrigin};

/// The port of PostgreSQL inside its container.
pub const POSTGRES_PORT: u16 = 5432;

/// A clone is thrown away, so it need not survive a crash of the machine; all its log is kept for the meter.
const CLONE_SETTINGS: [&str; 3] = ["fsync=off", "full_page_writes=off", "wal_keep_size=2000000"];
/// The copy that stays as the seed was is only read.
const BEFORE_SETTINGS: [&str; 3] = ["fsync=off", "autovacuum=off", "default_transaction_read_only=on"];

/// Whether the seed as it was stands beside a database that is migrated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Twins {
    /// It does, to be compared with.
    Stand,
    /// Nothing is compared.
    Absent,
}

/// The network, and each database, with its untouched twin if it is migrated and compared. App and worker must not run before
/// the meter has closed. `seeds` by service. Nothing starts before egress is denied.
pub fn stand_up(
    environment: &Environment,
    identity: &Identity,
    inventory: &Inventory,
    (seeds, twins): (&BTreeMap<String, SeedKey>, Twins),
    enclosure: &Enclosure,
) -> Plan {
    let mut plan = Plan::default();
    let network = plan.add(Call::CreateNetwork(enclosure.network(identity)), "the stack's own network", &[]);
    let denied: Vec<StepId> = enclosure.deny(&mut plan, &[network]).into_iter().collect();
    if let Some(mail) = &environment.mail {
        sink::stand_up(&mut plan, identity, mail, enclosure, (network, &denied));
    }
    for (name, seed) in seeds {
        let Some(service) = environment.services.get(name) else { continue };
        let image = inventory.images.get(&service.runtime.image).cloned().unwrap_or_default();
        let database = Database { identity, service, image: &image, seed, enclosure: Some(enclosure) };
        database.live(&mut plan, network, &denied);
        if twins == Twins::Stand && environment.migrates(name) {
            database.before(&mut plan, &[network], &denied);
        }
    }
    plan
}

/// Each database's seed as it was, beside a stack that stands.
pub fn beside(
    environment: &Environment,
    identity: &Identity,
    inventory: &Inventory,
    seeds: &BTreeMap<String, SeedKey>,
    enclosure: Option<&Enclosure>,
) -> Plan {
    let mut plan = Plan::default();
    for (name, seed) in seeds {
        let Some(service) = environment.services.get(name) else { continue };
        let image = inventory.images.get(&service.runtime.image).cloned().unwrap_or_default();
        Database { identity, service, image: &image, seed, enclosure }.before(&mut plan, &[], &[]);
    }
    plan
}

struct Database<'a> {
    identity: &'a Identity,
    service: &'a Service,
    image: &'a ImageFacts,
    seed: &'a SeedKey,
    enclosure: Option<&'a Enclosure>,
}

impl Database<'_> {
    fn live(&self, plan: &mut Plan, network: StepId, denied: &[StepId]) {
        let cause = format!("database {}", self.service.name);
        let clone = self.identity.names().clone(&self.service.name);
        let ready = self.clone_seed(plan, &clone, &cause);
        let mut container = container_of(self.identity, self.service);
        container.runtime.command = Some(server_command(&self.service.runtime, &CLONE_SETTINGS));
        let data = pgdata(&self.service.runtime, self.image);
        container.mounts.retain(|mount| !holds(&mount.target, &data));
        container.mounts.push(Mount { source: MountSource::Volume(clone), target: data, read_only: false });
        container.reached_at = Some(POSTGRES_PORT);
        let mut after = vec![network, ready];
        after.extend(self.other_volumes(plan, &container));
        self.start(plan, container, &cause, (&after, denied));
    }

    fn before(&self, plan: &mut Plan, after: &[StepId], denied: &[StepId]) {
        let cause = format!("{} as the seed was, for comparison", self.service.name);
        let names = self.identity.names();
        let clone = names.before_clone(&self.service.name);
        let ready = self.clone_seed(plan, &clone, &cause);
        let container = ContainerSpec {
            name: names.before(&self.service.name),
            runtime: Runtime {
                image: self.service.runtime.image.clone(),
                command: Some(server_command(&self.service.runtime, &BEFORE_SETTINGS)),
                environment: super::seed::cluster_settings(&self.service.runtime),
                healthcheck: Some(Healthcheck::Disabled),
                ..Runtime::default()
            },
            network: Some(names.network()),
            aliases: Vec::new(),
            address: None,
            name_server: None,
            mounts: vec![Mount {
                source: MountSource::Volume(clone),
                target: pgdata(&self.service.runtime, self.image),
                read_only: false,
            }],
            ports: Vec::new(),
            reached_at: Some(POSTGRES_PORT),
            labels: self.identity.labels(Some(&self.service.name)),
        };
        self.start(plan, container, &cause, (&[after, &[ready]].concat(), denied));
    }

    /// The volume comes first: a clone whose volume does not exist is garbage to every sweep.
    fn clone_seed(&self, plan: &mut Plan, clone: &str, cause: &str) -> StepId {
        let mut labels = self.identity.labels(Some(&self.service.name));
        labels.insert(label::SEED_KEY.to_owned(), self.seed.0.clone());
        let volume = plan.add(
            Call::CreateVolume(VolumeSpec {
                name: clone.to_owned(),
                source: VolumeSource::Pool { subvolume: format!("clones/{clone}") },
                labels,
            }),
            cause,
            &[],
        );
        let origin = CloneOrigin::Seed(self.seed.clone());
        plan.add(Call::MakeClone { clone: clone.to_owned(), origin }, cause, &[volume])
    }

    /// Makes a container after one thing, and starts it after another.
    fn start(
        &self,
        plan: &mut Plan,
        mut container: ContainerSpec,
        cause: &str,
        (made, denied): (&[StepId], &[StepId]),
    ) {
        if let Some(enclosure) = self.enclosure {
            enclosure.enclose(&mut container);
        }
        let name = container.name.clone();
        let created = plan.add(Call::CreateContainer(Box::new(container)), cause, made);
        plan.add(Call::StartContainer { name }, cause, &[&[created], denied].concat());
    }

    fn other_volumes(&self, plan: &mut Plan, container: &ContainerSpec) -> Vec<StepId> {
        let names = self.identity.names();
        let wanted: Vec<String> = self
            .service
            .volumes
            .iter()
            .filter_map(|volume| match &volume.origin {
                VolumeOrigin::Named(name) => Some(names.volume(name)),
                _ => None,
            })
            .filter(|name| {
                container.mounts.iter().any(|mount| mount.source == MountSource::Volume(name.clone()))
            })
            .collect();
        wanted
            .into_iter()
            .map(|name| {
                plan.add(
                    Call::CreateVolume(VolumeSpec {
                        name,
                        source: VolumeSource::Plain,
                        labels: self.identity.labels(None),
                    }),
                    format!("volume of {}", self.service.name),
                    &[],
                )
            })
            .collect()
    }
}

/// Where the server keeps its data: Compose's word, else the image's.
pub fn pgdata(runtime: &Runtime, image: &ImageFacts) -> String {
    runtime
        .environment
        .get("PGDATA")
        .or_else(|| image.environment.get("PGDATA"))
        .cloned()
        .unwrap_or_else(|| "/var/lib/postgresql/data".to_owned())
}

/// The service's own command with further settings, which win as they come last.
pub(super) fn server_command(runtime: &Runtime, settings: &[&str]) -> Vec<String> {
    let mut command = runtime.command.clone().unwrap_or_else(|| vec!["postgres".to_owned()]);
    for setting in settings {
        command.push("-c".to_owned());
        command.push((*setting).to_owned());
    }
    command
}

/// Whether a mount at `target` is where the data is, or above it.
pub(super) fn holds(target: &str, data: &str) -> bool {
    let target = target.trim_end_matches('/');
    data == target || data.strip_prefix(target).is_some_and(|rest| rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clone_takes_the_place_of_whatever_holds_the_data() {
        assert!(holds("/var/lib/postgresql/data", "/var/lib/postgresql/data"));
        assert!(holds("/var/lib/postgresql/", "/var/lib/postgresql/18/docker"));
        assert!(!holds("/var/lib/postgresql/data2", "/var/lib/postgresql/data"));
        assert!(!holds("/docker-entrypoint-initdb.d", "/var/lib/postgresql/data"));
    }

    #[test]
    fn settings_follow_the_command_of_compose() {
        let runtime =
            Runtime { command: Some(vec!["postgres".into(), "-N".into(), "5".into()]), ..Runtime::default() };
        assert_eq!(server_command(&runtime, &["fsync=off"]), ["postgres", "-N", "5", "-c", "fsync=off"]);
        assert_eq!(server_command(&Runtime::default(), &[]), ["postgres"]);
    }
}
