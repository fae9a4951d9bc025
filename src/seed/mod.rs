//! The pipeline archive, mask, COPY: what makes a seed out of a backup, over two ports, a byte source and a database.
//!
//! Raw rows pass through memory only, a few megabytes of each table that is under way. What cannot be masked, read to
//! its end or restored stops the work; nothing is passed over.

mod check;
mod columns;
mod fill;
mod inherit;
mod key;
mod load;
#[cfg(test)]
mod memory;
mod objects;
mod ports;
mod relations;
mod schema;
#[cfg(test)]
mod tests;

pub use check::check_masking;
pub use fill::fill;
pub use key::{Ingredients, key};
pub use ports::{Progress, Source, Target};
