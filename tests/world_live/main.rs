//! The real world: what the ports promise, asked of a real engine and a real server.
//!
//! Needs a Docker Engine with the images that `scripts/setup` makes; without one these tests fail.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod clones;
mod comparison;
mod containers;
mod corpus;
mod layouts;
mod migrations;
mod pool;
mod postgres;
mod schema;
mod server;
mod stand;
