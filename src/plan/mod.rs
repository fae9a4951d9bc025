//! Decides what to do: an environment and an inventory become plans. Pure: the same input gives the same plan.

pub mod identity;
mod room;
#[cfg(test)]
pub(crate) mod samples;
mod seed;
mod services;
mod stack;
mod subnet;
mod sweep;
#[cfg(test)]
mod tests;

pub use identity::Identity;
pub use room::{Need, RoomDecision, Shortage, clones_need, decide as decide_room, no_room, seed_need};
pub use seed::{SeedOrder, build_seed, cluster_settings, lock_seed, seal_seed};
pub use services::{make_services, start_services, start_suite};
pub use stack::{POSTGRES_PORT, pgdata, stand_up};
pub use subnet::{free_subnet, free_subnets};
pub use sweep::{PoolListing, SweepScope, expired};

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
