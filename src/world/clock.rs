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

/// The clock and the randomness of this machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn fresh_run_id(&self) -> RunId {
        // The last 12 digits of a random UUID (version 4) are random bits only.
        let uuid = uuid::Uuid::new_v4().simple().to_string();
        RunId(uuid.chars().skip(20).collect())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn run_ids_are_twelve_hexadecimal_digits_and_never_the_same() {
        let ids: BTreeSet<RunId> = (0..1000).map(|_| SystemClock.fresh_run_id()).collect();
        assert_eq!(ids.len(), 1000);
        for RunId(id) in ids {
            assert_eq!(id.len(), 12);
            assert!(id.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte)), "{id}");
        }
    }
}
