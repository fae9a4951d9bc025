//! Planted in `judge/planted.rs`: an inline path.
//! Fails as: `judge` may not import `world::Engine`

fn planted(_: &dyn crate::world::Engine) {}
