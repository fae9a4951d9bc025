//! The journal of a run: what it is about to make is on disk before the engine is asked.
//!
//! A journal is a fold: what remains to be undone is every intent that was neither undone nor kept. It is held by a lock
//! that dies with the process, so an unfinished journal that nobody holds is a crashed run. Lines survive a kill; what a
//! power failure might lose is found again by its labels.

mod entries;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;

use crate::model::call::Undo;
use crate::model::error::{Error, ErrorKind, Result};
use crate::model::name::RunId;
use crate::world::state::{Hold, StateFiles};
use entries::{Entry, FORMAT, Pending, fold};

const FOLDER: &str = "journals";

/// An intent's place in its journal.
pub type IntentId = usize;

/// A journal that this process holds.
pub struct Journal {
    state: Arc<dyn StateFiles>,
    file: String,
    run: RunId,
    pending: Mutex<Pending>,
    _hold: Box<dyn Hold>,
}

impl Journal {
    /// Opens the journal of a new run. `story` says what it is about, for people.
    pub fn open(state: Arc<dyn StateFiles>, run: &RunId, story: &str, at: Timestamp) -> Result<Self> {
        let file = format!("{FOLDER}/{run}.jsonl");
        let hold = state.hold(&file)?.ok_or_else(|| {
            Error::new(ErrorKind::Bug, format!("the journal of the new run {run} is held by another process"))
        })?;
        let opened = Entry::Opened { format: FORMAT, run: run.0.clone(), story: story.to_owned(), at };
        let journal = Self { state, file, run: run.clone(), pending: Mutex::default(), _hold: hold };
        journal.append(&[opened])?;
        Ok(journal)
    }

    /// Journals of crashed runs, taken over by this process. Those of living processes are left alone, and so are those
    /// that cannot be read: [`Self::unreadable`] names them, and what they made is found by its labels.
    pub fn take_over_crashed(state: &Arc<dyn StateFiles>) -> Result<Vec<Self>> {
        let mut crashed = Vec::new();
        for name in state.list(FOLDER)? {
            let Some(run) = name.strip_suffix(".jsonl") else { continue };
            let file = format!("{FOLDER}/{name}");
            let Some(hold) = state.hold(&file)? else { continue };
            let Ok(pending) = read(state, &file) else { continue };
            crashed.push(Self {
                state: Arc::clone(state),
                file,
                run: RunId(run.to_owned()),
                pending: Mutex::new(pending),
                _hold: hold,
            });
        }
        Ok(crashed)
    }

    /// Why journals of dead runs cannot be read, one error each: they are of another format, or damaged.
    pub fn unreadable(state: &Arc<dyn StateFiles>) -> Result<Vec<Error>> {
        let mut errors = Vec::new();
        for name in state.list(FOLDER)? {
            if name.strip_suffix(".jsonl").is_none() {
                continue;
            }
            let file = format!("{FOLDER}/{name}");
            // Looked at again once it is held: a living run may be writing a line just now.
            if read(state, &file).is_err()
                && let Some(_hold) = state.hold(&file)?
            {
                errors.extend(read(state, &file).err());
            }
        }
        Ok(errors)
    }

    /// Runs of this state folder that live: some process holds their journal.
    pub fn living(state: &Arc<dyn StateFiles>) -> Result<BTreeSet<String>> {
        let mut living = BTreeSet::new();
        for name in state.list(FOLDER)? {
            let Some(run) = name.strip_suffix(".jsonl") else { continue };
            if state.hold(&format!("{FOLDER}/{name}"))?.is_none() {
                living.insert(run.to_owned());
            }
        }
        Ok(living)
    }

    /// How many files of a run there are in the state folder.
    pub fn files_of(state: &Arc<dyn StateFiles>, run: &RunId) -> Result<usize> {
        Ok(state.list(FOLDER)?.iter().filter(|name| name.starts_with(&run.0)).count())
    }

    /// When its last line was written; `None` if nobody knows.
    pub fn written_at(&self) -> Result<Option<Timestamp>> {
        self.state.written_at(&self.file)
    }

    /// The run that it is the journal of.
    pub fn run(&self) -> &RunId {
        &self.run
    }

    /// Writes down what is about to be made; only then may the engine be asked.
    pub fn intend(&self, undo: &Undo) -> Result<IntentId> {
        let mut pending = self.pending();
        let id = pending.next;
        pending.next += 1;
        // An intent that is not on disk must not be ended there later: its call is never made.
        self.append(&[Entry::Intent { id, undo: undo.clone() }])?;
        pending.undos.push((id, undo.clone()));
        Ok(id)
    }

    /// As [`Self::intend`] for what must go together: if the process dies, all of them are written down, or none.
    pub fn intend_together(&self, undos: &[Undo]) -> Result<()> {
        let mut pending = self.pending();
        let first = pending.next;
        pending.next += undos.len();
        let intents: Vec<(IntentId, Undo)> = (first..).zip(undos.iter().cloned()).collect();
        let entry = |(id, undo): &(IntentId, Undo)| Entry::Intent { id: *id, undo: undo.clone() };
        self.append(&intents.iter().map(entry).collect::<Vec<_>>())?;
        pending.undos.extend(intents);
        Ok(())
    }

    /// Forgets an intent, as the world has forgotten its effect.
    pub fn undone(&self, id: IntentId) -> Result<()> {
        self.append(&[Entry::Undone { id }])?;
        self.pending().undos.retain(|(pending, _)| *pending != id);
        Ok(())
    }

    /// Lets effects stay: all of them or, if the process dies before this line is written, none.
    pub fn kept(&self, ids: &[IntentId]) -> Result<()> {
        self.append(&[Entry::Kept { ids: ids.to_vec() }])?;
        let mut pending = self.pending();
        let (kept, undos) =
            std::mem::take(&mut pending.undos).into_iter().partition(|(id, _)| ids.contains(id));
        pending.undos = undos;
        let kept: Vec<(IntentId, Undo)> = kept;
        pending.kept.extend(kept.into_iter().map(|(_, undo)| undo));
        Ok(())
    }

    /// What was let stay since the journal was opened.
    pub fn stays(&self) -> Vec<Undo> {
        self.pending().kept.clone()
    }

    /// What remains to be undone, the newest first.
    pub fn remaining(&self) -> Vec<(IntentId, Undo)> {
        let mut undos = self.pending().undos.clone();
        undos.reverse();
        undos
    }

    /// Ends the journal. Only one with nothing remaining may end; the others stay for the next sweep.
    pub fn close(self) -> Result<()> {
        if self.pending().undos.is_empty() {
            self.state.remove(&self.file)?;
        }
        Ok(())
    }

    fn pending(&self) -> std::sync::MutexGuard<'_, Pending> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds lines in one write, which a kill does not cut.
    fn append(&self, entries: &[Entry]) -> Result<()> {
        if entries.is_empty() {
            return Ok(());
        }
        let lines: std::result::Result<Vec<String>, _> = entries.iter().map(serde_json::to_string).collect();
        let lines = lines.map_err(|cause| {
            Error::new(ErrorKind::Bug, "a journal entry does not serialize").because(cause)
        })?;
        self.state.append(&self.file, &lines.join("\n"))
    }
}

fn read(state: &Arc<dyn StateFiles>, file: &str) -> Result<Pending> {
    fold(&state.read(file)?.unwrap_or_default(), file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::state::MemoryState;

    fn container(name: &str) -> Undo {
        Undo::RemoveContainer { name: name.to_owned(), run: "r1".to_owned() }
    }

    fn open(state: &MemoryState) -> Journal {
        Journal::open(Arc::new(state.clone()), &RunId("r1".into()), "check", Timestamp::UNIX_EPOCH).unwrap()
    }

    #[test]
    fn a_crashed_run_is_found_with_what_remains_newest_first() {
        let state = MemoryState::default();
        let journal = open(&state);
        let first = journal.intend(&container("a")).unwrap();
        journal.intend(&container("b")).unwrap();
        journal.intend(&container("c")).unwrap();
        journal.undone(first).unwrap();
        let shared: Arc<dyn StateFiles> = Arc::new(state.clone());
        assert!(Journal::take_over_crashed(&shared).unwrap().is_empty(), "a living run is left alone");
        state.let_go_of_everything();
        let crashed = Journal::take_over_crashed(&shared).unwrap();
        let remaining: Vec<_> = crashed[0].remaining().into_iter().map(|(_, undo)| undo).collect();
        assert_eq!(remaining, [container("c"), container("b")]);
    }

    #[test]
    fn only_a_journal_with_nothing_remaining_ends() {
        let state = MemoryState::default();
        let journal = open(&state);
        let id = journal.intend(&container("a")).unwrap();
        journal.close().unwrap();
        assert_eq!(state.names(), ["journals/r1.jsonl"]);
        let shared: Arc<dyn StateFiles> = Arc::new(state.clone());
        let journal = Journal::take_over_crashed(&shared).unwrap().remove(0);
        journal.undone(id).unwrap();
        journal.close().unwrap();
        assert!(state.names().is_empty());
    }

    #[test]
    fn what_goes_together_is_written_at_once_and_ends_one_by_one() {
        let state = MemoryState::default();
        let journal = open(&state);
        journal.intend(&container("a")).unwrap();
        journal.intend_together(&[container("b"), container("c")]).unwrap();
        let names = |journal: &Journal| -> Vec<String> {
            journal.remaining().iter().map(|(_, undo)| undo.to_string()).collect()
        };
        assert_eq!(names(&journal), ["container c", "container b", "container a"]);
        journal.undone(1).unwrap();
        state.let_go_of_everything();
        let shared: Arc<dyn StateFiles> = Arc::new(state.clone());
        let crashed = Journal::take_over_crashed(&shared).unwrap();
        assert_eq!(names(&crashed[0]), ["container c", "container a"]);
    }

    #[test]
    fn a_journal_that_cannot_be_read_is_named_and_the_others_go_on() {
        let state = MemoryState::default();
        open(&state).intend(&container("a")).unwrap();
        state
            .append(
                "journals/r0.jsonl",
                r#"{"opened":{"format":9,"run":"r0","story":"check","at":"2030-01-01T00:00:00Z"}}"#,
            )
            .unwrap();
        state.let_go_of_everything();
        let shared: Arc<dyn StateFiles> = Arc::new(state.clone());
        let crashed = Journal::take_over_crashed(&shared).unwrap();
        assert_eq!(crashed.iter().map(|journal| journal.run().0.as_str()).collect::<Vec<_>>(), ["r1"]);
        let errors = Journal::unreadable(&shared).unwrap();
        assert_eq!(
            errors.iter().map(ToString::to_string).collect::<Vec<_>>(),
            [
                "the journal `journals/r0.jsonl` was written by a newer stage: it has format 9, this build reads 1"
            ]
        );
    }
}
