//! What a migration locked: `ACCESS EXCLUSIVE` from the write-ahead log, which has every one, anything weaker from samples.

mod exclusive;
#[cfg(test)]
mod scenarios;
mod statements;
mod watch;

pub use statements::{by_statement, locate, place, place_in_steps};
pub use watch::Watch;
