//! The stories over the world in memory: whatever happens to one, only seeds stay, and those whole.

mod crashes;
mod facts;
mod failures;
mod order;
mod removal;
mod room;
mod signals;
mod story;
mod sweeps;
