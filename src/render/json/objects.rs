//! What a migration did to large objects, as JSON.

use serde::Serialize;

use crate::model::object::ObjectCounts;

#[derive(Serialize)]
pub(super) struct Objects {
    made: u64,
    /// Those that hold other bytes.
    changed: u64,
    deleted: u64,
}

/// The counts.
pub(super) fn objects(of: &ObjectCounts) -> Objects {
    Objects { made: of.made, changed: of.changed, deleted: of.deleted }
}
