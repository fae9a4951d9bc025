//! One call to the engine, and the call that takes it back.

use std::fmt;

use super::container::{CloneOrigin, ContainerSpec, NetworkSpec, VolumeSpec};
use super::egress::EgressRules;
use super::name::RunId;
use super::quantity;
use super::seed::SeedKey;

/// One thing that the engine is asked to do. Each may be repeated: what is already done counts as done.
#[derive(Clone, Debug, PartialEq)]
pub enum Call {
    /// Fetches an image that is not there.
    PullImage {
        /// Its reference.
        reference: String,
    },
    /// Makes the pool of clones, or attaches it again after a restart of the machine.
    PreparePool,
    /// Makes the pool larger; one that is as large already is left as it is.
    GrowPool {
        /// How large it is at least to be.
        size_bytes: u64,
    },
    /// Makes a network.
    CreateNetwork(NetworkSpec),
    /// Refuses the containers of a network whatever they are not allowed to reach, and counts what they try.
    DenyEgress(EgressRules),
    /// Makes a volume.
    CreateVolume(VolumeSpec),
    /// Makes a copy-on-write clone in the pool, `clones/NAME`.
    MakeClone {
        /// The clone's name, and that of its volume.
        clone: String,
        /// What it is a copy of.
        origin: CloneOrigin,
    },
    /// Freezes a clone as `seeds/KEY`, read-only. It becomes a seed when its volume is registered.
    FreezeSeed {
        /// The clone in which it was built.
        clone: String,
        /// The seed's key.
        key: SeedKey,
    },
    /// Makes a container.
    CreateContainer(Box<ContainerSpec>),
    /// Starts a container.
    StartContainer {
        /// Its name.
        name: String,
    },
    /// Starts a container again that ran before the engine or the machine was restarted.
    RestartContainer {
        /// Its name.
        name: String,
    },
    /// Asks a container to stop in its own way, and waits for it.
    StopContainer {
        /// Its name.
        name: String,
        /// How long it may take, in seconds, before it is an error.
        timeout_s: u64,
    },
    /// Waits until a container is healthy, or running if it has no healthcheck.
    AwaitHealthy {
        /// Its name.
        name: String,
        /// How long it may take, in seconds.
        timeout_s: u64,
    },
    /// Waits until a container has exited with 0.
    AwaitCompletion {
        /// Its name.
        name: String,
        /// How long it may take, in seconds.
        timeout_s: u64,
    },
}

/// Takes one call back. Absent counts as done.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Undo {
    /// Removes a network by name and the run on its label, as names may be shared.
    RemoveNetwork {
        /// Its name.
        name: String,
        /// The run that made it.
        run: String,
    },
    /// Forgets what containers behind an interface may reach, and what they tried.
    ForgetEgress {
        /// The interface of their network.
        bridge: String,
    },
    /// Removes a volume.
    RemoveVolume {
        /// Its name.
        name: String,
    },
    /// Deletes a clone from the pool, and waits until its space is free.
    DeleteClone {
        /// Its name.
        clone: String,
    },
    /// Deletes a frozen seed from the pool.
    DeleteSeed {
        /// Its key.
        key: SeedKey,
    },
    /// Removes a container, running or not, with its anonymous volumes, if the run made it: the name of a lock may be
    /// held by another.
    RemoveContainer {
        /// Its name.
        name: String,
        /// The run that made it.
        run: String,
    },
}

/// What came of a call that was carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Performed {
    /// It is done.
    Done,
    /// The engine did its part, but the service inside did not: it exited, or never became healthy.
    Unfit(ServiceFailure),
}

/// A service that did not come up: a fact about the change, not an error of `stage`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceFailure {
    /// The container's name; its service once the story knows it.
    pub service: String,
    /// What happened (`exited with 1`, `not healthy after 60 s`).
    pub reason: String,
    /// The last lines of its output.
    pub output_tail: String,
}

impl Call {
    /// What takes this call back; `None` for what changes nothing or only something that another undo removes.
    pub fn undo(&self, run: &RunId) -> Option<Undo> {
        match self {
            Self::CreateNetwork(network) => {
                Some(Undo::RemoveNetwork { name: network.name.clone(), run: run.0.clone() })
            }
            Self::DenyEgress(rules) => Some(Undo::ForgetEgress { bridge: rules.bridge.clone() }),
            Self::CreateVolume(volume) => Some(Undo::RemoveVolume { name: volume.name.clone() }),
            Self::MakeClone { clone, .. } => Some(Undo::DeleteClone { clone: clone.clone() }),
            Self::FreezeSeed { key, .. } => Some(Undo::DeleteSeed { key: key.clone() }),
            Self::CreateContainer(container) => {
                Some(Undo::RemoveContainer { name: container.name.clone(), run: run.0.clone() })
            }
            Self::PullImage { .. }
            | Self::PreparePool
            | Self::GrowPool { .. }
            | Self::StartContainer { .. }
            | Self::RestartContainer { .. }
            | Self::StopContainer { .. }
            | Self::AwaitHealthy { .. }
            | Self::AwaitCompletion { .. } => None,
        }
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PullImage { reference } => write!(f, "pull image {reference}"),
            Self::PreparePool => f.write_str("prepare pool"),
            Self::GrowPool { size_bytes } => write!(f, "grow pool to {}", quantity::size(*size_bytes)),
            Self::CreateNetwork(network) => write!(f, "create network {} {}", network.name, network.subnet),
            Self::DenyEgress(rules) => write!(f, "deny egress of {}", rules.bridge),
            Self::CreateVolume(volume) => write!(f, "create volume {}", volume.name),
            Self::MakeClone { clone, origin: CloneOrigin::Empty } => write!(f, "make empty clone {clone}"),
            Self::MakeClone { clone, origin: CloneOrigin::Seed(key) } => {
                write!(f, "clone seed {key} as {clone}")
            }
            Self::FreezeSeed { clone, key } => write!(f, "freeze {clone} as seed {key}"),
            Self::CreateContainer(container) => {
                write!(f, "create container {} of {}", container.name, container.runtime.image)
            }
            Self::StartContainer { name } => write!(f, "start {name}"),
            Self::RestartContainer { name } => write!(f, "start {name} again"),
            Self::StopContainer { name, .. } => write!(f, "stop {name}"),
            Self::AwaitHealthy { name, .. } => write!(f, "await health of {name}"),
            Self::AwaitCompletion { name, .. } => write!(f, "await completion of {name}"),
        }
    }
}

impl fmt::Display for Undo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RemoveNetwork { name, .. } => write!(f, "network {name}"),
            Self::ForgetEgress { bridge } => write!(f, "egress rules of {bridge}"),
            Self::RemoveVolume { name } => write!(f, "volume {name}"),
            Self::DeleteClone { clone } => write!(f, "clone {clone}"),
            Self::DeleteSeed { key } => write!(f, "frozen seed {key}"),
            Self::RemoveContainer { name, .. } => write!(f, "container {name}"),
        }
    }
}
