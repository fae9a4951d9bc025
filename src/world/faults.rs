//! Faults on demand, for the live tests: the process sends itself a signal right before or after one of its calls to the
//! outside.
//!
//! A decorator of the real ports numbers every call of a run, from 1. `STAGE_FAULT` says which one: `kill-before:7` and
//! `int-after:7` by number, `kill-before:undo#1` and `term-after:close#2` by name and how often it was called. `trace`
//! does nothing but name them all on stderr. Users have no need for it, and nothing happens unless it is set.

mod database;
mod engine;
mod state;

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use rustix::process::{Signal, getpid, kill_process};

use super::{Clock, Databases, Engine, StateFiles, World};

/// When the signal is sent, as seen from the call.
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
pub enum Fault {
    /// None; every call is named on stderr.
    Trace,
    /// A signal around one call.
    Signal(Point),
}

/// Which signal, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Point {
    signal: Signal,
    moment: Moment,
    place: Place,
}

impl Fault {
    /// Reads what `STAGE_FAULT` holds; `None` if it is no fault.
    pub fn parse(text: &str) -> Option<Self> {
        if text == "trace" {
            return Some(Self::Trace);
        }
        let (what, place) = text.split_once(':')?;
        let (signal, moment) = what.split_once('-')?;
        let signal = match signal {
            "kill" => Signal::KILL,
            "int" => Signal::INT,
            "term" => Signal::TERM,
            _ => return None,
        };
        let moment = match moment {
            "before" => Moment::Before,
            "after" => Moment::After,
            _ => return None,
        };
        let place = match place.split_once('#') {
            Some((name, occurrence)) => {
                Place::Named { name: name.to_owned(), occurrence: occurrence.parse().ok()? }
            }
            None => Place::Number(place.parse().ok()?),
        };
        Some(Self::Signal(Point { signal, moment, place }))
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

/// One numbered call, and what happens around it.
struct Numbered<'a> {
    point: Option<&'a Point>,
    call: String,
}

impl Counter {
    /// Numbers a call, and sends the signal if it is the one to send it before.
    fn begin(&self, name: &'static str) -> Numbered<'_> {
        let (all, named) = {
            let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
            calls.all += 1;
            let all = calls.all;
            let named = calls.by_name.entry(name).or_default();
            *named += 1;
            (all, *named)
        };
        let point = match &self.fault {
            Fault::Trace => {
                say(&format!("call {all}: {name}#{named}"));
                None
            }
            Fault::Signal(point) => Some(point).filter(|point| match &point.place {
                Place::Number(number) => *number == all,
                Place::Named { name: wanted, occurrence } => wanted == name && *occurrence == named,
            }),
        };
        let numbered = Numbered { point, call: format!("{name}#{named}") };
        numbered.reach(Moment::Before);
        numbered
    }
}

impl Numbered<'_> {
    /// Sends the signal if the call was the one to send it after.
    fn end(self) {
        self.reach(Moment::After);
    }

    fn reach(&self, moment: Moment) {
        if let Some(point) = self.point.filter(|point| point.moment == moment) {
            say(&format!("fault: {:?} {moment:?} {}", point.signal, self.call));
            // `kill -9` lets no destructor run and flushes no buffer; others are heard as if somebody else had sent them.
            let _ = kill_process(getpid(), point.signal);
        }
    }
}

/// What the tests read. A process that is about to die must not wait for its own listeners.
fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(signal: Signal, moment: Moment, place: Place) -> Fault {
        Fault::Signal(Point { signal, moment, place })
    }

    #[test]
    fn faults_are_read_by_number_and_by_name() {
        assert_eq!(
            Fault::parse("kill-before:7"),
            Some(point(Signal::KILL, Moment::Before, Place::Number(7)))
        );
        let place = Place::Named { name: "undo".into(), occurrence: 2 };
        assert_eq!(Fault::parse("term-after:undo#2"), Some(point(Signal::TERM, Moment::After, place)));
        assert_eq!(Fault::parse("int-after:1"), Some(point(Signal::INT, Moment::After, Place::Number(1))));
        assert_eq!(Fault::parse("trace"), Some(Fault::Trace));
        for none in ["kill-now:1", "hup-after:1", "kill-after:x", "kill:1"] {
            assert_eq!(Fault::parse(none), None, "{none}");
        }
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
