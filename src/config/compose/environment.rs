//! `environment` and `env_file` of a service.

use std::collections::BTreeMap;
use std::io;

use super::dotenv::Assigned;
use super::project::Project;
use super::short_forms;
use super::variables::{self, Lookup};
use crate::config::fields::{self, Fields};
use crate::config::node::{Entry, Node, Value};
use crate::config::problems::{Problems, problem};
use crate::model::error::Location;

/// The value of a variable, and where it is written. Has no `Debug`, as it may be a credential.
pub struct Variable {
    /// The value.
    pub value: String,
    /// Where its name is written.
    pub location: Location,
}

/// The variables of a service: those of its files, later ones over earlier ones, and over them its own.
///
/// A name without a value is passed on from outside, and is unset if it is not set there.
pub fn read(file: &Fields<'_>, project: &Project<'_>, problems: &mut Problems) -> BTreeMap<String, Variable> {
    let mut environment = BTreeMap::new();
    if let Some(node) = file.take("env_file") {
        for item in fields::one_or_more(node) {
            environment.extend(env_file(item, project, problems).unwrap_or_default());
        }
    }
    let Some(node) = file.take("environment") else { return environment };
    let own = short_forms::keyed(node);
    if own.as_text().is_some() {
        // Not shown, as everything else that is unexpected is: it may be a credential.
        problems.push(problem(&own.location, "expected a map or list of variables, found a text"));
        return environment;
    }
    for entry in fields::map(&own, "a map or list of variables", problems).unwrap_or_default() {
        match &entry.value.value {
            Value::Scalar { .. } if entry.value.is_null() => match project.variables.lookup(&entry.key) {
                Some(value) => drop(environment.insert(entry.key.clone(), written(entry, value))),
                None => drop(environment.remove(&entry.key)),
            },
            Value::Scalar { text, .. } => {
                environment.insert(entry.key.clone(), written(entry, text.clone()));
            }
            Value::List(_) | Value::Map(_) => {
                fields::unexpected(&entry.value, "the value of a variable", problems);
            }
        }
    }
    environment
}

fn written(entry: &Entry, value: String) -> Variable {
    Variable { value, location: entry.key_location.clone() }
}

fn env_file(item: &Node, project: &Project<'_>, problems: &mut Problems) -> Option<Vec<(String, Variable)>> {
    const EXPECTED: &str = "the path of a file, or a map with `path`";
    let (path, mut required, mut raw) = (item, true, false);
    let path = if let Value::Map(_) = item.value {
        let file = Fields::of(item, EXPECTED, problems)?;
        let path = file.require("path", "the `env_file`", problems);
        if let Some(node) = file.take("required") {
            required = fields::boolean(node, problems)?;
        }
        if let Some(node) = file.take("format") {
            raw = fields::parsed(node, "`raw`", problems, |text| (text == "raw").then_some(true))?;
        }
        file.finish(problems);
        path?
    } else {
        path
    };
    let text = fields::text(path, EXPECTED, problems)?;
    let file = project.source.path(&path.location, &text);
    if !required && project.loader.read(&file).is_err_and(|error| error.kind() == io::ErrorKind::NotFound) {
        return None;
    }
    if raw {
        return raw_lines(&file, path, project, problems);
    }
    let named_at = Some(&path.location);
    let assigned = variables::read_file(&file, named_at, project.loader, &project.variables, problems)?;
    let variable = |it: Assigned| {
        let location = Location { file: file.clone(), line: it.line, column: it.column };
        (it.name, Variable { value: it.value, location })
    };
    Some(assigned.into_iter().map(variable).collect())
}

/// `NAME=value` lines without quotes and variables.
fn raw_lines(
    file: &std::path::Path,
    named_by: &Node,
    project: &Project<'_>,
    problems: &mut Problems,
) -> Option<Vec<(String, Variable)>> {
    let variable = |(number, line): (usize, &str)| {
        let (name, value) = line.split_once('=')?;
        let location = Location { file: file.to_owned(), line: number + 1, column: 1 };
        Some((name.trim().to_owned(), Variable { value: value.to_owned(), location }))
    };
    match project.loader.read(file) {
        Ok(text) => {
            let lines = text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with('#'));
            Some(lines.filter_map(variable).collect())
        }
        Err(error) => {
            let message = format!("cannot read `{}`: {error}", file.display());
            problems.push(problem(&named_by.location, message).because(error));
            None
        }
    }
}
