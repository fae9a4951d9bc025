//! Who may import whom: the table of the house, and where a path leads.

use std::collections::BTreeMap;

use super::Violation;
use super::paths::{How, Named, named};
use super::source::Source;

/// Each room and what it may import; `mask::catalog` is that one item of `mask`.
pub const TABLE: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("archive", &["model"]),
    ("mask", &["model"]),
    ("observe", &["model"]),
    ("judge", &["model"]),
    ("render", &["model"]),
    ("config", &["model", "mask::catalog", "judge::catalog"]),
    ("plan", &["model", "mask::catalog", "judge::catalog"]),
    ("seed", &["model", "archive", "mask"]),
    ("world", &["model"]),
    ("store", &["model", "world"]),
    ("execute", &["model", "seed", "store", "world"]),
    (
        "run",
        &[
            "model", "config", "plan", "archive", "mask", "seed", "observe", "judge", "world", "store",
            "execute",
        ],
    ),
    ("cli", &["model", "run", "config", "render", "world", "store"]),
    ("main", &["cli"]),
];

/// Where a path leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// Into this crate, from its root on; empty is the root itself.
    Inside(Vec<String>),
    /// To another crate, or to a name of the module itself.
    Outside(Vec<String>),
}

/// Every path that a file names and where it leads; names that a `use` gave are followed.
pub fn targets(source: &Source) -> Vec<(Named, Target)> {
    let named = named(source);
    let mut local: BTreeMap<&str, Target> = BTreeMap::new();
    for it in &named {
        if let Some(name) = &it.local {
            local.insert(name, direct(it));
        }
    }
    let follow = |it: &Named| match direct(it) {
        Target::Outside(segments) if it.local.is_none() => match local.get(segments[0].as_str()) {
            Some(Target::Inside(base)) => Target::Inside([base.as_slice(), &segments[1..]].concat()),
            Some(Target::Outside(base)) => Target::Outside([base.as_slice(), &segments[1..]].concat()),
            None => Target::Outside(segments),
        },
        target => target,
    };
    named.iter().map(|it| (it.clone(), follow(it))).collect()
}

/// Where a path leads by its own words.
fn direct(named: &Named) -> Target {
    let mut rest = named.segments.as_slice();
    let mut base = named.module.clone();
    match rest {
        [first, others @ ..] if first == "crate" || (first == "stage" && !others.is_empty()) => {
            base.clear();
            rest = others;
        }
        [first, ..] if first == "self" || first == "super" => {
            while let [first, others @ ..] = rest {
                match first.as_str() {
                    "super" => drop(base.pop()),
                    "self" => {}
                    _ => break,
                }
                rest = others;
            }
        }
        _ => return Target::Outside(rest.to_vec()),
    }
    base.extend(rest.iter().filter(|segment| *segment != "self" && *segment != "*").cloned());
    Target::Inside(base)
}

/// Paths that lead where the table forbids.
pub fn check(source: &Source) -> Vec<Violation> {
    let Some((room, allowed)) = TABLE.iter().find(|(room, _)| *room == source.room()) else {
        return Vec::new();
    };
    let judge = |(named, target): &(Named, Target)| {
        let Target::Inside(path) = target else { return None };
        let message = broken(room, allowed, named, path)?;
        Some(Violation { place: source.place(named.line), message })
    };
    targets(source).iter().filter_map(judge).collect()
}

fn broken(room: &str, allowed: &[&str], named: &Named, path: &[String]) -> Option<String> {
    let Some(to) = path.first() else {
        // `self` as a value, and `super` in a macro's pattern, name nothing.
        let is_word = named.how == How::Inline && named.segments.len() == 1;
        return (!is_word).then(|| format!("`{room}` may not import the whole crate"));
    };
    if to == room {
        return None;
    }
    let is_allowed = allowed.iter().any(|entry| match entry.split_once("::") {
        None => entry == to,
        Some((other, item)) => other == to && path.get(1).is_none_or(|second| second == item),
    });
    if !is_allowed {
        return Some(format!("`{room}` may not import `{}`", path.join("::")));
    }
    // Who imports from here would get what the table may forbid. What everybody may import can be passed on.
    let is_passed_on = named.how == How::Reexport && to != "model";
    is_passed_on.then(|| format!("`{room}` may not re-export `{}`", path.join("::")))
}
