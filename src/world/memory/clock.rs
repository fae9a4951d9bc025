//! A clock that stands still unless it is told to go on, and values that come in order.

use std::sync::PoisonError;

use jiff::{SignedDuration, Timestamp};

use super::MemoryWorld;
use crate::model::name::RunId;
use crate::world::clock::Clock;

/// 2026-11-22 09:00:00 UTC.
const START_S: i64 = 1_795_338_000;

#[derive(Default)]
pub(super) struct Ticks {
    passed_s: i64,
    runs: u64,
    keys: u8,
}

impl MemoryWorld {
    /// Lets time pass, in seconds.
    pub fn pass(&self, seconds: i64) {
        self.inner.ticks.lock().unwrap_or_else(PoisonError::into_inner).passed_s += seconds;
    }
}

impl Clock for MemoryWorld {
    fn now(&self) -> Timestamp {
        let ticks = self.inner.ticks.lock().unwrap_or_else(PoisonError::into_inner);
        Timestamp::UNIX_EPOCH + SignedDuration::from_secs(START_S + ticks.passed_s)
    }

    fn fresh_run_id(&self) -> RunId {
        let mut ticks = self.inner.ticks.lock().unwrap_or_else(PoisonError::into_inner);
        ticks.runs += 1;
        RunId(format!("{:012x}", ticks.runs))
    }

    fn fresh_key(&self) -> [u8; 16] {
        let mut ticks = self.inner.ticks.lock().unwrap_or_else(PoisonError::into_inner);
        ticks.keys = ticks.keys.wrapping_add(1);
        [ticks.keys; 16]
    }
}
