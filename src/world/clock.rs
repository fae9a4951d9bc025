//! Time, and ids that nobody else has.

use jiff::Timestamp;

use crate::model::name::RunId;

/// Time and fresh ids.
pub trait Clock: Send + Sync {
    /// Now, in UTC.
    fn now(&self) -> Timestamp;
    /// A run id that no other run on any machine has.
    fn fresh_run_id(&self) -> RunId;
}
