//! Planted in `run/planted.rs`: something that is not there yet.
//! Fails as: panics by `todo`

fn planted() {
    todo!()
}
