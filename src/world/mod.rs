//! The outside, behind ports: the engine, databases, files and the clock.
//!
//! Each port has a real side and an in-memory twin with faults on demand; everything above talks to the ports alone.

pub mod clock;
pub mod database;
pub mod disk;
pub mod docker;
pub mod engine;
pub mod faults;
pub mod files;
pub mod memory;
pub mod postgres;

use std::sync::Arc;

pub use clock::Clock;
pub use database::{Address, Database, Databases, RowDigest};
pub use engine::Engine;
pub use files::Files;

/// Everything outside, as one run sees it.
#[derive(Clone)]
pub struct World {
    /// Docker.
    pub engine: Arc<dyn Engine>,
    /// Database servers.
    pub databases: Arc<dyn Databases>,
    /// Files of this machine.
    pub files: Arc<dyn Files>,
    /// Time and fresh ids.
    pub clock: Arc<dyn Clock>,
}
