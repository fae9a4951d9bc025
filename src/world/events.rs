//! What a story tells whoever listens outside.

use tokio::sync::mpsc::UnboundedSender;

use crate::model::event::Event;

/// Where events go. Sending never waits.
pub type Events = UnboundedSender<Event>;

/// Tells an event; that nobody listens is no error.
pub fn tell(events: &Events, event: Event) {
    let _ = events.send(event);
}
