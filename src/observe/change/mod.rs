//! From facts to tables touched: what the log counted, set against the catalogue before and after each migration.
//!
//! A table is known by its oid within the run, and by its name against the seed: whoever holds the name is what the
//! app reads. Where the counted rows alone say how a table stands against the seed they are taken; everywhere else
//! the answer names exactly what has to be compared: the rows that the log shows as touched, or the whole table.

mod agree;
mod census;
mod columns;
mod families;
mod history;
mod observer;
mod passage;
#[cfg(test)]
mod scenarios;
mod touched;
mod window;

pub use agree::agree;
pub use observer::Observer;
pub use touched::{ComparedColumn, Comparison, NetSource, SeedTable, Touched};
