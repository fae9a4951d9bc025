//! Facts to Change; pure.
//!
//! Three witnesses: `wal` reads what the statements wrote, `change` sets it against the catalogue before and after,
//! and `net` compares rows where neither can tell.

pub mod change;
pub mod net;
pub mod wal;
