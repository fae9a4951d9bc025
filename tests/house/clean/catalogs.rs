//! Planted in `config/planted.rs`: the catalogs that `config` may ask, values of time that read no clock, and effects in tests.

use std::io::{self, Read};
use std::time::Duration;

use jiff::Timestamp;

use crate::judge::catalog;
use crate::mask;

fn planted(now: Timestamp) -> (usize, Duration) {
    (mask::catalog().len() + catalog().len(), Duration::from_secs(1))
}

fn read_all(mut from: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs;

    fn read() {
        println!("{:?}", fs::read("anything"));
    }
}
