//! The state folder as a process sees it: one that has died writes nothing more. Its writes have numbers of their own.

use jiff::Timestamp;

use super::MemoryWorld;
use crate::model::error::Result;
use crate::world::state::{Hold, StateFiles};

impl StateFiles for MemoryWorld {
    fn append(&self, file: &str, line: &str) -> Result<()> {
        self.inner.gate.write()?;
        self.inner.state.append(file, line)
    }

    fn write(&self, file: &str, text: &str) -> Result<()> {
        self.inner.gate.write()?;
        self.inner.state.write(file, text)
    }

    fn read(&self, file: &str) -> Result<Option<String>> {
        self.inner.gate.is_alive()?;
        self.inner.state.read(file)
    }

    fn written_at(&self, file: &str) -> Result<Option<Timestamp>> {
        self.inner.state.written_at(file)
    }

    fn size_bytes(&self, file: &str) -> Result<Option<u64>> {
        self.inner.state.size_bytes(file)
    }

    fn list(&self, folder: &str) -> Result<Vec<String>> {
        self.inner.gate.is_alive()?;
        self.inner.state.list(folder)
    }

    fn remove(&self, file: &str) -> Result<()> {
        self.inner.gate.write()?;
        self.inner.state.remove(file)
    }

    fn hold(&self, file: &str) -> Result<Option<Box<dyn Hold>>> {
        self.inner.gate.is_alive()?;
        self.inner.state.hold(file)
    }
}
