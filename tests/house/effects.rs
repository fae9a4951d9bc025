//! Effects at the edge: what is pure reads no file, no clock and no environment, and starts nothing.

use super::Violation;
use super::imports::{Target, targets};
use super::paths::{How, Named};
use super::source::Source;

/// Rooms that turn values into values.
const PURE: [&str; 8] = ["model", "archive", "mask", "observe", "judge", "render", "plan", "config"];

/// What has effects, by the path that leads to it. An address is a value; a socket is not.
const EFFECTS: [&str; 17] = [
    "tokio",
    "bollard",
    "sqlx",
    "std::fs",
    "std::net::TcpListener",
    "std::net::TcpStream",
    "std::net::UdpSocket",
    "std::net::ToSocketAddrs",
    "std::process",
    "std::env",
    "std::time::SystemTime",
    "std::time::Instant",
    "std::io::stdin",
    "std::io::stdout",
    "std::io::stderr",
    "std::os",
    "rustix",
];

/// Types whose `now` reads the clock.
const CLOCKS: [&str; 4] = ["Timestamp", "Zoned", "Utc", "Local"];

/// Macros that write to the outside.
const PRINTERS: [&str; 5] = ["print", "println", "eprint", "eprintln", "dbg"];

/// Effects in a pure room; tests may have some.
pub fn check(source: &Source) -> Vec<Violation> {
    if !PURE.contains(&source.room()) {
        return Vec::new();
    }
    let judge = |(named, target): &(Named, Target)| {
        let Target::Outside(path) = target else { return None };
        let is_effect = !named.is_test && is_effect(named, path);
        is_effect.then(|| Violation {
            place: source.place(named.line),
            message: format!("`{}` is pure and may not use `{}`", source.room(), path.join("::")),
        })
    };
    targets(source).iter().filter_map(judge).collect()
}

fn is_effect(named: &Named, path: &[String]) -> bool {
    let path: Vec<&str> = path.iter().map(String::as_str).filter(|it| *it != "self").collect();
    let leads_to = |effect: &&str| {
        let effect: Vec<&str> = effect.split("::").collect();
        // A module by its name is followed to what is taken from it; of a glob nobody knows what is taken.
        let is_way = || path.strip_suffix(&["*"]).is_some_and(|way| effect.starts_with(way));
        path.starts_with(&effect) || is_way()
    };
    let reads_clock = matches!(path.as_slice(), [.., clock, "now"] if CLOCKS.contains(clock));
    let prints = named.how == How::Macro && path.last().is_some_and(|last| PRINTERS.contains(last));
    EFFECTS.iter().any(leads_to) || reads_clock || prints
}
