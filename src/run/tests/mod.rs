//! The stories over the world in memory: whatever happens to one, only seeds stay, and those whole.

mod crashes;
mod facts;
mod failures;
mod look;
mod order;
mod removal;
mod signals;
mod stacks;
mod story;
mod sweeps;
