//! Planted in `run/seed_helpers.rs`: a name that ends in nothing.
//! Fails as: is named `seed_helpers`, which says nothing

fn planted() {}
