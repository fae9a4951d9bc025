//! A service of a Compose file, reduced to what a container needs.

use std::collections::BTreeMap;
use std::path::PathBuf;

/// What runs in a container and how, wherever it came from.
#[derive(Clone, Default, PartialEq)]
pub struct Runtime {
    /// Image reference (`postgres:15`).
    pub image: String,
    /// Replaces the image's CMD.
    pub command: Option<Vec<String>>,
    /// Replaces the image's ENTRYPOINT.
    pub entrypoint: Option<Vec<String>>,
    /// Environment; never printed, as it holds credentials.
    pub environment: BTreeMap<String, String>,
    /// `user` or `user:group`.
    pub user: Option<String>,
    /// Working directory.
    pub working_dir: Option<String>,
    /// Host name inside.
    pub hostname: Option<String>,
    /// Mount points of temporary filesystems, with their options.
    pub tmpfs: BTreeMap<String, String>,
    /// Size of `/dev/shm` in bytes.
    pub shm_size_bytes: Option<i64>,
    /// Memory limit in bytes.
    pub memory_bytes: Option<i64>,
    /// CPU limit in billionths of a CPU.
    pub nano_cpus: Option<i64>,
    /// Whether an init process reaps zombies.
    pub init: bool,
    /// Whether the root filesystem is read-only.
    pub read_only: bool,
    /// Capabilities added.
    pub cap_add: Vec<String>,
    /// Capabilities dropped.
    pub cap_drop: Vec<String>,
    /// `host:address` lines for `/etc/hosts`.
    pub extra_hosts: Vec<String>,
    /// The signal that asks the service to stop.
    pub stop_signal: Option<String>,
    /// Healthcheck, if the Compose file has one; the image's own holds otherwise.
    pub healthcheck: Option<Healthcheck>,
    /// The user's own labels.
    pub labels: BTreeMap<String, String>,
}

impl std::fmt::Debug for Runtime {
    /// Names the variables, not their values.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Runtime")
            .field("image", &self.image)
            .field("environment", &self.environment.keys().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

/// How the engine finds out whether a service is well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Healthcheck {
    /// `disable: true`, or `test: NONE`.
    Disabled,
    /// A probe; a `None` keeps the engine's default.
    Probe {
        /// As the engine takes it: `["CMD", …]` or `["CMD-SHELL", "…"]`.
        test: Vec<String>,
        /// Time between probes in nanoseconds.
        interval_ns: Option<i64>,
        /// Time a probe may take in nanoseconds.
        timeout_ns: Option<i64>,
        /// Time after the start in which failures do not count, in nanoseconds.
        start_period_ns: Option<i64>,
        /// Failures in a row that make it unhealthy.
        retries: Option<i64>,
    },
}

/// Where a mount of a service comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VolumeOrigin {
    /// A volume that the Compose file names.
    Named(String),
    /// A path of the host, absolute.
    Bind(PathBuf),
    /// A volume without a name.
    Anonymous,
}

/// A mount of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceVolume {
    /// Where it comes from.
    pub origin: VolumeOrigin,
    /// Where it is mounted.
    pub target: String,
    /// Whether it can only be read.
    pub read_only: bool,
}

/// What must be true of a service before another starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DependencyCondition {
    /// It runs.
    Started,
    /// Its healthcheck passed.
    Healthy,
    /// It exited with 0.
    CompletedSuccessfully,
}

/// One entry of `depends_on`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dependency {
    /// The service that is waited for.
    pub service: String,
    /// What must be true of it.
    pub condition: DependencyCondition,
}

/// A port that a service publishes; `stage` chooses a free one of 127.0.0.1, whatever host port Compose asks for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Port {
    /// The port inside.
    pub container_port: u16,
    /// `tcp` or `udp`.
    pub protocol: String,
}

/// One service of the Compose file.
#[derive(Clone, Debug, PartialEq)]
pub struct Service {
    /// Its name, which is also its host name in the stack.
    pub name: String,
    /// What runs and how.
    pub runtime: Runtime,
    /// Its mounts.
    pub volumes: Vec<ServiceVolume>,
    /// Ports that it publishes.
    pub ports: Vec<Port>,
    /// What it waits for.
    pub depends_on: Vec<Dependency>,
    /// Further names in the stack's network.
    pub aliases: Vec<String>,
    /// Profiles: a service with one starts only when asked for.
    pub profiles: Vec<String>,
}
