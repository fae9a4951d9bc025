//! The schema before and after: what was added, dropped, altered or renamed, whatever the order of columns and the
//! identities of objects that were made again.

mod compare;
mod follow;
mod pairs;
mod renames;
#[cfg(test)]
mod scenarios;
mod touched;

pub use compare::compare;
pub use touched::is_touched;
