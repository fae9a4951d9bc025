//! Planted in `observe/planted.rs`: the clock behind the name of its module.
//! Fails as: `observe` is pure and may not use `std::time

use std::time as t;

fn planted() {
    let _ = t::Instant::now();
}
