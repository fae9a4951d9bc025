//! The stories over the world in memory: whatever happens to one, only seeds stay, and those whole.

mod crashes;
mod engines;
mod facts;
mod failures;
mod order;
mod removal;
mod signals;
mod story;
mod sweeps;
