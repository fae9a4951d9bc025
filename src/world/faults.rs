//! Faults on demand, for the live tests: the process kills itself right before or after one of its calls to the outside.
//!
//! A decorator of the real ports numbers every call of a run, from 1. `STAGE_FAULT` says which one: `kill-before:7` and
//! `kill-after:7` by number, `kill-before:undo#1` and `kill-after:close#2` by name and how often it was called. Users have
//! no need for it, and nothing happens unless it is set.

mod database;
mod engine;
mod state;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use rustix::process::{Signal, getpid, kill_process};

use super::{Clock, Databases, Engine, StateFiles, World};

/// When the process ends, as seen from the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Moment {
    Before,
    After,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    Number(usize),
    Named { name: String, occurrence: usize },
}

/// A fault that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    moment: Moment,
    place: Place,
}

impl Fault {
    /// Reads what `STAGE_FAULT` holds; `None` if it is no fault.
    pub fn parse(text: &str) -> Option<Self> {
        let (moment, place) = text.split_once(':')?;
        let moment = match moment {
            "kill-before" => Moment::Before,
            "kill-after" => Moment::After,
            _ => return None,
        };
        let place = match place.split_once('#') {
            Some((name, occurrence)) => {
                Place::Named { name: name.to_owned(), occurrence: occurrence.parse().ok()? }
            }
            None => Place::Number(place.parse().ok()?),
        };
        Some(Self { moment, place })
    }

    /// The same world, in which this fault will happen.
    pub fn wrap(self, world: World) -> World {
        let counter = Arc::new(Counter { fault: self, calls: Mutex::default() });
        let engine: Arc<dyn Engine> =
            Arc::new(engine::Faulty { inner: world.engine, counter: Arc::clone(&counter) });
        let databases: Arc<dyn Databases> =
            Arc::new(database::FaultyServers { inner: world.databases, counter: Arc::clone(&counter) });
        let state: Arc<dyn StateFiles> = Arc::new(state::Faulty { inner: world.state, counter });
        let clock: Arc<dyn Clock> = world.clock;
        World { engine, databases, files: world.files, sockets: world.sockets, state, clock }
    }
}

/// Numbers the calls of a run, whichever port they go to.
struct Counter {
    fault: Fault,
    calls: Mutex<Calls>,
}

#[derive(Default)]
struct Calls {
    all: usize,
    by_name: BTreeMap<&'static str, usize>,
}

/// One numbered call. Names of calls that only look are not numbered: see [`Counter::begin`].
struct Numbered<'a> {
    counter: &'a Counter,
    is_it: bool,
}

impl Counter {
    /// Numbers a call, and ends the process if it is the one to die before.
    fn begin(&self, name: &'static str) -> Numbered<'_> {
        let is_it = {
            let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
            calls.all += 1;
            let all = calls.all;
            let named = calls.by_name.entry(name).or_default();
            *named += 1;
            match &self.fault.place {
                Place::Number(number) => *number == all,
                Place::Named { name: wanted, occurrence } => wanted == name && occurrence == named,
            }
        };
        if is_it && self.fault.moment == Moment::Before {
            die();
        }
        Numbered { counter: self, is_it }
    }
}

impl Numbered<'_> {
    /// Ends the process if the call was the one to die after.
    fn end(self) {
        if self.is_it && self.counter.fault.moment == Moment::After {
            die();
        }
    }
}

/// Ends this process as `kill -9` does: no destructor runs, no buffer is flushed.
fn die() {
    let _ = kill_process(getpid(), Signal::KILL);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_read_by_number_and_by_name() {
        assert_eq!(
            Fault::parse("kill-before:7"),
            Some(Fault { moment: Moment::Before, place: Place::Number(7) })
        );
        assert_eq!(
            Fault::parse("kill-after:undo#2"),
            Some(Fault { moment: Moment::After, place: Place::Named { name: "undo".into(), occurrence: 2 } })
        );
        assert_eq!(Fault::parse("kill-now:1"), None);
        assert_eq!(Fault::parse("kill-after:x"), None);
    }

    #[test]
    fn calls_are_numbered_over_all_names() {
        let fault = Fault::parse("kill-after:undo#9").unwrap();
        let counter = Counter { fault, calls: Mutex::default() };
        counter.begin("perform").end();
        counter.begin("undo").end();
        counter.begin("undo").end();
        let calls = counter.calls.lock().unwrap();
        assert_eq!((calls.all, calls.by_name["undo"]), (3, 2));
    }
}
