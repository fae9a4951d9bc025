//! What the engine is asked to make: networks, volumes and containers, each with its labels and its name chosen beforehand.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::path::PathBuf;

use super::seed::SeedKey;
use super::service::{Port, Runtime};

/// Labels by key; keys of `stage` are in [`super::label`].
pub type Labels = BTreeMap<String, String>;

/// A bridge network of its own for a stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetworkSpec {
    /// Its name; not a lock, as the engine lets two share one.
    pub name: String,
    /// Its subnet (`10.213.4.16/28`).
    pub subnet: String,
    /// The name of its interface on the engine's machine; the engine's own choice if not said.
    pub bridge: Option<String>,
    /// Labels.
    pub labels: Labels,
}

/// What a volume holds at first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VolumeSource {
    /// Nothing.
    Plain,
    /// A folder of the pool: `clones/NAME` or `seeds/KEY`. It need not exist until the volume is mounted.
    Pool {
        /// Its path in the pool.
        subvolume: String,
    },
}

/// A volume.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VolumeSpec {
    /// Its name.
    pub name: String,
    /// What it holds at first.
    pub source: VolumeSource,
    /// Labels.
    pub labels: Labels,
}

/// What a clone is a copy of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CloneOrigin {
    /// Nothing: an empty place in which a seed is built.
    Empty,
    /// A sealed seed.
    Seed(SeedKey),
}

/// Where a mount comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MountSource {
    /// A volume by name.
    Volume(String),
    /// A path of the host.
    Bind(PathBuf),
    /// A new and empty volume that goes with the container.
    Anonymous,
}

/// A mount of a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    /// Where it comes from.
    pub source: MountSource,
    /// Where it is mounted.
    pub target: String,
    /// Whether it can only be read.
    pub read_only: bool,
}

/// A container.
#[derive(Clone, Debug, PartialEq)]
pub struct ContainerSpec {
    /// Its name.
    pub name: String,
    /// What runs in it.
    pub runtime: Runtime,
    /// The network that it joins; `None` for no network at all.
    pub network: Option<String>,
    /// Its names in that network.
    pub aliases: Vec<String>,
    /// Its address in that network; the engine's choice if not said.
    pub address: Option<Ipv4Addr>,
    /// Who answers lookups of names that the engine does not know; whom the engine asks itself if not said.
    pub name_server: Option<Ipv4Addr>,
    /// Mounts.
    pub mounts: Vec<Mount>,
    /// Ports published on free ports of 127.0.0.1.
    pub ports: Vec<Port>,
    /// The TCP port at which `stage` itself reaches it; published, too, where this machine is not beside its network.
    pub reached_at: Option<u16>,
    /// Labels of `stage`; those of the user are in `runtime`.
    pub labels: Labels,
}
