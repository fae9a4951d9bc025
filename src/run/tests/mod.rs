//! The stories over the world in memory: whatever happens to one, only seeds stay, and those whole.

mod commands;
mod comparison;
mod crashes;
mod elsewhere;
mod engines;
mod facts;
mod failures;
mod leases;
mod look;
mod mail;
mod order;
mod proof;
mod queue;
mod removal;
mod room;
mod signals;
mod stacks;
mod story;
mod sweeps;
mod traffic;
