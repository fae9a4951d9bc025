//! The merged project: its sections, and what services refer to.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::dependencies::ReadService;
use super::service;
use super::source::Source;
use super::variables::{Lookup, Variables};
use crate::config::fields::{self, Fields};
use crate::config::loader::Loader;
use crate::config::node::{Entry, Node};
use crate::config::problems::{Problems, problem};
use crate::model::error::Location;

/// A project whose services can be read.
pub struct Project<'a> {
    /// Its name, of which Compose makes those of built images.
    pub name: String,
    /// Files that services name.
    pub loader: &'a dyn Loader,
    /// The folder of its first file.
    pub directory: PathBuf,
    /// Where relative paths go from.
    pub source: Source<'a>,
    /// Variables that services pass on.
    pub variables: Variables<'a>,
    /// Named volumes.
    pub volumes: Vec<String>,
    /// Networks, `default` among them.
    pub networks: Vec<String>,
    /// Secrets by name.
    pub secrets: BTreeMap<String, Node>,
    /// Configs by name.
    pub configs: BTreeMap<String, Node>,
    services: Vec<Entry>,
}

impl<'a> Project<'a> {
    /// The project of a merged tree; `None` if it has no map of services.
    pub fn of(
        tree: &Node,
        directory: &Path,
        loader: &'a dyn Loader,
        source: Source<'a>,
        variables: Variables<'a>,
        problems: &mut Problems,
    ) -> Option<Self> {
        let file = Fields::of(tree, "a Compose file with `services`", problems)?;
        let written = file.take("name").and_then(|node| fields::text(node, "a name", problems));
        let name = variables
            .lookup("COMPOSE_PROJECT_NAME")
            .filter(|name| !name.is_empty())
            .or(written)
            .unwrap_or_else(|| directory_name(directory));
        let volumes = section(&file, "volumes", problems);
        for (name, (location, volume)) in &volumes {
            check_volume(name, location, volume, problems);
        }
        let mut networks: Vec<String> = section(&file, "networks", problems).into_keys().collect();
        networks.push("default".to_owned());
        let [secrets, configs] = ["secrets", "configs"].map(|key| {
            section(&file, key, problems).into_iter().map(|(name, (_, node))| (name, node)).collect()
        });
        let services = file.require("services", "the Compose file", problems);
        let services = services.and_then(|node| fields::map(node, "a map of services", problems));
        // Compose itself reads over `version`.
        file.ignore(&["version"]);
        file.refuse(&[("models", "is not supported by this version of stage yet")], problems);
        file.finish(problems);
        Some(Self {
            name,
            loader,
            directory: directory.to_owned(),
            source,
            variables,
            volumes: volumes.into_keys().collect(),
            networks,
            secrets,
            configs,
            services: services?.to_vec(),
        })
    }

    /// Every service by its name, and where it is named.
    pub fn services(&self, problems: &mut Problems) -> BTreeMap<String, (Location, Option<ReadService>)> {
        self.services
            .iter()
            .map(|entry| {
                if !is_service_name(&entry.key) {
                    let message = format!("`{}` is no name for a service", entry.key);
                    let hint = "a name has letters, digits, `.`, `_` and `-`";
                    problems.push(problem(&entry.key_location, message).hint(hint));
                }
                let service = service::read(&entry.key, &entry.value, self, problems);
                (entry.key.clone(), (entry.key_location.clone(), service))
            })
            .collect()
    }
}

fn section(
    file: &Fields<'_>,
    key: &'static str,
    problems: &mut Problems,
) -> BTreeMap<String, (Location, Node)> {
    let Some(node) = file.take(key) else { return BTreeMap::new() };
    let entries = fields::map(node, "a map of names", problems).unwrap_or_default();
    let owned = |entry: &Entry| (entry.key.clone(), (entry.key_location.clone(), entry.value.clone()));
    entries.iter().map(owned).collect()
}

/// A stack's volumes are its own and new: what a volume is made of elsewhere would be missing in silence.
fn check_volume(name: &str, location: &Location, node: &Node, problems: &mut Problems) {
    if node.is_null() {
        return;
    }
    let Some(file) = Fields::of(node, "a map of a volume's settings, or nothing", problems) else { return };
    file.ignore(&["name", "labels"]);
    if file.take("external").and_then(|node| fields::boolean(node, problems)) == Some(true) {
        let message = format!("volume `{name}` is external: a stack must own all that it uses");
        problems
            .push(problem(location, message).hint("mount a volume of the Compose file, or bind a directory"));
    }
    let driver = file.take("driver").and_then(|node| fields::text(node, "a driver's name", problems));
    if driver.is_some_and(|driver| driver != "local") {
        problems
            .push(problem(location, format!("volume `{name}` needs a driver; only `local` is supported")));
    }
    if file.take("driver_opts").is_some_and(|node| node.as_map().is_some_and(|map| !map.is_empty())) {
        problems.push(
            problem(
                location,
                format!("volume `{name}` has `driver_opts`, which this version of stage does not keep"),
            )
            .hint("bind the directory in the service's `volumes` instead"),
        );
    }
    file.finish(problems);
}

fn is_service_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}

/// The name that Compose makes of a directory's.
fn directory_name(directory: &Path) -> String {
    let name = directory.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    let kept: String = name.chars().filter(|c| c.is_ascii_alphanumeric() || "_-".contains(*c)).collect();
    let kept = kept.trim_start_matches(['_', '-']);
    if kept.is_empty() { "default".to_owned() } else { kept.to_owned() }
}
