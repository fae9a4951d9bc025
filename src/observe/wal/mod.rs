//! The stream witness: a reader of PostgreSQL's write-ahead log, versions 13 to 18.
//!
//! It counts the rows that each committed transaction inserted, updated and deleted, by the file that holds them, and
//! remembers where in the file rows were touched at all. It asks nothing of the server but `wal_level=replica`, and follows the log while a statement still runs. The log is
//! read as little-endian with pages of 8 kB, as every packaged server writes it.

mod bytes;
mod chapter;
mod chronicle;
mod class;
mod commits;
#[cfg(test)]
mod crafted;
mod error;
mod facts;
mod heap;
mod layout;
mod ledger;
mod lineage;
mod meaning;
mod page;
mod reader;
mod record;
#[cfg(test)]
mod samples;
mod storage;
mod touched;
mod transaction;
mod tuple;

pub use class::ClassRow;
pub use commits::{Commits, Mark, Part, PartRows, Touch};
pub use error::WalError;
pub use facts::{EmptiedRows, ExclusiveHold, File, Succession, Successor, TouchedRows, WalFacts};
pub use reader::Reader;
pub use tuple::{TupleBytes, TuplePatch};
