//! Live credentials, found before anything is made: a copy of production must not act on the world outside.
//!
//! Patterns are data (`table.rs`, `hosts.rs`). It lives in this room as only the reading of files knows where a variable is
//! written. A value is never part of a message, nor is any part of it.

mod check;
mod hosts;
mod mounted;
mod pattern;
mod rules;
mod said;
mod table;

#[cfg(test)]
mod tests;

pub use check::check;
pub use mounted::{in_file, in_mounts};
pub use rules::read;
pub use said::{Said, words};
