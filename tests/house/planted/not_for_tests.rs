//! Planted in `run/planted.rs`: an unwrap in what tests leave out.
//! Fails as: panics by `unwrap`

#[cfg(not(test))]
fn planted(it: Option<u8>) -> u8 {
    it.unwrap()
}
