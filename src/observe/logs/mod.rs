//! What services write before and after the migrations: lines of one kind counted, and those told that are new or far more
//! frequent, as an error tracker does it.

mod compare;
mod fields;
mod level;
mod secrets;
mod tally;
mod template;

pub use compare::{Compared, Heard, compare};
pub use secrets::Secrets;
pub use tally::Tally;
