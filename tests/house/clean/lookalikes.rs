//! Planted in `execute/planted.rs`: what looks like a violation and is none.

use std::time::{Duration, Instant};

use self::inner::deep;
use super::super::execute::apply;
use crate::model::{self, call::Call};
use crate::seed::{self, Progress as SeedProgress};
use crate::world as w;

pub use crate::model::report::Report;

mod inner {
    //! Says `crate::render` in its words.
    pub(super) fn deep(_: super::super::planted::Local) {}
}

/// See [`crate::cli::main`] and "crate::judge::Guard".
#[expect(dead_code, reason = "crate::cli::main is only a word here")]
pub(in crate::execute) fn planted(now: Instant, it: Option<u8>, world: &w::World) -> Option<u8> {
    let text = "crate::render::json";
    let render = text.len();
    let judge = it.unwrap_or_default();
    it.expect_some_day();
    assert!(judge as usize == render, "crate::render {text}");
    it
}

#[cfg(test)]
mod tests {
    #[test]
    fn tests_may_unwrap() {
        Some(1).unwrap();
        std::fs::read("anything").expect("a file");
    }
}
