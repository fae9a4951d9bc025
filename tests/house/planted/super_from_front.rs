//! Planted in `render/mod.rs`: a super in the front of a room.
//! Fails as: `render` may not import `judge::Guard`

fn planted(_: super::judge::Guard) {}
