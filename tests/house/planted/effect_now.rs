//! Planted in `judge/planted.rs`: the time of day.
//! Fails as: `judge` is pure and may not use `jiff::Timestamp::now`

use jiff::Timestamp;

fn planted() {
    let _ = Timestamp::now();
}
