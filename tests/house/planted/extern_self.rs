//! Planted in `judge/planted.rs`: the crate as an extern crate.
//! Fails as: `judge` may not import 

extern crate self as house;

fn planted(_: house::world::World) {}
