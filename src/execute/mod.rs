//! A plan onto the world, and back. Decides nothing: no word of the domain is known here.

mod apply;
mod stop;
mod unwind;

#[cfg(test)]
mod tests;

pub use apply::apply;
pub use stop::{Stop, StopSwitch};
pub use unwind::unwind;

use crate::model::event::Event;
use crate::store::journal::Journal;
use crate::world::World;

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

/// Where events go. Sending never waits.
pub type Events = tokio::sync::mpsc::UnboundedSender<Event>;

/// Tells an event; that nobody listens is no error.
pub fn tell(events: &Events, event: Event) {
    let _ = events.send(event);
}
