//! The state folder, with a fault: what is written to the journal is a call like any other. Locks are not numbered: how many
//! journals of others a run meets is chance, and its own is followed by its first line at once.

use std::sync::Arc;

use jiff::Timestamp;

use super::Counter;
use crate::model::error::Result;
use crate::world::StateFiles;
use crate::world::state::Hold;

pub(super) struct Faulty {
    pub(super) inner: Arc<dyn StateFiles>,
    pub(super) counter: Arc<Counter>,
}

impl Faulty {
    fn numbered<T>(&self, name: &'static str, call: impl FnOnce() -> Result<T>) -> Result<T> {
        let numbered = self.counter.begin(name);
        let result = call();
        numbered.end();
        result
    }
}

impl StateFiles for Faulty {
    fn append(&self, file: &str, line: &str) -> Result<()> {
        self.numbered("append", || self.inner.append(file, line))
    }

    fn write(&self, file: &str, text: &str) -> Result<()> {
        self.numbered("write", || self.inner.write(file, text))
    }

    fn read(&self, file: &str) -> Result<Option<String>> {
        self.inner.read(file)
    }

    fn written_at(&self, file: &str) -> Result<Option<Timestamp>> {
        self.inner.written_at(file)
    }

    fn size_bytes(&self, file: &str) -> Result<Option<u64>> {
        self.inner.size_bytes(file)
    }

    fn list(&self, folder: &str) -> Result<Vec<String>> {
        self.inner.list(folder)
    }

    fn remove(&self, file: &str) -> Result<()> {
        self.numbered("remove", || self.inner.remove(file))
    }

    fn hold(&self, file: &str) -> Result<Option<Box<dyn Hold>>> {
        self.inner.hold(file)
    }
}
