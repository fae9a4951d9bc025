//! Where every call passes: numbered, and failed, repeated or cut off when that was asked for.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::MemoryWorld;
use crate::model::error::{Error, ErrorKind, Result};

/// When the process dies, as seen from a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// The call has no effect.
    Before,
    /// The call has its effect, of which the process never hears.
    After,
}

type Act = Box<dyn FnOnce() + Send>;

#[derive(Clone, Default)]
pub(super) struct Gate {
    faults: Arc<Mutex<Faults>>,
}

#[derive(Default)]
struct Faults {
    calls: usize,
    under_way: usize,
    most_under_way: usize,
    fails_before: BTreeSet<usize>,
    fails_after: BTreeSet<usize>,
    repeats: bool,
    crash: Option<(usize, Moment)>,
    is_dead: bool,
    acts: BTreeMap<usize, Act>,
    writes: usize,
    failing_writes: BTreeSet<usize>,
    crash_at_write: Option<usize>,
}

/// One call that is under way.
pub(super) struct Passage {
    gate: Gate,
    number: usize,
}

impl Gate {
    fn faults(&self) -> MutexGuard<'_, Faults> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An error once the process has died.
    pub(super) fn is_alive(&self) -> Result<()> {
        if self.faults().is_dead { Err(unreachable("the process that asks has died")) } else { Ok(()) }
    }

    /// Numbers a call, and fails it if it is to have no effect.
    pub(super) fn enter(&self) -> Result<Passage> {
        self.is_alive()?;
        let mut faults = self.faults();
        faults.calls += 1;
        let number = faults.calls;
        let act = faults.acts.remove(&number);
        drop(faults);
        if let Some(act) = act {
            act();
        }
        let mut faults = self.faults();
        if faults.crash == Some((number, Moment::Before)) {
            faults.is_dead = true;
        }
        if faults.is_dead || faults.fails_before.contains(&number) {
            return Err(unreachable(&format!("call {number} failed before its effect")));
        }
        faults.under_way += 1;
        faults.most_under_way = faults.most_under_way.max(faults.under_way);
        Ok(Passage { gate: self.clone(), number })
    }

    /// Numbers a write to the state folder, and fails it if it is to have no effect.
    pub(super) fn write(&self) -> Result<()> {
        self.is_alive()?;
        let mut faults = self.faults();
        faults.writes += 1;
        let number = faults.writes;
        if faults.crash_at_write == Some(number) {
            faults.is_dead = true;
        }
        if faults.is_dead || faults.failing_writes.contains(&number) {
            return Err(Error::new(ErrorKind::Config, format!("write {number} to the state folder failed")));
        }
        Ok(())
    }

    /// Whether what makes or removes something is carried out twice.
    pub(super) fn repeats(&self) -> bool {
        self.faults().repeats
    }
}

impl Passage {
    /// Has the effect, unless the process died meanwhile, and fails afterwards if that was asked for.
    pub(super) fn act<T>(self, effect: impl FnOnce() -> Result<T>) -> Result<T> {
        self.gate.is_alive()?;
        self.leave(effect())
    }

    /// The result of an effect that was had, or the failure that was asked for.
    pub(super) fn leave<T>(self, result: Result<T>) -> Result<T> {
        let mut faults = self.gate.faults();
        if faults.crash == Some((self.number, Moment::After)) {
            faults.is_dead = true;
        }
        let is_lost = faults.is_dead || faults.fails_after.contains(&self.number);
        drop(faults);
        if is_lost {
            return Err(unreachable(&format!("call {} failed after its effect", self.number)));
        }
        result
    }
}

impl Drop for Passage {
    fn drop(&mut self) {
        self.gate.faults().under_way -= 1;
    }
}

fn unreachable(message: &str) -> Error {
    Error::new(ErrorKind::Unreachable, message)
}

#[expect(clippy::return_self_not_must_use, reason = "returns a handle of the same world, for chaining")]
impl MemoryWorld {
    /// How many calls there were.
    pub fn calls(&self) -> usize {
        self.inner.gate.faults().calls
    }

    /// How many calls were under way at the same time at most.
    pub fn most_calls_at_once(&self) -> usize {
        self.inner.gate.faults().most_under_way
    }

    /// The call of this number fails without an effect.
    pub fn fail_call(&self, number: usize) -> Self {
        self.inner.gate.faults().fails_before.insert(number);
        self.clone()
    }

    /// The call of this number has its effect and then fails.
    pub fn fail_after(&self, number: usize) -> Self {
        self.inner.gate.faults().fails_after.insert(number);
        self.clone()
    }

    /// Whether what makes or removes something on the engine is carried out twice, the second result returned.
    pub fn repeat(&self, repeats: bool) -> Self {
        self.inner.gate.faults().repeats = repeats;
        self.clone()
    }

    /// The process dies at the call of this number; no later call, and no use of the state folder, succeeds.
    pub fn crash_at(&self, number: usize, moment: Moment) -> Self {
        self.inner.gate.faults().crash = Some((number, moment));
        self.clone()
    }

    /// How many writes to the state folder there were.
    pub fn writes(&self) -> usize {
        self.inner.gate.faults().writes
    }

    /// The write of this number to the state folder fails without an effect, as on a full disk.
    pub fn fail_write(&self, number: usize) -> Self {
        self.inner.gate.faults().failing_writes.insert(number);
        self.clone()
    }

    /// The process dies right before the write of this number to the state folder. Right after it is right before the next
    /// write, or around a call.
    pub fn crash_at_write(&self, number: usize) -> Self {
        self.inner.gate.faults().crash_at_write = Some(number);
        self.clone()
    }

    /// A new process on the same world: what the dead one held is free, and calls succeed again.
    pub fn revive(&self) -> Self {
        let mut faults = self.inner.gate.faults();
        faults.crash = None;
        faults.crash_at_write = None;
        faults.is_dead = false;
        drop(faults);
        self.inner.state.let_go_of_everything();
        self.clone()
    }

    /// Does something as the call of this number begins, such as asking the run to stop.
    pub fn at_call(&self, number: usize, act: impl FnOnce() + Send + 'static) -> Self {
        self.inner.gate.faults().acts.insert(number, Box::new(act));
        self.clone()
    }
}
