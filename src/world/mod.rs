//! The outside, behind ports: the engine, databases, files, the clock, and whoever listens or asks to stop.
//!
//! Each port has a real side and an in-memory twin with faults on demand; everything above talks to the ports alone.

pub mod clock;
pub mod database;
pub mod disk;
pub mod docker;
pub mod engine;
pub mod events;
pub mod faults;
pub mod files;
pub mod memory;
mod migration_folder;
pub mod postgres;
pub mod sockets;
pub mod state;
pub mod stop;

use std::sync::Arc;

use crate::model::clones::ClonesChoice;
use crate::model::error::Result;

pub use clock::Clock;
pub use database::{Address, Database, Databases, RowDigest};
pub use engine::{Engine, Exec, LogLines};
pub use events::{Events, tell};
pub use files::Files;
pub use sockets::Sockets;
pub use state::StateFiles;
pub use stop::{Stop, StopSwitch};

/// Everything outside, as one run sees it.
#[derive(Clone)]
pub struct World {
    /// Docker.
    pub engine: Arc<dyn Engine>,
    /// Database servers.
    pub databases: Arc<dyn Databases>,
    /// Files of this machine.
    pub files: Arc<dyn Files>,
    /// Listeners on this machine.
    pub sockets: Arc<dyn Sockets>,
    /// The state folder.
    pub state: Arc<dyn StateFiles>,
    /// Time and fresh ids.
    pub clock: Arc<dyn Clock>,
}

impl World {
    /// The real outside: a Docker Engine that answers, PostgreSQL, this machine's files. `holder` is the id of the state
    /// folder, `clones` how the user wants clones to be made. An error of kind `Unreachable` if no engine answers.
    pub async fn real(
        state: Arc<dyn StateFiles>,
        clock: Arc<dyn Clock>,
        holder: &str,
        clones: ClonesChoice,
    ) -> Result<Self> {
        let engine = docker::DockerEngine::connect(holder).await?.with_clones(clones);
        Ok(Self {
            engine: Arc::new(engine),
            databases: Arc::new(postgres::PostgresServers),
            files: Arc::new(disk::DiskFiles),
            sockets: Arc::new(sockets::LocalSockets),
            state,
            clock,
        })
    }
}
