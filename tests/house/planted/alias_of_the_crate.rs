//! Planted in `observe/planted.rs`: the crate under another name.
//! Fails as: `observe` may not import 

use crate as house;

fn planted(_: &house::world::World) {}
