//! Planted in `run/planted.rs`: an unwrap outside of tests.
//! Fails as: panics by `unwrap`

fn planted(it: Option<u8>) -> u8 {
    it.unwrap()
}
