//! Reading a map key by key: what was asked for is known, and any other key is a problem.

use std::cell::RefCell;

use super::node::{Entry, Node, Value};
use super::problems::{Problems, problem};
use super::suggest;
use crate::model::error::Location;

/// Up to so many keys are listed to somebody who wrote an unknown one; more would hide the message.
const LISTED: usize = 12;

/// A map that is being read.
pub struct Fields<'n> {
    /// Where the map begins.
    pub location: &'n Location,
    entries: &'n [Entry],
    asked: RefCell<Vec<&'static str>>,
    hushed: RefCell<Vec<&'static str>>,
}

impl<'n> Fields<'n> {
    /// Begins to read `node`, which must be a map; otherwise that is the problem.
    pub fn of(node: &'n Node, expected: &str, problems: &mut Problems) -> Option<Self> {
        let entries = map(node, expected, problems)?;
        Some(Self {
            location: &node.location,
            entries,
            asked: RefCell::default(),
            hushed: RefCell::default(),
        })
    }

    /// The value of a key, unless it is absent or nothing.
    pub fn take(&self, key: &'static str) -> Option<&'n Node> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// The entry of a key, unless it is absent or its value is nothing.
    pub fn entry(&self, key: &'static str) -> Option<&'n Entry> {
        self.asked.borrow_mut().push(key);
        self.entries.iter().find(|entry| entry.key == key && !entry.value.is_null())
    }

    /// The value of a key that must be there.
    pub fn require(&self, key: &'static str, of: &str, problems: &mut Problems) -> Option<&'n Node> {
        let value = self.take(key);
        if value.is_none() {
            problems.push(problem(self.location, format!("{of} has no `{key}`")));
        }
        value
    }

    /// Keys that are read over in silence, on purpose.
    pub fn ignore(&self, keys: &[&'static str]) {
        self.hushed.borrow_mut().extend(keys);
    }

    /// Keys that are understood and refused, each with its reason.
    pub fn refuse(&self, keys: &[(&'static str, &str)], problems: &mut Problems) {
        for (key, reason) in keys {
            self.hushed.borrow_mut().push(key);
            if let Some(entry) = self.entries.iter().find(|entry| entry.key == *key) {
                problems.push(problem(&entry.key_location, format!("`{key}` {reason}")));
            }
        }
    }

    /// Ends the reading: every key that nobody asked for is a problem. Keys that begin with `x-` are the user's own.
    pub fn finish(self, problems: &mut Problems) {
        let asked = self.asked.into_inner();
        let hushed = self.hushed.into_inner();
        for Entry { key, key_location, .. } in self.entries {
            if asked.iter().chain(&hushed).any(|known| known == key) || key.starts_with("x-") {
                continue;
            }
            let unknown = problem(key_location, format!("unknown key `{key}`"));
            let near = suggest::nearest(key, asked.iter().chain(&hushed).copied());
            problems.push(match near {
                Some(near) => unknown.hint(format!("did you mean `{near}`?")),
                None if asked.len() <= LISTED => unknown.hint(suggest::hint(key, asked.iter().copied())),
                None => unknown,
            });
        }
    }
}

/// Says that `node` is not what was expected.
pub fn unexpected(node: &Node, expected: &str, problems: &mut Problems) {
    problems.push(problem(&node.location, format!("expected {expected}, found {}", node.describe())));
}

/// The entries of a map.
pub fn map<'n>(node: &'n Node, expected: &str, problems: &mut Problems) -> Option<&'n [Entry]> {
    let entries = node.as_map();
    if entries.is_none() {
        unexpected(node, expected, problems);
    }
    entries
}

/// The items of a list.
pub fn list<'n>(node: &'n Node, expected: &str, problems: &mut Problems) -> Option<&'n [Node]> {
    if let Value::List(items) = &node.value {
        return Some(items);
    }
    unexpected(node, expected, problems);
    None
}

/// The items of a list, or the one value that stands for a list of one.
pub fn one_or_more(node: &Node) -> &[Node] {
    if let Value::List(items) = &node.value { items } else { std::slice::from_ref(node) }
}

/// The text of a scalar.
pub fn text(node: &Node, expected: &str, problems: &mut Problems) -> Option<String> {
    parsed(node, expected, problems, |text| Some(text.to_owned()))
}

/// What `parse` makes of the text of a scalar; `None` from it means that the text is not what was expected.
pub fn parsed<T>(
    node: &Node,
    expected: &str,
    problems: &mut Problems,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Option<T> {
    let value = node.as_text().and_then(parse);
    if value.is_none() {
        unexpected(node, expected, problems);
    }
    value
}

/// `true` or `false`; quoted ones count, as an interpolated variable is text.
pub fn boolean(node: &Node, problems: &mut Problems) -> Option<bool> {
    parsed(node, "`true` or `false`", problems, |text| match text {
        "true" | "True" | "TRUE" => Some(true),
        "false" | "False" | "FALSE" => Some(false),
        _ => None,
    })
}

/// Every item of a list of scalars, or the one scalar that stands for such a list.
pub fn texts(node: &Node, expected: &str, problems: &mut Problems) -> Vec<String> {
    one_or_more(node).iter().filter_map(|item| text(item, expected, problems)).collect()
}
