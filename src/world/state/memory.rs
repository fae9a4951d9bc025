//! The state folder in memory.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use super::{Hold, StateFiles};
use crate::model::error::Result;

/// A state folder in memory. Clones share their files, as processes on one machine do.
#[derive(Clone, Default)]
pub struct MemoryState {
    inner: Arc<Mutex<MemoryFiles>>,
}

#[derive(Default)]
struct MemoryFiles {
    texts: BTreeMap<String, String>,
    held: BTreeMap<String, usize>,
    generation: usize,
}

struct HeldInMemory {
    inner: Arc<Mutex<MemoryFiles>>,
    file: String,
    generation: usize,
}

impl Hold for HeldInMemory {}

impl Drop for HeldInMemory {
    fn drop(&mut self) {
        let mut files = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        if files.held.get(&self.file) == Some(&self.generation) {
            files.held.remove(&self.file);
        }
    }
}

impl MemoryState {
    fn files(&self) -> MutexGuard<'_, MemoryFiles> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// As if every process that held a lock had died.
    pub fn let_go_of_everything(&self) {
        self.files().held.clear();
    }

    /// Names of all files, sorted.
    pub fn names(&self) -> Vec<String> {
        self.files().texts.keys().cloned().collect()
    }
}

impl StateFiles for MemoryState {
    fn append(&self, file: &str, line: &str) -> Result<()> {
        let mut files = self.files();
        let text = files.texts.entry(file.to_owned()).or_default();
        text.push_str(line);
        text.push('\n');
        Ok(())
    }

    fn write(&self, file: &str, text: &str) -> Result<()> {
        self.files().texts.insert(file.to_owned(), text.to_owned());
        Ok(())
    }

    fn read(&self, file: &str) -> Result<Option<String>> {
        Ok(self.files().texts.get(file).cloned())
    }

    fn written_at(&self, _file: &str) -> Result<Option<Timestamp>> {
        Ok(None)
    }

    fn size_bytes(&self, file: &str) -> Result<Option<u64>> {
        Ok(self.files().texts.get(file).map(|text| text.len() as u64))
    }

    fn list(&self, folder: &str) -> Result<Vec<String>> {
        let prefix = format!("{folder}/");
        Ok(self
            .files()
            .texts
            .keys()
            .filter_map(|name| name.strip_prefix(&prefix))
            .map(str::to_owned)
            .collect())
    }

    fn remove(&self, file: &str) -> Result<()> {
        self.files().texts.remove(file);
        Ok(())
    }

    fn hold(&self, file: &str) -> Result<Option<Box<dyn Hold>>> {
        let mut files = self.files();
        if files.held.contains_key(file) {
            return Ok(None);
        }
        files.generation += 1;
        let generation = files.generation;
        files.texts.entry(file.to_owned()).or_default();
        files.held.insert(file.to_owned(), generation);
        Ok(Some(Box::new(HeldInMemory { inner: Arc::clone(&self.inner), file: file.to_owned(), generation })))
    }
}
