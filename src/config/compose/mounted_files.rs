//! `secrets` and `configs` of a service: files of the host, mounted read-only.

use std::collections::BTreeMap;
use std::io;

use super::host;
use super::project::Project;
use super::volumes::Mounts;
use crate::config::credentials::{self, Said};
use crate::config::fields::{self, Fields};
use crate::config::node::{Node, Value};
use crate::config::problems::{Problems, problem};
use crate::config::suggest;
use crate::model::service::{ServiceVolume, VolumeOrigin};

/// Adds the mounts of both, and tells what stands in them.
pub fn read(
    service: &str,
    file: &Fields<'_>,
    project: &Project<'_>,
    mounts: &mut Mounts,
    problems: &mut Problems,
) -> Vec<Said> {
    let mut said = Vec::new();
    for (key, defined, directory) in
        [("secrets", &project.secrets, "/run/secrets/"), ("configs", &project.configs, "/")]
    {
        let items = file.take(key).and_then(|node| fields::list(node, "a list of names", problems));
        for item in items.unwrap_or_default() {
            let Some((name, mount)) = mount(item, (key, directory), defined, project, problems) else {
                continue;
            };
            if let VolumeOrigin::Bind(path) = &mount.origin {
                said.extend(credentials::in_file(service, Some(&name), path, project.loader));
            }
            mounts.volumes.push(mount);
        }
    }
    said
}

fn mount(
    item: &Node,
    (section, directory): (&str, &str),
    defined: &BTreeMap<String, Node>,
    project: &Project<'_>,
    problems: &mut Problems,
) -> Option<(String, ServiceVolume)> {
    const EXPECTED: &str = "a name, or a map with `source` and `target`";
    let (name, target) = if let Value::Map(_) = item.value {
        let file = Fields::of(item, EXPECTED, problems)?;
        let source = file.require("source", "the mount", problems);
        let target = file.take("target").and_then(|node| fields::text(node, "a path", problems));
        // Compose itself cannot keep them for files.
        file.ignore(&["uid", "gid", "mode"]);
        file.finish(problems);
        (fields::text(source?, "a name", problems)?, target)
    } else {
        (fields::text(item, EXPECTED, problems)?, None)
    };
    let Some(definition) = defined.get(&name) else {
        let hint = suggest::hint(&name, defined.keys().map(String::as_str));
        problems.push(problem(&item.location, format!("`{name}` is not among `{section}`")).hint(hint));
        return None;
    };
    let file = definition.get("file").filter(|_| definition.get("external").is_none());
    let Some(node) = file else {
        let message = format!(
            "`{name}` of `{section}` is not a `file`; other kinds are not supported by this version of stage yet"
        );
        problems.push(problem(&definition.location, message));
        return None;
    };
    let path = project.source.path(&node.location, &fields::text(node, "the path of a file", problems)?);
    if let Some(refusal) = host::refuse_mount(&path, true, node, project) {
        problems.push(refusal);
        return None;
    }
    // Only whether it is there: a secret may be anything but text.
    if project.loader.read(&path).is_err_and(|error| error.kind() == io::ErrorKind::NotFound) {
        problems.push(problem(&node.location, format!("there is no file `{}`", path.display())));
    }
    let target = match target {
        Some(target) if target.starts_with('/') => target,
        target => format!("{directory}{}", target.as_deref().unwrap_or(&name)),
    };
    Some((name, ServiceVolume { origin: VolumeOrigin::Bind(path), target, read_only: true }))
}
