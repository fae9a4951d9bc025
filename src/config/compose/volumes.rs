//! `volumes` and `tmpfs` of a service.

use std::collections::BTreeMap;

use super::host;
use super::project::Project;
use crate::config::amount;
use crate::config::fields::{self, Fields};
use crate::config::node::{Node, Value};
use crate::config::problems::{Problems, problem};
use crate::config::suggest;
use crate::model::service::{ServiceVolume, VolumeOrigin};

/// What is mounted into a service.
#[derive(Default)]
pub struct Mounts {
    /// Volumes and paths of the host.
    pub volumes: Vec<ServiceVolume>,
    /// Temporary filesystems with their options.
    pub tmpfs: BTreeMap<String, String>,
}

const EXPECTED: &str = "a mount such as `data:/var/lib/data` or `./site:/srv:ro`";
/// Modes of the short form that change nothing on a Linux host, or that the engine must not be asked for twice.
const MODES: [&str; 17] = [
    "rw",
    "z",
    "Z",
    "cached",
    "delegated",
    "consistent",
    "nocopy",
    "copy",
    "private",
    "rprivate",
    "shared",
    "rshared",
    "slave",
    "rslave",
    "bind",
    "rbind",
    "volume",
];

/// The target of a mount in either form, for the rules of merging.
pub fn target(node: &Node) -> Option<String> {
    match &node.value {
        Value::Map(_) => node.get("target").and_then(Node::as_text).map(str::to_owned),
        _ => short(node.as_text()?).map(|(_, target, _)| target.to_owned()),
    }
}

/// Adds what `volumes` mounts.
pub fn read(node: &Node, project: &Project<'_>, mounts: &mut Mounts, problems: &mut Problems) {
    for item in fields::list(node, "a list of mounts", problems).unwrap_or_default() {
        if let Value::Map(_) = item.value {
            long(item, project, mounts, problems);
        } else if let Some(text) = fields::text(item, EXPECTED, problems) {
            let Some((source, target, read_only)) = short(&text) else {
                fields::unexpected(item, EXPECTED, problems);
                continue;
            };
            let origin = match source {
                None => Some(VolumeOrigin::Anonymous),
                Some(source) if source.starts_with(['.', '/', '~']) => {
                    bind(source, read_only, item, project, problems)
                }
                Some(source) => named(source, item, project, problems),
            };
            let target = target.to_owned();
            mounts.volumes.extend(origin.map(|origin| ServiceVolume { origin, target, read_only }));
        }
    }
}

/// Adds what `tmpfs` mounts: `/path` or `/path:options`.
pub fn read_tmpfs(node: &Node, mounts: &mut Mounts, problems: &mut Problems) {
    for item in fields::one_or_more(node) {
        let mount = fields::parsed(item, "an absolute path such as `/run`", problems, |text| {
            let (path, options) = text.split_once(':').unwrap_or((text, ""));
            path.starts_with('/').then(|| (path.to_owned(), options.to_owned()))
        });
        mounts.tmpfs.extend(mount);
    }
}

/// Source, target and whether it is read-only.
fn short(text: &str) -> Option<(Option<&str>, &str, bool)> {
    let parts: Vec<&str> = text.split(':').collect();
    let (source, target, modes) = match parts.as_slice() {
        [target] => (None, *target, ""),
        [source, target] if target.starts_with('/') => (Some(*source), *target, ""),
        [target, modes] => (None, *target, *modes),
        [source, target, modes] => (Some(*source), *target, *modes),
        _ => return None,
    };
    let known = modes.is_empty() || modes.split(',').all(|mode| mode == "ro" || MODES.contains(&mode));
    let read_only = modes.split(',').any(|mode| mode == "ro");
    let is_mount = target.starts_with('/') && source.is_none_or(|source| !source.is_empty());
    (known && is_mount).then_some((source, target, read_only))
}

fn bind(
    text: &str,
    read_only: bool,
    node: &Node,
    project: &Project<'_>,
    problems: &mut Problems,
) -> Option<VolumeOrigin> {
    let path = project.source.path(&node.location, text);
    match host::refuse_mount(&path, read_only, node, project) {
        None => Some(VolumeOrigin::Bind(path)),
        Some(refusal) => {
            problems.push(refusal);
            None
        }
    }
}

fn named(name: &str, node: &Node, project: &Project<'_>, problems: &mut Problems) -> Option<VolumeOrigin> {
    if project.volumes.iter().any(|known| known == name) {
        return Some(VolumeOrigin::Named(name.to_owned()));
    }
    let hint = match suggest::nearest(name, project.volumes.iter().map(String::as_str)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("add it to `volumes` of the Compose file, or write `./{name}` for a path"),
    };
    problems.push(problem(&node.location, format!("volume `{name}` is not among `volumes`")).hint(hint));
    None
}

fn long(node: &Node, project: &Project<'_>, mounts: &mut Mounts, problems: &mut Problems) {
    let Some(file) = Fields::of(node, EXPECTED, problems) else { return };
    let kind = file.take("type").map_or(Some("volume".to_owned()), |node| {
        fields::parsed(node, "`volume`, `bind` or `tmpfs`", problems, |text| {
            ["volume", "bind", "tmpfs"].contains(&text).then(|| text.to_owned())
        })
    });
    let source = file.take("source").and_then(|node| Some((fields::text(node, "a source", problems)?, node)));
    let target = file.require("target", "the mount", problems).and_then(|node| {
        let absolute = |text: &str| text.starts_with('/').then(|| text.to_owned());
        fields::parsed(node, "an absolute path in the container", problems, absolute)
    });
    let read_only =
        file.take("read_only").and_then(|node| fields::boolean(node, problems)).unwrap_or_default();
    if let Some(node) = file.take("volume")
        && node.get("subpath").is_some()
    {
        problems.push(problem(&node.location, "`subpath` is not supported by this version of stage yet"));
    }
    let options = file.take("tmpfs").map(|node| tmpfs_options(node, problems)).unwrap_or_default();
    // How a path is bound (propagation, SELinux, consistency) changes nothing in a stack of its own.
    file.ignore(&["bind", "consistency"]);
    file.finish(problems);
    let (Some(kind), Some(target)) = (kind, target) else { return };
    let origin = match (kind.as_str(), source) {
        ("tmpfs", _) => {
            mounts.tmpfs.insert(target, options);
            return;
        }
        ("bind", Some((source, node))) => bind(&source, read_only, node, project, problems),
        ("bind", None) => {
            problems.push(problem(&node.location, "the mount has no `source`"));
            None
        }
        (_, Some((source, node))) => named(&source, node, project, problems),
        (_, None) => Some(VolumeOrigin::Anonymous),
    };
    mounts.volumes.extend(origin.map(|origin| ServiceVolume { origin, target, read_only }));
}

fn tmpfs_options(node: &Node, problems: &mut Problems) -> String {
    let Some(file) = Fields::of(node, "a map with `size` and `mode`", problems) else { return String::new() };
    let size = file
        .take("size")
        .and_then(|node| fields::parsed(node, "a size such as `64m`", problems, amount::bytes));
    let mode = file.take("mode").and_then(|node| fields::text(node, "an octal mode", problems));
    file.finish(problems);
    let options = [size.map(|size| format!("size={size}")), mode.map(|mode| format!("mode={mode}"))];
    options.into_iter().flatten().collect::<Vec<_>>().join(",")
}
