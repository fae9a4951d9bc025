//! How long each phase of a story takes, told as it happens.

use std::time::Instant;

use crate::model::event::Event;
use crate::model::report::PhaseTime;
use crate::world::{Events, tell};

/// Phases so far, and the one that goes on.
pub struct Stopwatch {
    events: Events,
    current: Option<(&'static str, Instant)>,
    phases: Vec<PhaseTime>,
}

impl Stopwatch {
    /// Nothing has begun.
    pub fn new(events: Events) -> Self {
        Self { events, current: None, phases: Vec::new() }
    }

    /// Ends the phase that goes on and begins the next.
    pub fn enter(&mut self, phase: &'static str) {
        self.end();
        tell(&self.events, Event::PhaseStarted { phase });
        self.current = Some((phase, Instant::now()));
    }

    /// Ends the phase that goes on.
    pub fn end(&mut self) {
        if let Some((phase, begun)) = self.current.take() {
            let took = begun.elapsed();
            tell(&self.events, Event::PhaseEnded { phase, took });
            self.phases.push(PhaseTime { phase, duration_s: took.as_secs_f64() });
        }
    }

    /// All phases, in order.
    pub fn into_phases(mut self) -> Vec<PhaseTime> {
        self.end();
        self.phases
    }
}
