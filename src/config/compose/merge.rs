//! Compose's rules for one tree over another: maps by key, lists one behind the other, and the exceptions.

use super::{short_forms, volumes};
use crate::config::fields::one_or_more;
use crate::config::node::{Entry, Node, Value};

/// One file over another.
pub fn merge(base: Node, over: Node) -> Node {
    at_path(base, over, &mut Vec::new())
}

/// One service over another.
pub fn merge_service(base: Node, over: Node) -> Node {
    at_path(base, over, &mut vec!["services".to_owned(), String::new()])
}

/// Removes what `!reset` marks.
pub fn remove_reset(node: &mut Node) {
    match &mut node.value {
        Value::Map(entries) => {
            entries.retain(|entry| entry.value.tag != Some("!reset"));
            for entry in entries {
                remove_reset(&mut entry.value);
            }
        }
        Value::List(items) => {
            items.retain(|item| item.tag != Some("!reset"));
            items.iter_mut().for_each(remove_reset);
        }
        Value::Scalar { .. } => {}
    }
}

/// Whether two trees say the same, wherever they are written.
pub fn is_same(one: &Node, other: &Node) -> bool {
    match (&one.value, &other.value) {
        (Value::Scalar { text: a, .. }, Value::Scalar { text: b, .. }) => {
            a == b && one.is_null() == other.is_null()
        }
        (Value::List(a), Value::List(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| is_same(a, b)),
        (Value::Map(a), Value::Map(b)) => {
            a.len() == b.len()
                && a.iter().all(|a| b.iter().any(|b| a.key == b.key && is_same(&a.value, &b.value)))
        }
        _ => false,
    }
}

fn at_path(base: Node, over: Node, path: &mut Vec<String>) -> Node {
    if over.tag.is_some() {
        return over;
    }
    let service_path: Vec<&str> = match path.as_slice() {
        [section, _, rest @ ..] if section == "services" => rest.iter().map(String::as_str).collect(),
        _ => Vec::new(),
    };
    let (base, over) = match service_path.as_slice() {
        ["command" | "entrypoint"] | ["healthcheck", "test"] => return over,
        ["environment" | "labels" | "depends_on" | "networks"] => {
            (short_forms::keyed(&base), short_forms::keyed(&over))
        }
        ["env_file" | "tmpfs" | "extra_hosts"] => (short_forms::listed(&base), short_forms::listed(&over)),
        ["volumes"] => return by_target(&base, &over),
        _ => (base, over),
    };
    let location = over.location.clone();
    let value = match (base.value, over.value) {
        (Value::Map(base), Value::Map(over)) => Value::Map(maps(base, over, path)),
        (Value::List(base), Value::List(over)) => Value::List(lists(base, over)),
        // A key that is there but says nothing takes nothing away from a map or list.
        (base @ (Value::Map(_) | Value::List(_)), Value::Scalar { text, quoted: false })
            if text.is_empty() =>
        {
            base
        }
        (_, over) => over,
    };
    Node { location, value, tag: None }
}

fn maps(mut base: Vec<Entry>, over: Vec<Entry>, path: &mut Vec<String>) -> Vec<Entry> {
    for entry in over {
        let Some(at) = base.iter().position(|own| own.key == entry.key) else {
            base.push(entry);
            continue;
        };
        let own = base.remove(at);
        path.push(entry.key.clone());
        let value = at_path(own.value, entry.value, path);
        path.pop();
        base.insert(at, Entry { key: entry.key, key_location: entry.key_location, value });
    }
    base
}

fn lists(mut base: Vec<Node>, over: Vec<Node>) -> Vec<Node> {
    for item in over {
        if !base.iter().any(|own| is_same(own, &item)) {
            base.push(item);
        }
    }
    base
}

/// Mounts: a later one takes the place of an earlier one of the same target.
fn by_target(base: &Node, over: &Node) -> Node {
    let over_items = one_or_more(over);
    let is_replaced = |item: &Node| {
        volumes::target(item).is_some_and(|target| {
            over_items.iter().any(|over| volumes::target(over).as_deref() == Some(target.as_str()))
        })
    };
    let kept = one_or_more(base).iter().filter(|item| !is_replaced(item)).chain(over_items);
    Node {
        location: over.location.clone(),
        value: Value::List(kept.filter(|item| !item.is_null()).cloned().collect()),
        tag: None,
    }
}
