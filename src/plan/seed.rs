//! A seed that is not there yet: a place and a server to fill, and afterwards its sealing.

use std::collections::BTreeMap;

use super::enclosure::{Enclosure, NAME_SERVER};
use super::identity::Identity;
use super::{HELPER_IMAGE, stack};
use crate::model::call::Call;
use crate::model::clones::CloneDriver;
use crate::model::container::{
    CloneOrigin, ContainerSpec, Labels, Mount, MountSource, VolumeSource, VolumeSpec,
};
use crate::model::inventory::ImageFacts;
use crate::model::label;
use crate::model::plan::Plan;
use crate::model::seed::{SeedKey, SeedRecord};
use crate::model::service::{Healthcheck, Runtime, Service};

/// How long a server may take to write everything down and stop.
const STOP_TIMEOUT_S: u64 = 600;

/// A server that is filled once and thrown away if anything fails needs no safety on the way: it is made durable by its
/// clean shutdown. `minimal` lets COPY into a fresh table skip the log.
const BUILD_SETTINGS: [&str; 12] = [
    "fsync=off",
    "full_page_writes=off",
    "synchronous_commit=off",
    "wal_level=minimal",
    "max_wal_senders=0",
    "archive_mode=off",
    "autovacuum=off",
    "max_wal_size=4GB",
    "min_wal_size=32MB",
    "checkpoint_timeout=1h",
    "maintenance_work_mem=256MB",
    "shared_buffers=256MB",
];

/// What is to be built.
#[derive(Clone, Copy, Debug)]
pub struct SeedOrder<'a> {
    /// Who builds.
    pub identity: &'a Identity,
    /// The seed's content key.
    pub key: &'a SeedKey,
    /// The service that serves the database.
    pub service: &'a Service,
    /// Its image.
    pub image: &'a ImageFacts,
    /// How clones of it will be made.
    pub clones: CloneDriver,
}

impl SeedOrder<'_> {
    /// The container that is filled.
    pub fn container(&self) -> String {
        self.identity.names().container(&format!("{}-seed", self.service.name))
    }

    /// The clone in which it keeps its data.
    pub fn clone_name(&self) -> String {
        self.identity.names().clone(&format!("{}-seed", self.service.name))
    }
}

/// The lock of the seed: whoever makes it builds. It is never started.
pub fn lock_seed(order: &SeedOrder<'_>) -> Plan {
    let mut plan = Plan::default();
    plan.add(
        Call::CreateContainer(Box::new(ContainerSpec {
            name: order.key.lock(),
            runtime: Runtime { image: HELPER_IMAGE.to_owned(), ..Runtime::default() },
            network: None,
            aliases: Vec::new(),
            address: None,
            name_server: None,
            mounts: Vec::new(),
            ports: Vec::new(),
            reached_at: None,
            labels: order.identity.labels(Some(&order.service.name)),
        })),
        format!("only one builds seed {} of {}", order.key, order.service.name),
        &[],
    );
    plan
}

/// The place, and an empty server on it, in a network with this subnet.
pub fn build_seed(order: &SeedOrder<'_>, subnet: &str) -> Plan {
    let identity = order.identity;
    let service = &order.service.name;
    let cause = format!("seed {} of {service}", order.key);
    let mut plan = Plan::default();
    let pool = plan.add(Call::PreparePool, "clones need a pool", &[]);
    let enclosure = Enclosure::of_builder(identity, subnet);
    let network = plan.add(Call::CreateNetwork(enclosure.network(identity)), &cause, &[]);
    // What a backup holds may want to call its home: subscriptions, foreign servers, functions.
    let denied = enclosure.deny(&mut plan, &[network]);
    let clone = order.clone_name();
    let volume = plan.add(
        Call::CreateVolume(VolumeSpec {
            name: clone.clone(),
            source: VolumeSource::Pool { subvolume: format!("clones/{clone}") },
            labels: identity.labels(Some(service)),
        }),
        &cause,
        &[pool],
    );
    let place =
        plan.add(Call::MakeClone { clone: clone.clone(), origin: CloneOrigin::Empty }, &cause, &[volume]);
    let container = plan.add(
        Call::CreateContainer(Box::new(ContainerSpec {
            name: order.container(),
            runtime: Runtime {
                image: order.service.runtime.image.clone(),
                command: Some(stack::server_command(&order.service.runtime, &BUILD_SETTINGS)),
                environment: cluster_settings(&order.service.runtime),
                shm_size_bytes: Some(1 << 30),
                healthcheck: Some(Healthcheck::Disabled),
                ..Runtime::default()
            },
            network: Some(identity.names().network()),
            aliases: Vec::new(),
            address: None,
            name_server: Some(NAME_SERVER),
            mounts: vec![Mount {
                source: MountSource::Volume(clone),
                target: stack::pgdata(&order.service.runtime, order.image),
                read_only: false,
            }],
            ports: Vec::new(),
            reached_at: Some(stack::POSTGRES_PORT),
            labels: identity.labels(Some(service)),
        })),
        &cause,
        &[network, place],
    );
    let after: Vec<_> = [container].into_iter().chain(denied).collect();
    plan.add(Call::StartContainer { name: order.container() }, &cause, &after);
    plan
}

/// A clean shutdown, the frozen copy, and the volume that makes it a seed. What is remembered of it stands on the
/// volume's labels: `record`, and the same as JSON.
pub fn seal_seed(order: &SeedOrder<'_>, record: &SeedRecord, record_json: String) -> Plan {
    let cause = format!("seed {} of {}", order.key, order.service.name);
    let mut plan = Plan::default();
    let stopped = plan.add(
        Call::StopContainer { name: order.container(), timeout_s: STOP_TIMEOUT_S },
        format!("{cause} is whole only after a clean shutdown"),
        &[],
    );
    let frozen = plan.add_kept(
        Call::FreezeSeed { clone: order.clone_name(), key: order.key.clone() },
        &cause,
        &[stopped],
    );
    let labels = Labels::from([
        (label::KIND.to_owned(), label::KIND_SEED.to_owned()),
        (label::FORMAT.to_owned(), label::FORMAT_VERSION.to_owned()),
        (label::ENVIRONMENT.to_owned(), record.environment.clone()),
        (label::SEED_KEY.to_owned(), record.key.0.clone()),
        (label::CLONES.to_owned(), order.clones.name().to_owned()),
        (label::SEED_RECORD.to_owned(), record_json),
    ]);
    let source = VolumeSource::Pool { subvolume: format!("seeds/{}", record.key.short()) };
    let volume = VolumeSpec { name: record.key.volume(), source, labels };
    plan.add_kept(Call::CreateVolume(volume), format!("register {cause}"), &[frozen]);
    plan
}

/// The variables of the official image, which shape the cluster when it is made.
pub fn cluster_settings(runtime: &Runtime) -> BTreeMap<String, String> {
    runtime
        .environment
        .iter()
        .filter(|(name, _)| name.starts_with("POSTGRES_") || *name == "PGDATA" || *name == "TZ")
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}
