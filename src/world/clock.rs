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
