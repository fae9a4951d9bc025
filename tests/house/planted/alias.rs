//! Planted in `judge/planted.rs`: a room under another name.
//! Fails as: `judge` may not import `world

use crate::world as w;

fn planted(_: &dyn w::Engine) {}
