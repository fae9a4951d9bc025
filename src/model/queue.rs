//! Who stands on an engine, in the order in which they came.

use jiff::Timestamp;

use super::container::Labels;
use super::label;

/// How a user wants stacks to share an engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueueTerms {
    /// How many may stand at once, whoever stood them up; as many as memory allows if it is not said.
    pub most_stacks: Option<usize>,
    /// How long to wait for one's turn, in seconds.
    pub timeout_s: u64,
}

impl Default for QueueTerms {
    /// No cap but memory, and a quarter of an hour.
    fn default() -> Self {
        Self { most_stacks: None, timeout_s: 15 * 60 }
    }
}

/// All networks of an engine that hold something of `stage`: each is a place in the queue from when it is made until it
/// goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Queue {
    /// The memory of the engine's machine, in bytes; 0 if the engine does not say.
    pub memory_bytes: u64,
    /// The places, in no order.
    pub places: Vec<Place>,
}

/// A network of a stack, or of a seed that is being built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// When the engine made it, by the engine's clock; what comes of the same moment is in the order of names.
    pub made_at: Timestamp,
    /// Its name.
    pub network: String,
    /// The stack, as users name it.
    pub instance: String,
    /// The memory that its containers are reckoned with, in bytes; 0 if the network does not say.
    pub memory_bytes: u64,
}

impl Place {
    /// The place of a network with these labels.
    pub fn of(network: &str, labels: &Labels, made_at: Timestamp) -> Self {
        let memory = labels.get(label::MEMORY).and_then(|bytes| bytes.parse().ok());
        Self {
            made_at,
            network: network.to_owned(),
            instance: labels.get(label::INSTANCE).map_or(network, String::as_str).to_owned(),
            memory_bytes: memory.unwrap_or_default(),
        }
    }
}
