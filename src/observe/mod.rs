//! Facts to Change; pure.
//!
//! Three witnesses: `wal` reads what the statements wrote, `change` sets it against the catalogue before and after,
//! and `net` compares rows where neither can tell. `step` tells the migrations of a command apart. `schema` compares
//! what defines the tables and all else. `sequences` says which to look at, and what they may collide with. `locks` says who would have waited. `databases` says which others of the server were touched. `logs` counts what services write with the migrations and without them, `mail`
//! reads what they sent.

pub mod change;
pub mod databases;
pub mod locks;
pub mod logs;
pub mod mail;
pub mod net;
pub mod objects;
pub mod schema;
pub mod sequences;
pub mod step;
pub mod traffic;
pub mod wal;
