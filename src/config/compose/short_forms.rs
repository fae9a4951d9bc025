//! Keys that Compose lets people write as a list or as a map, brought to one form.

use crate::config::fields::one_or_more;
use crate::config::node::{Entry, Node, Value};

/// A list as a map: `NAME=value` as name and value, a name alone as name and nothing. A map stays as it is.
pub fn keyed(node: &Node) -> Node {
    let Value::List(items) = &node.value else { return node.clone() };
    let mut entries: Vec<Entry> = Vec::new();
    for item in items {
        // What is no text cannot be a key; it stays as a list so that the reader refuses it.
        let Some(text) = item.as_text() else { return node.clone() };
        let location = item.location.clone();
        let (key, value) = match text.split_once('=') {
            Some((key, value)) => (key, Node::text(location.clone(), value)),
            None => (text, Node::null(location.clone())),
        };
        // Written twice in a list, the last holds.
        entries.retain(|entry| entry.key != key);
        entries.push(Entry { key: key.to_owned(), key_location: location, value });
    }
    Node { location: node.location.clone(), value: Value::Map(entries), tag: node.tag }
}

/// A single value as a list of one, and a map of hosts to addresses as `host:address` lines.
pub fn listed(node: &Node) -> Node {
    let items = match &node.value {
        Value::Map(entries) if entries.iter().any(|entry| entry.key == "path") => vec![node.clone()],
        Value::Map(entries) => entries
            .iter()
            .flat_map(|entry| one_or_more(&entry.value).iter().map(move |address| (entry, address)))
            .map(|(entry, address)| match address.as_text() {
                Some(text) => Node::text(entry.key_location.clone(), format!("{}:{text}", entry.key)),
                None => address.clone(),
            })
            .collect(),
        _ if node.is_null() => Vec::new(),
        _ => one_or_more(node).to_vec(),
    };
    Node { location: node.location.clone(), value: Value::List(items), tag: node.tag }
}
