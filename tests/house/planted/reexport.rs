//! Planted in `run/planted.rs`: a re-export.
//! Fails as: `run` may not re-export `world::Engine`

pub use crate::world::Engine;
