//! Planted in `config/planted.rs`: the catalogs that `config` may ask, values of time that read no clock, and effects in tests.

use std::time::Duration;

use jiff::Timestamp;

use crate::judge::catalog;
use crate::mask;

fn planted(now: Timestamp) -> (usize, Duration) {
    (mask::catalog().len() + catalog().len(), Duration::from_secs(1))
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs;

    fn read() {
        println!("{:?}", fs::read("anything"));
    }
}
