//! Planted in `config/planted.rs`: a glob that has the environment in it.
//! Fails as: `config` is pure and may not use `std::*`

use std::*;

fn planted() {
    let _ = env::var("HOME");
}
