//! `extends`: a service as a variation of another, of the same file or of another one.

use std::path::PathBuf;

use super::merge;
use super::source::Source;
use super::variables::Variables;
use crate::config::fields::{self, Fields};
use crate::config::node::{Entry, Node, Value};
use crate::config::problems::{Problems, problem};
use crate::config::suggest;

/// Longer chains are refused.
const CHAIN_LIMIT: usize = 32;

/// Replaces every service of `tree` that extends another by what comes of it.
pub fn resolve<'a>(
    tree: &mut Node,
    source: &mut Source<'a>,
    variables: &Variables<'a>,
    problems: &mut Problems,
) {
    let whole = tree.clone();
    let Value::Map(sections) = &mut tree.value else { return };
    let Some(services) = sections.iter_mut().find(|entry| entry.key == "services") else { return };
    let Value::Map(services) = &mut services.value.value else { return };
    for service in services.iter_mut().filter(|service| service.value.get("extends").is_some()) {
        let mut extender = Extender { source, variables, problems, chain: Vec::new() };
        if let Some(extended) = extender.extended(service, &whole) {
            service.value = extended;
        } else if let Value::Map(fields) = &mut service.value.value {
            // The problem is told; without the key the rest can still be read.
            fields.retain(|field| field.key != "extends");
        }
    }
}

struct Extender<'s, 'a> {
    source: &'s mut Source<'a>,
    variables: &'s Variables<'a>,
    problems: &'s mut Problems,
    /// Services that are being extended, each with its file.
    chain: Vec<(PathBuf, String)>,
}

impl Extender<'_, '_> {
    /// `service` of the file `tree` with all that it extends under it; `None` after a problem.
    fn extended(&mut self, service: &Entry, tree: &Node) -> Option<Node> {
        let Some(extends) = service.value.get("extends") else { return Some(service.value.clone()) };
        let link = (service.key_location.file.clone(), service.key.clone());
        if self.chain.contains(&link) || self.chain.len() >= CHAIN_LIMIT {
            let names: Vec<&str> = self.chain.iter().map(|(_, name)| name.as_str()).collect();
            let message = format!("`extends` goes in a circle: {} → {}", names.join(" → "), service.key);
            self.problems.push(problem(&extends.location, message));
            return None;
        }
        self.chain.push(link);
        let base = self.base(extends, tree)?;
        self.chain.pop();
        let mut own = service.value.clone();
        if let Value::Map(fields) = &mut own.value {
            fields.retain(|field| field.key != "extends");
        }
        Some(merge::merge_service(base, own))
    }

    fn base(&mut self, extends: &Node, tree: &Node) -> Option<Node> {
        const EXPECTED: &str = "the name of a service, or a map with `service` and `file`";
        if let Value::Scalar { .. } = extends.value {
            let name = fields::text(extends, EXPECTED, self.problems)?;
            return self.service(&name, extends, tree);
        }
        let file = Fields::of(extends, EXPECTED, self.problems)?;
        let name = file.require("service", "`extends`", self.problems);
        let path = file.take("file");
        file.finish(self.problems);
        let name = fields::text(name?, "the name of a service", self.problems)?;
        let Some(path) = path else { return self.service(&name, extends, tree) };
        let file = self.source.path(&path.location, &fields::text(path, "a path", self.problems)?);
        let other = self.source.tree(&file, &path.location, self.variables, self.problems)?;
        self.service(&name, extends, &other)
    }

    fn service(&mut self, name: &str, extends: &Node, tree: &Node) -> Option<Node> {
        let services = tree.get("services").and_then(Node::as_map).unwrap_or_default();
        let Some(service) = services.iter().find(|service| service.key == name) else {
            let known = services.iter().map(|service| service.key.as_str());
            let message = format!("`extends` names service `{name}`, which is not there");
            self.problems.push(problem(&extends.location, message).hint(suggest::hint(name, known)));
            return None;
        };
        self.extended(service, tree)
    }
}
