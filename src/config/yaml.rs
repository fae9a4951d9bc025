//! YAML text to a tree in which every value knows its place.
//!
//! `serde_yaml` judges the syntax, as Compose's own parser is a port of the same libyaml, but its values hold no places;
//! so the tree is built from the events of `saphyr-parser`, which do. Scalars stay text: what `no`, `22:22` or `0123`
//! means is for the key to say that holds it.

use std::collections::HashMap;
use std::path::Path;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Span, Tag};
use serde::de::IgnoredAny;

use super::node::{Entry, Node, Value};
use super::problems::{Problems, problem};
use crate::model::error::{Error, Location};

/// Deeper nesting is refused: no honest file needs it, and a hostile one would exhaust the stack.
const DEPTH_LIMIT: usize = 64;
/// More values, aliases expanded, are refused: aliases of aliases grow without bounds.
const SIZE_LIMIT: usize = 200_000;

/// The tree of `text`; `None` if it is no YAML, with the reason among the problems. An empty file is nothing.
pub fn parse(file: &Path, text: &str, problems: &mut Problems) -> Option<Node> {
    let built = Builder::new(file, text).and_then(|mut builder| {
        let tree = builder.document()?;
        Ok((tree, builder.doubles))
    });
    if let Ok((None, _)) = built {
        return Some(Node::null(Location { file: file.to_owned(), line: 1, column: 1 }));
    }
    if let Err(error) = serde_yaml::from_str::<IgnoredAny>(text) {
        problems.push(syntax_error(file, &error));
        return None;
    }
    match built {
        Ok((tree, doubles)) => {
            for double in doubles {
                problems.push(double);
            }
            tree
        }
        Err(error) => {
            problems.push(error);
            None
        }
    }
}

fn syntax_error(file: &Path, error: &serde_yaml::Error) -> Error {
    let mut message = error.to_string();
    let place = error.location().map_or((1, 1), |place| (place.line(), place.column()));
    message = message.replacen(&format!(" at line {} column {}", place.0, place.1), "", 1);
    problem(
        &Location { file: file.to_owned(), line: place.0, column: place.1 },
        format!("not YAML: {message}"),
    )
}

struct Builder<'t> {
    file: &'t Path,
    events: std::vec::IntoIter<(Event<'t>, Span)>,
    /// What each anchor stands for, and how many values that is.
    anchors: HashMap<usize, (Node, usize)>,
    size: usize,
    doubles: Vec<Error>,
}

impl<'t> Builder<'t> {
    fn new(file: &'t Path, text: &'t str) -> Result<Self, Error> {
        let events: Result<Vec<_>, _> = Parser::new_from_str(text).collect();
        let events = events.map_err(|error| {
            problem(&location(file, error.marker()), format!("not YAML: {}", error.info()))
        })?;
        Ok(Self { file, events: events.into_iter(), anchors: HashMap::new(), size: 0, doubles: Vec::new() })
    }

    /// The one document, or `None` if there is none.
    fn document(&mut self) -> Result<Option<Node>, Error> {
        while let Some((event, span)) = self.events.next() {
            if !matches!(event, Event::StreamStart | Event::DocumentStart(_) | Event::Nothing) {
                return if matches!(event, Event::StreamEnd) {
                    Ok(None)
                } else {
                    self.node(event, span, 0).map(Some)
                };
            }
        }
        Ok(None)
    }

    fn node(&mut self, event: Event<'t>, span: Span, depth: usize) -> Result<Node, Error> {
        let location = location(self.file, &span.start);
        if depth > DEPTH_LIMIT {
            return Err(problem(&location, format!("nested more than {DEPTH_LIMIT} levels deep")));
        }
        let before = self.size;
        self.grow(1, &location)?;
        let (anchor, tag, value) = match event {
            Event::Alias(anchor) => {
                let Some((node, size)) = self.anchors.get(&anchor).cloned() else {
                    return Err(problem(&location, "the alias stands inside the value that it stands for"));
                };
                self.grow(size, &location)?;
                return Ok(node);
            }
            Event::Scalar(text, style, anchor, tag) => {
                let quoted = style != ScalarStyle::Plain || is_string_tag(tag.as_deref());
                (anchor, tag, Value::Scalar { text: text.into_owned(), quoted })
            }
            Event::SequenceStart(anchor, tag) => (anchor, tag, self.list(depth)?),
            Event::MappingStart(anchor, tag) => (anchor, tag, self.map(depth)?),
            _ => return Err(problem(&location, "not YAML: a value is missing")),
        };
        let node = Node { tag: compose_tag(tag.as_deref(), &location)?, location, value };
        if anchor > 0 {
            self.anchors.insert(anchor, (node.clone(), self.size - before));
        }
        Ok(node)
    }

    fn list(&mut self, depth: usize) -> Result<Value, Error> {
        let mut items = Vec::new();
        while let Some((event, span)) = self.events.next() {
            if matches!(event, Event::SequenceEnd) {
                break;
            }
            items.push(self.node(event, span, depth + 1)?);
        }
        Ok(Value::List(items))
    }

    fn map(&mut self, depth: usize) -> Result<Value, Error> {
        let mut entries: Vec<Entry> = Vec::new();
        let mut merged = Vec::new();
        while let Some((event, span)) = self.events.next() {
            if matches!(event, Event::MappingEnd) {
                break;
            }
            let key = self.node(event, span, depth + 1)?;
            let Some((event, span)) = self.events.next() else { break };
            let value = self.node(event, span, depth + 1)?;
            let Value::Scalar { text, quoted } = key.value else {
                return Err(problem(&key.location, "a key must be a text"));
            };
            if text == "<<" && !quoted {
                merged.push(value);
            } else if let Some(first) = entries.iter().find(|entry| entry.key == text) {
                let hint = format!("the first is in line {}", first.key_location.line);
                self.doubles
                    .push(problem(&key.location, format!("key `{text}` is written twice")).hint(hint));
            } else {
                entries.push(Entry { key: text, key_location: key.location, value });
            }
        }
        merged.into_iter().try_for_each(|value| merge_key(&mut entries, value))?;
        Ok(Value::Map(entries))
    }

    fn grow(&mut self, by: usize, location: &Location) -> Result<(), Error> {
        self.size += by;
        if self.size > SIZE_LIMIT {
            return Err(problem(location, format!("more than {SIZE_LIMIT} values, aliases expanded")));
        }
        Ok(())
    }
}

/// Adds what `<<` names. A key that is there stays as it is, so the map's own win, and earlier maps over later ones.
fn merge_key(entries: &mut Vec<Entry>, value: Node) -> Result<(), Error> {
    match value.value {
        Value::Map(added) => {
            for entry in added {
                if entries.iter().all(|own| own.key != entry.key) {
                    entries.push(entry);
                }
            }
            Ok(())
        }
        Value::List(maps) => maps.into_iter().try_for_each(|map| merge_key(entries, map)),
        Value::Scalar { .. } => {
            let found = value.describe();
            Err(problem(&value.location, format!("`<<` expects a map or a list of maps, found {found}")))
        }
    }
}

fn location(file: &Path, marker: &Marker) -> Location {
    Location { file: file.to_owned(), line: marker.line().max(1), column: marker.col() + 1 }
}

fn is_string_tag(tag: Option<&Tag>) -> bool {
    tag.is_some_and(|tag| tag.suffix == "str" && tag.is_yaml_core_schema())
}

fn compose_tag(tag: Option<&Tag>, location: &Location) -> Result<Option<&'static str>, Error> {
    match tag {
        None => Ok(None),
        Some(tag) if tag.is_yaml_core_schema() || (tag.handle == "!" && tag.suffix.is_empty()) => Ok(None),
        Some(tag) if tag.handle == "!" && tag.suffix == "reset" => Ok(Some("!reset")),
        Some(tag) if tag.handle == "!" && tag.suffix == "override" => Ok(Some("!override")),
        Some(tag) => Err(problem(location, format!("tag `{tag}` is not known"))),
    }
}
