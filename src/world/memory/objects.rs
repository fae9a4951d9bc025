//! What exists on the engine.

use std::collections::{BTreeMap, BTreeSet};

use super::exec::Started;
use crate::model::clones::Room;
use crate::model::container::{ContainerSpec, Labels, MountSource, NetworkSpec, VolumeSource, VolumeSpec};
use crate::model::error::{Error, ErrorKind, Result};
use crate::model::label;
use crate::world::database::AppliedMigration;

/// How the names of mail sinks end.
pub(super) const SINK: &str = ".mail";

#[derive(Default)]
pub(super) struct Objects {
    pub(super) containers: BTreeMap<String, Container>,
    /// Not by name: two runs may have networks of the same name.
    pub(super) networks: Vec<NetworkSpec>,
    pub(super) volumes: BTreeMap<String, VolumeSpec>,
    /// By path in the pool: `clones/NAME` and `seeds/KEY`, the key in its short form.
    pub(super) subvolumes: BTreeMap<String, Content>,
    pub(super) pulled: BTreeSet<String>,
    pub(super) has_pool: bool,
    /// Interfaces whose egress is denied.
    pub(super) denied: BTreeSet<String>,
    /// How many subnets will still be refused for a network of somebody who has gone by the time anybody looks.
    pub(super) subnets_to_lose: u32,
    /// Room that was said beforehand, and what was made of it; plenty otherwise.
    pub(super) room: Option<Room>,
    /// Names of containers in the order in which they were started.
    pub(super) started: Vec<String>,
    /// What had an effect, in order.
    pub(super) done: Vec<String>,
    /// Commands that were started, in order.
    pub(super) commands: Vec<Started>,
    /// The number of the newest container, which its address encodes.
    pub(super) newest: u32,
}

pub(super) struct Container {
    pub(super) spec: ContainerSpec,
    pub(super) state: State,
    pub(super) number: u32,
    /// What a database keeps that runs without a place in the pool.
    pub(super) own_content: Content,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Created,
    Running,
    Exited(i64),
}

/// What a database holds: in a clone, it is copied with it.
#[derive(Clone, Default)]
pub(super) struct Content {
    /// Rows by table, as users read it.
    pub(super) rows: BTreeMap<String, u64>,
    pub(super) applied: Vec<AppliedMigration>,
}

impl Container {
    /// What was said beforehand is said of this: the Compose service that it stands for, [`SINK`] for the mail sink of any
    /// stack, its own name otherwise.
    pub(super) fn service(&self) -> &str {
        let own = if self.spec.name.ends_with(SINK) { SINK } else { &self.spec.name };
        self.spec.labels.get(label::SERVICE).map_or(own, String::as_str)
    }

    /// Its labels; those of `stage` win.
    pub(super) fn labels(&self) -> Labels {
        let labels = self.spec.runtime.labels.iter().chain(&self.spec.labels);
        labels.map(|(key, value)| (key.clone(), value.clone())).collect()
    }

    /// Names of the volumes that it uses, whatever its state.
    pub(super) fn volumes(&self) -> impl Iterator<Item = &String> {
        self.spec.mounts.iter().filter_map(|mount| match &mount.source {
            MountSource::Volume(name) => Some(name),
            MountSource::Bind(_) | MountSource::Anonymous => None,
        })
    }

    /// Whether PostgreSQL runs in it: it knows its superuser, or its data is mounted.
    pub(super) fn is_database(&self) -> bool {
        let environment = &self.spec.runtime.environment;
        let pgdata = environment.get("PGDATA").map_or("/var/lib/postgresql/data", String::as_str);
        environment.contains_key("POSTGRES_USER")
            || self.spec.mounts.iter().any(|mount| mount.target == pgdata)
    }
}

impl Objects {
    pub(super) fn listing(&self) -> Vec<String> {
        let mut lines: Vec<String> = self.containers.keys().map(|name| format!("container {name}")).collect();
        lines.extend(self.networks.iter().map(|network| format!("network {}", network.name)));
        lines.extend(self.denied.iter().map(|bridge| format!("egress rules of {bridge}")));
        lines.extend(self.volumes.keys().map(|name| format!("volume {name}")));
        lines.extend(self.subvolumes.keys().map(|path| match path.split_once('/') {
            Some(("seeds", key)) => format!("frozen seed {key}"),
            Some((_, clone)) => format!("clone {clone}"),
            None => path.clone(),
        }));
        lines.sort();
        lines
    }

    pub(super) fn container(&self, name: &str) -> Result<&Container> {
        self.containers.get(name).ok_or_else(|| absent("container", name))
    }

    pub(super) fn container_mut(&mut self, name: &str) -> Result<&mut Container> {
        self.containers.get_mut(name).ok_or_else(|| absent("container", name))
    }

    /// The subvolumes of the pool that a container mounts.
    pub(super) fn subvolumes_of(&self, container: &Container) -> Vec<String> {
        let volumes = container.volumes().filter_map(|name| self.volumes.get(name));
        volumes
            .filter_map(|volume| match &volume.source {
                VolumeSource::Pool { subvolume } => Some(subvolume.clone()),
                VolumeSource::Plain => None,
            })
            .collect()
    }

    /// Names of the containers that mount a subvolume, whatever their state.
    pub(super) fn mounting(&self, subvolume: &str) -> Vec<&Container> {
        let uses =
            |container: &&Container| self.subvolumes_of(container).iter().any(|path| path == subvolume);
        self.containers.values().filter(uses).collect()
    }

    /// Whether a database in the network of a container was migrated.
    pub(super) fn is_migrated(&self, container: &Container) -> bool {
        let beside = self.containers.values().filter(|it| it.spec.network == container.spec.network);
        let contents = beside.flat_map(|it| self.subvolumes_of(it));
        contents.filter_map(|path| self.subvolumes.get(&path)).any(|content| !content.applied.is_empty())
    }

    /// What the database of a container holds.
    pub(super) fn content(&mut self, container: &str) -> Result<&mut Content> {
        let subvolume = self.subvolumes_of(self.container(container)?).into_iter().next();
        match subvolume {
            Some(path) => self.subvolumes.get_mut(&path).ok_or_else(|| absent("subvolume", &path)),
            None => Ok(&mut self.container_mut(container)?.own_content),
        }
    }
}

/// What was named is not there.
pub(super) fn absent(what: &str, name: &str) -> Error {
    Error::new(ErrorKind::Unreachable, format!("there is no {what} `{name}`"))
}

pub(super) fn clone_path(clone: &str) -> String {
    format!("clones/{clone}")
}
