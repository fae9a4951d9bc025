//! Planted in `run/planted.rs`: an expect as a function.
//! Fails as: panics by `expect`

fn planted() {
    let _ = Option::<u8>::expect;
}
