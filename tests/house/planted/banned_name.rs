//! Planted in `run/util.rs`: a name that says nothing.
//! Fails as: is named `util`, which says nothing

fn planted() {}
