//! `stage.yaml`: what Compose cannot say of an environment.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::compose;
use super::credentials;
use super::databases;
use super::egress;
use super::fields::{self, Fields};
use super::guards;
use super::loader::{Catalogs, Loader, resolve};
use super::mail;
use super::migrations;
use super::node::Node;
use super::problems::{Problems, problem};
use super::suite;
use super::traffic;
use super::yaml;
use crate::model::environment::{Environment, LeaseSpec};
use crate::model::error::{Error, ErrorKind, Location};
use crate::model::mail::MailSink;

/// The file's name in an environment's folder.
const NAME: &str = "stage.yaml";
/// Compose files that are looked for when none is named, as Compose itself does.
const COMPOSE_NAMES: [&str; 4] = ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"];

/// What every part of `stage.yaml` needs to be read.
pub struct Context<'a> {
    /// Files and variables.
    pub loader: &'a dyn Loader,
    /// The environment's folder, from which relative paths go.
    pub folder: &'a Path,
    /// Ids that other rooms know.
    pub catalogs: &'a Catalogs,
    /// Services of the Compose file; `None` when it could not be read, which is a problem of its own.
    pub services: Option<compose::Services>,
}

impl Context<'_> {
    /// The name of a service that must exist.
    pub fn service(&self, node: &Node, problems: &mut Problems) -> Option<String> {
        let name = fields::text(node, "the name of a Compose service", problems)?;
        self.check_service(&name, &node.location, problems);
        Some(name)
    }

    /// Says so if there is no service `name`.
    pub fn check_service(&self, name: &str, location: &Location, problems: &mut Problems) {
        if let Some(services) = &self.services
            && !services.names.contains_key(name)
        {
            problems.push(
                problem(location, format!("service `{name}` is not in the Compose file"))
                    .hint(super::suggest::hint(name, services.names.keys().map(String::as_str))),
            );
        }
    }

    /// A path of the environment and its text; a file that cannot be read is a problem of the line that names it.
    pub fn file(&self, node: &Node, problems: &mut Problems) -> Option<(PathBuf, String)> {
        let path = resolve(self.folder, &fields::text(node, "the path of a file", problems)?);
        match self.loader.read(&path) {
            Ok(text) => Some((path, text)),
            Err(error) => {
                problems.push(
                    problem(&node.location, format!("cannot read `{}`: {error}", path.display()))
                        .because(error),
                );
                None
            }
        }
    }
}

/// The environment in `folder`; `None` if it is too broken to be one.
pub fn read(
    loader: &dyn Loader,
    folder: &Path,
    catalogs: &Catalogs,
    problems: &mut Problems,
) -> Option<Environment> {
    let path = folder.join(NAME);
    let text = match loader.read(&path) {
        Ok(text) => text,
        Err(error) => {
            let message = format!("cannot read `{}`: {error}", path.display());
            problems.push(
                Error::new(ErrorKind::Config, message)
                    .hint("an environment is a folder with a `stage.yaml`")
                    .because(error),
            );
            return None;
        }
    };
    let tree = yaml::parse(&path, &text, problems)?;
    let file = Fields::of(&tree, "a map with `databases`, `migrations`, `suite` …", problems)?;
    let files = compose_files(&file, loader, folder, problems);
    let services = files.and_then(|files| compose::read(loader, &files, problems));
    let context = Context { loader, folder, catalogs, services };

    let name = name(&file, folder, problems);
    let databases = file.take("databases").map(|node| databases::read(node, &context, problems));
    let databases = databases.unwrap_or_default();
    let migrations = file.take("migrations");
    let migrations = migrations.map(|node| migrations::read(node, &databases, &context, problems));
    let suite = file.take("suite").and_then(|node| suite::read(node, &context, problems));
    let traffic = file.take("traffic");
    let traffic = traffic.and_then(|node| traffic::read(node, &databases, &context, problems));
    let guards = file.take("guards").map(|node| guards::read(node, catalogs, problems)).unwrap_or_default();
    let lease = file.take("lease").map(|node| lease(node, problems)).unwrap_or_default();
    let egress = file.take("egress").map(|node| egress::read(node, problems)).unwrap_or_default();
    let ready = context.services.as_ref().map(|services| &services.ready);
    let no_services = BTreeMap::new();
    let mail = file.take("mail");
    let mail = mail.and_then(|node| mail::read(node, ready.unwrap_or(&no_services), &egress, problems));
    let compares = file.take("compare").and_then(|node| fields::boolean(node, problems)).unwrap_or_default();
    check_credentials(&file, &context, mail.as_ref(), problems);
    file.finish(problems);

    Some(Environment {
        name,
        folder: folder.to_owned(),
        services: context.services.map_or_else(BTreeMap::new, |services| services.ready),
        databases: databases.into_iter().filter_map(|(name, spec)| Some((name, spec?))).collect(),
        migrations: migrations.unwrap_or_default(),
        suite,
        compares,
        traffic,
        guards,
        lease,
        egress,
        mail,
    })
}

/// Nothing that looks live goes into a stack unless somebody vouches for it. A mail server whose mail is caught is none.
fn check_credentials(
    file: &Fields<'_>,
    context: &Context<'_>,
    mail: Option<&MailSink>,
    problems: &mut Problems,
) {
    let rules = file.take("credentials").map(|node| credentials::read(node, context, problems));
    let Some(services) = &context.services else { return };
    let mut said = services.said.clone();
    for key in ["migrations", "suite", "traffic"] {
        said.extend(file.take(key).map(|node| credentials::words(None, key, node)).unwrap_or_default());
    }
    let own = services.ready.values().flat_map(|service| service.aliases.iter().chain([&service.name]));
    let caught = mail.iter().flat_map(|mail| mail.names.iter().cloned());
    let own = own.map(|name| name.to_lowercase()).chain(caught).collect();
    credentials::check(&said, &own, &rules.unwrap_or_default(), problems);
}

/// Why a key of the design is refused: to read over it would promise what is not kept.
pub const UNSUPPORTED: &str = "is not supported by this version of stage yet";

fn compose_files(
    file: &Fields<'_>,
    loader: &dyn Loader,
    folder: &Path,
    problems: &mut Problems,
) -> Option<Vec<(PathBuf, Location)>> {
    if let Some(node) = file.take("compose") {
        let files: Vec<_> = fields::one_or_more(node)
            .iter()
            .filter_map(|item| {
                let path = fields::text(item, "the path of a Compose file", problems)?;
                Some((resolve(folder, &path), item.location.clone()))
            })
            .collect();
        if files.is_empty() {
            fields::unexpected(node, "the path of a Compose file", problems);
        }
        return (!files.is_empty()).then_some(files);
    }
    let path = COMPOSE_NAMES.iter().map(|name| folder.join(name)).find(|path| loader.read(path).is_ok());
    if path.is_none() {
        let message = format!("no Compose file in `{}`", folder.display());
        let hint = format!(
            "it is looked for as {}, or where `compose: PATH` says",
            COMPOSE_NAMES.map(|name| format!("`{name}`")).join(", ")
        );
        problems.push(problem(file.location, message).hint(hint));
    }
    path.map(|path| vec![(path, file.location.clone())])
}

fn name(file: &Fields<'_>, folder: &Path, problems: &mut Problems) -> String {
    const SHAPE: &str = "lower-case letters, digits and `-`, beginning with a letter or digit, at most 40";
    if let Some(node) = file.take("name") {
        let name = fields::parsed(node, SHAPE, problems, |text| is_name(text).then(|| text.to_owned()));
        return name.unwrap_or_default();
    }
    let name = folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    if !is_name(&name) {
        problems.push(
            problem(file.location, format!("the folder's name `{name}` is no name for an environment"))
                .hint(format!("add `name:` with {SHAPE}")),
        );
    }
    name
}

/// Names become parts of those of containers, volumes and labels; 40 characters leave room for the rest.
fn is_name(text: &str) -> bool {
    !text.starts_with('-')
        && (1..=40).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

fn lease(node: &Node, problems: &mut Problems) -> LeaseSpec {
    let mut lease = LeaseSpec::default();
    let Some(file) = Fields::of(node, "a map with `ttl`, `max` and `idle`", problems) else { return lease };
    for (key, place) in [("ttl", &mut lease.ttl_s), ("max", &mut lease.max_s)] {
        if let Some(seconds) = file.take(key).and_then(|node| suite::duration(node, problems)) {
            *place = seconds;
        }
    }
    lease.idle_s = file.take("idle").and_then(|node| suite::duration(node, problems));
    if lease.ttl_s > lease.max_s {
        problems.push(problem(&node.location, "the lease's `ttl` is longer than its `max`"));
    }
    file.finish(problems);
    lease
}
