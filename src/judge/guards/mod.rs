//! The guards, one a file.

mod migration_failed;
mod objects_lost;
mod rows_changed;
mod rows_lost;
mod sequence_behind;
mod service_failed;
mod suite_failed;
mod table_dropped;
mod table_locked;
mod values_lost;

use super::guard::Guard;

/// All of them, most severe first.
pub(super) static ALL: &[&Guard] = &[
    &table_dropped::GUARD,
    &rows_lost::GUARD,
    &objects_lost::GUARD,
    &values_lost::GUARD,
    &rows_changed::GUARD,
    &sequence_behind::GUARD,
    &migration_failed::GUARD,
    &service_failed::GUARD,
    &suite_failed::GUARD,
    &table_locked::GUARD,
];
