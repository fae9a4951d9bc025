//! Files of an environment to an Environment, or every problem at once.
//!
//! Pure but for a [`Loader`] that is passed in. Every problem has its file, line and column, and is told by kind
//! `Config`; a key that is not kept is an error by name, never silently read over, but for the documented list in
//! `compose/keys.rs`.

mod amount;
mod compose;
mod credentials;
mod databases;
mod egress;
mod fields;
mod guards;
mod loader;
mod mail;
mod masks;
mod migrations;
mod node;
mod problems;
mod stage_file;
mod suggest;
mod suite;
mod traffic;
mod yaml;

#[cfg(test)]
mod tests;

use std::path::Path;

pub use amount::seconds;
pub use loader::{Catalogs, Loader};
pub use suggest::nearest;

use crate::model::environment::Environment;
use crate::model::error::Error;

/// Whole seconds of a duration as people write it (`30d`, `1h 30m`, `0`); `None` for anything else.
pub fn duration_s(text: &str) -> Option<u64> {
    u64::try_from(amount::nanoseconds(text)? / 1_000_000_000).ok()
}

/// Reads the environment in `folder`, its `stage.yaml`, Compose files, masks and prepare SQL.
///
/// Paths of the result begin with `folder`, so they are absolute if it is.
///
/// # Errors
///
/// Every problem found, in the order of the files and lines. Each has the kind `Config`.
pub fn load(loader: &dyn Loader, folder: &Path, catalogs: &Catalogs) -> Result<Environment, Vec<Error>> {
    let mut problems = problems::Problems::default();
    let environment = stage_file::read(loader, folder, catalogs, &mut problems);
    problems.or(environment)
}
