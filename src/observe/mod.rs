//! Facts to Change; pure.
//!
//! Three witnesses: `wal` reads what the statements wrote, `change` sets it against the catalogue before and after,
//! and `net` compares rows where neither can tell. `step` tells the migrations of a command apart.

pub mod change;
pub mod net;
pub mod step;
pub mod wal;
