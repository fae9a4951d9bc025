//! Labels carry identity: a sweep on any machine works from them alone. Every key that `stage` writes is here.

/// What the object is: [`KIND_STACK`], [`KIND_SEED`], [`KIND_POOL`], [`KIND_FIREWALL`] or [`KIND_BUILD`]. Nothing without this key is ever touched.
pub const KIND: &str = "dev.stage";
/// The version of the labels; an object of another version is never misread, only named.
pub const FORMAT: &str = "dev.stage.format";
/// The name of the environment.
pub const ENVIRONMENT: &str = "dev.stage.env";
/// The instance of the environment, `check` runs have one of their own each.
pub const INSTANCE: &str = "dev.stage.instance";
/// The run that made the object.
pub const RUN: &str = "dev.stage.run";
/// The hard deadline, RFC 3339 in UTC; after it any machine may sweep the object.
pub const DEADLINE: &str = "dev.stage.deadline";
/// The machine whose state folder holds the journal of the run, an opaque id.
pub const HOLDER: &str = "dev.stage.holder";
/// The subnet of a stack, on its network.
pub const SUBNET: &str = "dev.stage.subnet";
/// The interface of a network whose egress is denied, on that network.
pub const BRIDGE: &str = "dev.stage.bridge";
/// The memory that the containers of a stack are reckoned with, in bytes, on its network.
pub const MEMORY: &str = "dev.stage.memory";
/// The Compose service that a container stands for.
pub const SERVICE: &str = "dev.stage.service";
/// Until when a stack is leased, RFC 3339 in UTC, on the empty volume that is the lease. A renewal is another such volume:
/// labels cannot be changed, and every machine on the engine sees it.
pub const LEASE: &str = "dev.stage.lease";
/// When a stack was stood up, RFC 3339 in UTC, on its lease.
pub const SINCE: &str = "dev.stage.since";
/// On a lease: nobody but the hard deadline ends it before somebody takes the stack down.
pub const KEPT: &str = "dev.stage.kept";
/// On a lease: after how many seconds in which nobody asked its databases for anything the stack counts as run out.
pub const IDLE: &str = "dev.stage.idle";
/// Since when nothing was asked of the databases of a stack, RFC 3339 in UTC, on an empty volume that a sweep makes.
pub const QUIET: &str = "dev.stage.quiet";
/// What the servers of a stack had done by then, on the same volume.
pub const QUIET_WORK: &str = "dev.stage.quiet.work";
/// The content key of a seed, on its volume and on the volumes of its clones.
pub const SEED_KEY: &str = "dev.stage.seed";
/// What is known of a seed, as JSON (a `SeedRecord`).
pub const SEED_RECORD: &str = "dev.stage.seed.record";
/// How clones are made: on the volume that remembers what was chosen, and on that of a seed.
pub const CLONES: &str = "dev.stage.clones";
/// What was found out of each way to make clones when one was chosen, as JSON.
pub const CLONES_WHY: &str = "dev.stage.clones.why";

/// Part of a stack: lives as long as its run or lease.
pub const KIND_STACK: &str = "stack";
/// A sealed seed: stays until it is removed by name.
pub const KIND_SEED: &str = "seed";
/// The pool: its volumes and its keeper.
pub const KIND_POOL: &str = "pool";
/// The firewall: the container that denies egress.
pub const KIND_FIREWALL: &str = "firewall";
/// The run of what sets up a pool: it belongs to no run of a user, and is over within a minute.
pub const RUN_OF_SETUP: &str = "pool-setup";
/// The version that this build writes.
pub const FORMAT_VERSION: &str = "1";
