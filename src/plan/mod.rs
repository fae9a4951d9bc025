//! Decides what to do: an environment and an inventory become plans. Pure: the same input gives the same plan.

mod audience;
mod commands;
mod enclosure;
mod engine;
pub mod identity;
mod idle;
mod lease;
mod order;
mod pending;
mod queue;
mod removal;
mod room;
#[cfg(test)]
pub(crate) mod samples;
mod seed;
mod services;
mod sink;
mod stack;
mod standing;
mod subnet;
mod sweep;
#[cfg(test)]
mod tests;
mod traffic;
mod wake;

pub use audience::{attended, unattended};
pub use commands::{command_migration, run_command, start_for_commands};
pub use enclosure::{Enclosure, Hosts, addresses_wanted, hosts_to_find};
pub use engine::{check_paths, check_ports};
pub use identity::Identity;
pub use idle::{Idleness, can_be_idle, idleness};
pub use lease::{LeaseTerms, lease, lock_instance, quiet};
pub use pending::History;
pub use queue::{Turn, memory_wanted, turn, turn_missed, waiting_for};
pub use removal::{Doomed, take_down};
pub use room::{
    Need, RoomDecision, Shortage, clones_need, decide as decide_room, grow_room_in_time, look_at_room_in,
    no_room, seed_need,
};
pub use seed::{SeedOrder, build_seed, cluster_settings, lock_seed, seal_seed};
pub use services::{
    make_commands, make_services, make_suite, make_traffic, standing_services, start_services, start_suite,
};
pub use sink::senders;
pub use stack::{POSTGRES_PORT, Twins, beside, pgdata, stand_up};
pub use standing::{find, names, run_out, standing, unleased};
pub use subnet::{free_subnet, free_subnets};
pub use sweep::{Expired, PoolListing, SweepScope, expired, left_alone};
pub use traffic::{start_traffic, traffic_addresses};
pub use wake::{Stopped, stopped, wake_databases, wake_services};

use std::collections::BTreeSet;

use crate::model::environment::Environment;

/// The image that does what only a container of the engine can do: it keeps the pool and holds names.
pub const HELPER_IMAGE: &str = "stage-helper:1";

/// Every image that a run of `environment` needs, the helper's among them.
pub fn images(environment: &Environment) -> Vec<String> {
    let mut images: BTreeSet<String> =
        environment.services.values().map(|service| service.runtime.image.clone()).collect();
    images.insert(HELPER_IMAGE.to_owned());
    images.into_iter().collect()
}
