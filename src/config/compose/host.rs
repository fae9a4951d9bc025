//! What a service must not be given of the host: paths and capabilities that lead out of its stack.

use std::path::{Path, PathBuf};

use super::project::Project;
use crate::config::loader::Loader;
use crate::config::node::Node;
use crate::config::problems::{Problems, problem};
use crate::model::error::Error;

const REFUSED: &str = "is refused: a stack must not reach the host";

/// Where engines have their sockets. A socket by the same name elsewhere is taken for one, too.
const SOCKETS: [&str; 10] = [
    "/run/docker.sock",
    "/var/run/docker.sock",
    "/run/containerd/containerd.sock",
    "/var/run/containerd/containerd.sock",
    "/run/podman/podman.sock",
    "/var/run/podman/podman.sock",
    "/run/crio/crio.sock",
    "/var/run/crio/crio.sock",
    "/run/buildkit/buildkitd.sock",
    "/var/run/buildkit/buildkitd.sock",
];
/// Folders through which processes, devices, services and other containers of the host are reached, even where they are only
/// read.
const WAYS_OUT: [&str; 9] = [
    "/proc",
    "/sys",
    "/dev",
    "/run",
    "/var/run",
    "/boot",
    "/var/lib/containerd",
    "/var/lib/containers",
    "/var/lib/docker",
];
/// Devices that are the same everywhere and lead nowhere.
const HARMLESS: [&str; 5] = ["/dev/full", "/dev/null", "/dev/random", "/dev/urandom", "/dev/zero"];
/// Folders that decide what the host runs: whoever writes there acts outside of the stack.
const OF_THE_SYSTEM: [&str; 11] = [
    "/bin",
    "/etc",
    "/lib",
    "/lib64",
    "/sbin",
    "/usr/bin",
    "/usr/lib",
    "/usr/local/bin",
    "/usr/local/sbin",
    "/usr/sbin",
    "/var/spool/cron",
];
/// Capabilities that end at the namespaces of a container (capabilities(7)): those that Docker gives anyway, and these.
const CONTAINED: [&str; 22] = [
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "IPC_LOCK",
    "IPC_OWNER",
    "KILL",
    "LEASE",
    "MKNOD",
    "NET_ADMIN",
    "NET_BIND_SERVICE",
    "NET_BROADCAST",
    "NET_RAW",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
    "SYS_NICE",
    "SYS_PTRACE",
    "SYS_RESOURCE",
];

/// Why a path of the host is not mounted, whether written so or at the end of symbolic links; `None` if it may be.
pub fn refuse_mount(path: &Path, read_only: bool, node: &Node, project: &Project<'_>) -> Option<Error> {
    let engine = socket_of_variable(project.loader);
    let why_not = |path: &Path| {
        // A single file of them, such as that of the time zone, is commonly mounted without a word about writing.
        let is_written = !read_only && project.loader.is_directory(path);
        why_not(path, is_written, engine.as_deref(), &project.directory)
    };
    let end = project.loader.end_of_links(path);
    let socket = || project.loader.is_socket(&end).then(|| "of a socket of this machine".to_owned());
    let why = why_not(path).or_else(|| why_not(&end)).or_else(socket)?;
    let mut found = problem(&node.location, format!("a mount {why} {REFUSED}"));
    if why_not(path).is_none() && end != path {
        found = found.hint(format!("it leads to `{}`", end.display()));
    }
    if why.ends_with("to be written") {
        found = found.hint("mount it read-only: `:ro`");
    }
    Some(found)
}

/// What is wrong with a path as it stands. What lies in the folder of the environment is its own, wherever that is.
fn why_not(path: &Path, is_written: bool, engine: Option<&Path>, own: &Path) -> Option<String> {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let is_named = SOCKETS.iter().any(|socket| socket.ends_with(&format!("/{name}")));
    let mut sockets = SOCKETS.iter().map(Path::new).chain(engine);
    if is_named || sockets.any(|socket| socket.starts_with(path)) {
        return Some("of the engine's socket".to_owned());
    }
    if path.starts_with(own) {
        return None;
    }
    let leads_out = |way: &&str| path.starts_with(way) || Path::new(way).starts_with(path);
    if WAYS_OUT.iter().any(leads_out) && !HARMLESS.iter().any(|device| path == Path::new(device)) {
        return Some(format!("of `{}`", path.display()));
    }
    let acts = is_written && OF_THE_SYSTEM.iter().any(|folder| path.starts_with(folder));
    acts.then(|| format!("of `{}` to be written", path.display()))
}

/// The socket that `DOCKER_HOST` names.
fn socket_of_variable(loader: &dyn Loader) -> Option<PathBuf> {
    let address = loader.variable("DOCKER_HOST")?;
    address.strip_prefix("unix://").map(PathBuf::from)
}

/// Tells of capabilities that reach beyond a container.
pub fn refuse_capabilities(nodes: &[Node], problems: &mut Problems) {
    for node in nodes {
        let Some(text) = node.as_text() else { continue };
        let name = text.to_ascii_uppercase();
        let name = name.strip_prefix("CAP_").unwrap_or(&name);
        if CONTAINED.contains(&name) {
            continue;
        }
        let found = problem(&node.location, format!("`cap_add` {text} {REFUSED}"));
        problems.push(if name == "ALL" { found.hint("name those that the service needs") } else { found });
    }
}
