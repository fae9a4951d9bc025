//! A value of a YAML file that knows its place.

use crate::model::error::Location;

/// One value and where it is written. Has no `Debug`, as it may hold credentials.
#[derive(Clone, PartialEq)]
pub struct Node {
    /// Where it begins; for an alias, where the anchor is.
    pub location: Location,
    /// What it is.
    pub value: Value,
    /// Compose's `!reset` or `!override`, if it carries one.
    pub tag: Option<&'static str>,
}

/// What a value is.
#[derive(Clone, PartialEq)]
pub enum Value {
    /// Text, number, boolean or nothing.
    Scalar {
        /// As written, quotes and escapes resolved.
        text: String,
        /// Whether it is text whatever it looks like: quoted, a block, or tagged `!!str`.
        quoted: bool,
    },
    /// A list.
    List(Vec<Node>),
    /// A map in the order of the file, without doubles.
    Map(Vec<Entry>),
}

/// One key of a map with its value.
#[derive(Clone, PartialEq)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// Where the key is written.
    pub key_location: Location,
    /// Its value.
    pub value: Node,
}

impl Node {
    /// A scalar that is text whatever it looks like.
    pub fn text(location: Location, text: impl Into<String>) -> Self {
        Self { location, value: Value::Scalar { text: text.into(), quoted: true }, tag: None }
    }

    /// Nothing.
    pub fn null(location: Location) -> Self {
        Self { location, value: Value::Scalar { text: String::new(), quoted: false }, tag: None }
    }

    /// Whether it is nothing: absent, `~` or `null`.
    pub fn is_null(&self) -> bool {
        matches!(&self.value, Value::Scalar { text, quoted: false }
            if matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL"))
    }

    /// The text of a scalar that is not nothing.
    pub fn as_text(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar { text, .. } if !self.is_null() => Some(text),
            _ => None,
        }
    }

    /// The entries of a map.
    pub fn as_map(&self) -> Option<&[Entry]> {
        if let Value::Map(entries) = &self.value { Some(entries) } else { None }
    }

    /// The value of a key of a map, unless it is nothing.
    pub fn get(&self, key: &str) -> Option<&Self> {
        let entry = self.as_map()?.iter().find(|entry| entry.key == key)?;
        (!entry.value.is_null()).then_some(&entry.value)
    }

    /// What it is, for messages.
    pub fn describe(&self) -> String {
        match &self.value {
            _ if self.is_null() => "nothing".to_owned(),
            Value::Scalar { text, .. } if text.len() <= 60 && !text.contains('\n') => format!("`{text}`"),
            Value::Scalar { .. } => "a longer text".to_owned(),
            Value::List(_) => "a list".to_owned(),
            Value::Map(_) => "a map".to_owned(),
        }
    }
}
