//! A world in memory, for tests: the same contracts as the real one, with outcomes and faults on demand.
//!
//! One [`MemoryWorld`] stands behind all ports, so that a database is found by the address that the engine published, and
//! what was filled into a clone is found again in the seed that was frozen from it. Calls to the engine, to databases and to
//! files are numbered together, from 1; writes to the state folder are numbered apart.

mod answers;
mod clock;
mod database;
mod engine;
mod exec;
mod files;
mod folder;
mod gate;
mod inventory;
mod objects;
mod perform;
mod script;
mod sockets;
mod undo;

#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use answers::ROWS_ELSEWHERE;
pub use exec::ScriptedCommand;
pub use gate::Moment;

use super::World;
use super::state::MemoryState;
use clock::Ticks;
use gate::Gate;
use objects::Objects;
use script::Script;

/// A whole world in memory. Clones share it, as processes share a machine.
#[derive(Clone, Default)]
pub struct MemoryWorld {
    inner: Arc<Inner>,
}

#[derive(Default)]
struct Inner {
    objects: Mutex<Objects>,
    script: Mutex<Script>,
    ticks: Mutex<Ticks>,
    gate: Gate,
    state: MemoryState,
}

impl MemoryWorld {
    /// A world with an engine on which nothing is, every image that is asked for, no files and an empty state folder.
    pub fn new() -> Self {
        Self::default()
    }

    /// Its ports.
    pub fn world(&self) -> World {
        World {
            engine: Arc::new(self.clone()),
            databases: Arc::new(self.clone()),
            files: Arc::new(self.clone()),
            sockets: Arc::new(self.clone()),
            state: Arc::new(self.clone()),
            clock: Arc::new(self.clone()),
        }
    }

    /// Everything that exists on the engine, one line each as an undo would name it, sorted; the pool itself left out.
    pub fn listing(&self) -> Vec<String> {
        self.objects().listing()
    }

    /// Names of the containers in the order in which they were started, removed ones too.
    pub fn started(&self) -> Vec<String> {
        self.objects().started.clone()
    }

    /// What had an effect, in the order in which it did: calls and undos as they are told, `migrate NAME`, and
    /// `disconnect CONTAINER` for the end of a connection.
    pub fn done(&self) -> Vec<String> {
        self.objects().done.clone()
    }

    /// The state folder, whether or not the process that uses it lives.
    pub fn state(&self) -> &MemoryState {
        &self.inner.state
    }

    fn objects(&self) -> MutexGuard<'_, Objects> {
        self.inner.objects.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn script(&self) -> MutexGuard<'_, Script> {
        self.inner.script.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
