//! What a migration locked: `ACCESS EXCLUSIVE` from the write-ahead log, which has every one, anything weaker from samples.

mod exclusive;
#[cfg(test)]
mod scenarios;
mod watch;

pub use watch::Watch;
