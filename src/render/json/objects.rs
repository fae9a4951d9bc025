//! What a migration did to large objects, as JSON.

use serde::Serialize;

use crate::model::object::ObjectCounts;

#[derive(Serialize)]
pub(super) struct Objects {
    made: u64,
    /// Those that hold other bytes.
    changed: u64,
    deleted: u64,
    /// Those of the seed that are gone, earlier migrations included; 0, as the next one, where this one touched none.
    missing: u64,
    /// Those in the seed.
    in_seed: u64,
}

/// The counts.
pub(super) fn objects(of: &ObjectCounts) -> Objects {
    let ObjectCounts { made, changed, deleted, missing, in_seed } = *of;
    Objects { made, changed, deleted, missing, in_seed }
}
