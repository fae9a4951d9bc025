//! A plan onto the world, and back. Decides nothing: no word of the domain is known here.

mod apply;
mod unwind;

#[cfg(test)]
mod tests;

pub use apply::apply;
pub use unwind::{unlock, unwind};

use crate::store::journal::Journal;
use crate::world::{Events, Stop, World};

/// One run: what it acts on, writes its intents to, tells its events to, and obeys.
pub struct Run {
    /// The outside.
    pub world: World,
    /// Its journal.
    pub journal: Journal,
    /// Its listeners.
    pub events: Events,
    /// Whether it should end.
    pub stop: Stop,
}
