//! Planted in `run/planted.rs`: an unwrap in a macro.
//! Fails as: panics by `unwrap`

fn planted(it: Option<u8>) -> String {
    format!("{}", it.unwrap())
}
