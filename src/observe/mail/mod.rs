//! The mail that a sink has caught: its lines put together to messages, messages read, and all of them in short.

mod assembly;
mod letter;
mod summary;

pub use assembly::{Assembly, Told};
pub use letter::read;
pub use summary::Tally;
