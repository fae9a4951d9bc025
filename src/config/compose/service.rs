//! One service of a Compose file.

use std::collections::BTreeMap;

use super::dependencies::{self, ReadService};
use super::project::Project;
use super::{environment, healthcheck, host, keys, mounted_files, networks, ports, short_forms, volumes};
use crate::config::amount;
use crate::config::credentials::{self, Said};
use crate::config::fields::{self, Fields};
use crate::config::node::Node;
use crate::config::problems::{Problems, problem};
use crate::config::suite;
use crate::model::label;
use crate::model::service::{Runtime, Service};

/// The service `name`; `None` if it is no map or has no image.
pub fn read(name: &str, node: &Node, project: &Project<'_>, problems: &mut Problems) -> Option<ReadService> {
    let file = Fields::of(node, "a map of a service's settings", problems)?;
    let image = image(name, &file, project, problems);
    let mut mounts = volumes::Mounts::default();
    if let Some(node) = file.take("volumes") {
        volumes::read(node, project, &mut mounts, problems);
    }
    if let Some(node) = file.take("tmpfs") {
        volumes::read_tmpfs(node, &mut mounts, problems);
    }
    let mut said = credentials::in_mounts(name, &mounts.volumes, project.loader);
    said.extend(mounted_files::read(name, &file, project, &mut mounts, problems));
    let variables = environment::read(&file, project, problems);
    said.extend(variables.iter().map(|(variable, it)| Said {
        service: Some(name.to_owned()),
        name: variable.clone(),
        text: it.value.clone(),
        location: it.location.clone(),
    }));
    for key in ["command", "entrypoint", "healthcheck"] {
        said.extend(file.take(key).map(|node| credentials::words(Some(name), key, node)).unwrap_or_default());
    }
    let environment = variables.into_iter().map(|(name, it)| (name, it.value)).collect();
    let runtime = runtime(&file, environment, mounts.tmpfs, problems);
    let (depends_on, links) = dependencies::read(&file, problems);
    let service = Service {
        name: name.to_owned(),
        runtime: Runtime { image: image.clone().unwrap_or_default(), ..runtime },
        volumes: mounts.volumes,
        ports: file.take("ports").map(|node| ports::read(node, problems)).unwrap_or_default(),
        depends_on: Vec::new(),
        aliases: networks::aliases(&file, &project.networks, problems),
        profiles: file
            .take("profiles")
            .map(|node| fields::texts(node, "the name of a profile", problems))
            .unwrap_or_default(),
    };
    refuse_privileges(&file, problems);
    file.ignore(keys::IGNORED);
    file.refuse(keys::REFUSED, problems);
    file.finish(problems);
    image.map(|_| ReadService { service, depends_on, links, said })
}

fn image(name: &str, file: &Fields<'_>, project: &Project<'_>, problems: &mut Problems) -> Option<String> {
    if let Some(node) = file.take("image") {
        return fields::parsed(node, "the name of an image", problems, |text| {
            (!text.trim().is_empty()).then(|| text.trim().to_owned())
        });
    }
    if file.take("build").is_some() {
        return Some(format!("{}-{name}", project.name));
    }
    problems.push(problem(file.location, format!("service `{name}` has neither `image` nor `build`")));
    None
}

const SIZE: &str = "a size such as `64m`";

fn runtime(
    file: &Fields<'_>,
    environment: BTreeMap<String, String>,
    tmpfs: BTreeMap<String, String>,
    problems: &mut Problems,
) -> Runtime {
    let mut text = |key, expected| file.take(key).and_then(|node| fields::text(node, expected, problems));
    let user = text("user", "a user such as `1000:1000`");
    let working_dir = text("working_dir", "a path in the container");
    let hostname = text("hostname", "a host name");
    let stop_signal = text("stop_signal", "a signal such as `SIGTERM`");
    let mut flag = |key| file.take(key).and_then(|node| fields::boolean(node, problems)).unwrap_or_default();
    let (init, read_only) = (flag("init"), flag("read_only"));
    let deploy = file.take("deploy").and_then(|node| node.get("resources")?.get("limits"));
    let mut amount = |key, limit, expected, parse: fn(&str) -> Option<i64>| {
        let node = file.take(key).or_else(|| deploy.and_then(|limits| limits.get(limit)));
        node.and_then(|node| fields::parsed(node, expected, problems, parse))
    };
    let memory_bytes = amount("mem_limit", "memory", SIZE, amount::bytes);
    let nano_cpus = amount("cpus", "cpus", "a number of CPUs such as `0.5`", amount::nano_cpus);
    let shm_size_bytes = amount("shm_size", "", SIZE, amount::bytes);
    if let Some(node) = file.take("cap_add") {
        host::refuse_capabilities(fields::one_or_more(node), problems);
    }
    let mut texts = |key, expected| {
        file.take(key).map(|node| fields::texts(node, expected, problems)).unwrap_or_default()
    };
    let (cap_add, cap_drop) = (texts("cap_add", "a capability"), texts("cap_drop", "a capability"));
    Runtime {
        image: String::new(),
        command: file.take("command").and_then(|node| suite::command(node, problems)),
        entrypoint: file.take("entrypoint").and_then(|node| suite::command(node, problems)),
        environment,
        user,
        working_dir,
        hostname,
        tmpfs,
        shm_size_bytes,
        memory_bytes,
        nano_cpus,
        init,
        read_only,
        cap_add,
        cap_drop,
        extra_hosts: file.take("extra_hosts").map(|node| extra_hosts(node, problems)).unwrap_or_default(),
        stop_signal,
        healthcheck: file.take("healthcheck").and_then(|node| healthcheck::read(node, problems)),
        labels: file.take("labels").map(|node| labels(node, problems)).unwrap_or_default(),
    }
}

/// `host:address` lines; Compose also takes `host=address`.
fn extra_hosts(node: &Node, problems: &mut Problems) -> Vec<String> {
    let lines = short_forms::listed(node);
    let line = |item: &Node, problems: &mut Problems| {
        fields::parsed(item, "a line such as `host:10.0.0.1`", problems, |text| {
            let (host, address) = text.split_once('=').or_else(|| text.split_once(':'))?;
            let address = address.trim_start_matches('[').trim_end_matches(']');
            (!host.is_empty() && !address.is_empty()).then(|| format!("{host}:{address}"))
        })
    };
    fields::one_or_more(&lines).iter().filter_map(|item| line(item, problems)).collect()
}

fn labels(node: &Node, problems: &mut Problems) -> BTreeMap<String, String> {
    let labels = short_forms::keyed(node);
    let entries = fields::map(&labels, "a map or list of labels", problems).unwrap_or_default();
    for entry in entries.iter().filter(|entry| entry.key.starts_with(label::KIND)) {
        // A sweep removes what carries them.
        problems.push(problem(&entry.key_location, format!("label `{}` belongs to stage itself", entry.key)));
    }
    entries
        .iter()
        .filter_map(|entry| match &entry.value {
            value if value.is_null() => Some((entry.key.clone(), String::new())),
            value => Some((entry.key.clone(), fields::text(value, "the text of a label", problems)?)),
        })
        .collect()
}

/// Keys of which only the harmless values are taken.
fn refuse_privileges(file: &Fields<'_>, problems: &mut Problems) {
    if let Some(node) = file.take("privileged")
        && fields::boolean(node, problems) == Some(true)
    {
        problems.push(problem(&node.location, "`privileged` is refused: a stack must not reach the host"));
    }
    if let Some(node) = file.take("network_mode")
        && node.as_text() != Some("bridge")
    {
        problems.push(
            problem(
                &node.location,
                "`network_mode` is refused: every service of a stack is in the stack's own network",
            )
            .hint("remove it, or run the service with Compose alone"),
        );
    }
    for node in file.take("security_opt").map(fields::one_or_more).unwrap_or_default() {
        // Hardening changes no result; what opens up a container, the engine would have to be asked for.
        if !node.as_text().is_some_and(|text| text.starts_with("no-new-privileges")) {
            let message =
                format!("`security_opt` {} is not supported by this version of stage yet", node.describe());
            problems.push(problem(&node.location, message));
        }
    }
}
