//! Time, and values that nobody else has.

use jiff::Timestamp;

use crate::model::name::RunId;

/// Time and fresh values.
pub trait Clock: Send + Sync {
    /// Now, in UTC.
    fn now(&self) -> Timestamp;
    /// A run id that no other run on any machine has.
    fn fresh_run_id(&self) -> RunId;
    /// A fresh random mask key.
    fn fresh_key(&self) -> [u8; 16];
}

/// The system's clock and its source of randomness.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn fresh_run_id(&self) -> RunId {
        RunId(hex::encode(&self.fresh_key()[..6]))
    }

    fn fresh_key(&self) -> [u8; 16] {
        let mut key = [0; 16];
        // Without the kernel's randomness nothing that follows could be trusted; it never fails on a system that runs.
        if getrandom::fill(&mut key).is_err() {
            std::process::abort();
        }
        key
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn run_ids_are_twelve_digits_and_differ() {
        let (one, other) = (SystemClock.fresh_run_id(), SystemClock.fresh_run_id());
        assert_eq!(one.0.len(), 12);
        assert_ne!(one, other);
    }
}
