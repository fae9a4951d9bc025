//! `include`: services, volumes, networks, secrets and configs of other projects, as if written here.

use std::path::PathBuf;

use super::merge;
use super::source::Source;
use super::variables::Variables;
use crate::config::fields::{self, Fields};
use crate::config::node::{Entry, Node, Value};
use crate::config::problems::{Problems, problem};

/// What an included project brings.
const SECTIONS: [&str; 5] = ["services", "volumes", "networks", "secrets", "configs"];

/// Takes `include` out of `tree` and puts in what it names.
pub fn resolve<'a>(
    tree: &mut Node,
    source: &mut Source<'a>,
    variables: &Variables<'a>,
    problems: &mut Problems,
) {
    let Value::Map(entries) = &mut tree.value else { return };
    let Some(at) = entries.iter().position(|entry| entry.key == "include") else { return };
    let include = entries.remove(at).value;
    if include.is_null() {
        return;
    }
    for item in fields::one_or_more(&include) {
        if let Some(included) = load(item, source, variables, problems) {
            import(entries, included, problems);
        }
    }
}

fn load<'a>(
    item: &Node,
    source: &mut Source<'a>,
    variables: &Variables<'a>,
    problems: &mut Problems,
) -> Option<Node> {
    const EXPECTED: &str = "the path of a Compose file, or a map with `path`";
    let (mut directory, mut env_files) = (None, Vec::new());
    let paths = if let Value::Map(_) = item.value {
        let file = Fields::of(item, EXPECTED, problems)?;
        let paths = file.require("path", "the include", problems);
        if let Some(node) = file.take("project_directory") {
            directory = fields::text(node, "a path", problems).map(|text| source.path(&node.location, &text));
        }
        for node in file.take("env_file").map(fields::one_or_more).unwrap_or_default() {
            let path = fields::text(node, "a path", problems)?;
            env_files.push((source.path(&node.location, &path), Some(node.location.clone())));
        }
        file.finish(problems);
        fields::one_or_more(paths?)
    } else {
        std::slice::from_ref(item)
    };
    let files: Vec<_> = paths
        .iter()
        .filter_map(|node| {
            let text = fields::text(node, EXPECTED, problems)?;
            Some((source.path(&node.location, &text), node.location.clone()))
        })
        .collect();
    let directory: PathBuf = match directory {
        Some(directory) => directory,
        None => files.first()?.0.parent()?.to_owned(),
    };
    if env_files.is_empty() {
        env_files.push((directory.join(".env"), None));
    }
    let variables = variables.of_included(&env_files, problems);
    source.load(&files, &directory, &variables, problems)
}

fn import(entries: &mut Vec<Entry>, included: Node, problems: &mut Problems) {
    let Value::Map(sections) = included.value else { return };
    for section in sections {
        if !SECTIONS.contains(&section.key.as_str()) {
            continue;
        }
        match entries.iter_mut().find(|own| own.key == section.key) {
            Some(Entry { value: Node { value: Value::Map(own), .. }, .. }) => {
                import_section(own, section, problems);
            }
            Some(own) if own.value.is_null() => *own = section,
            // A section of another type is a problem that its reader tells.
            Some(_) => {}
            None => entries.push(section),
        }
    }
}

fn import_section(own: &mut Vec<Entry>, section: Entry, problems: &mut Problems) {
    let Value::Map(added) = section.value.value else { return };
    for entry in added {
        match own.iter().find(|own| own.key == entry.key) {
            None => own.push(entry),
            Some(same) if merge::is_same(&same.value, &entry.value) => {}
            Some(other) => problems.push(
                problem(
                    &other.key_location,
                    format!("`{}` of `{}` is in an included file too", entry.key, section.key),
                )
                .hint(format!("the other is at {}", entry.key_location)),
            ),
        }
    }
}
