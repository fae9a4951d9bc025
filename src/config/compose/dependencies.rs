//! `depends_on` and `links`: read, checked against the services that there are, and free of circles.

use std::collections::BTreeMap;

use super::{Services, short_forms};
use crate::config::credentials::Said;
use crate::config::fields::{self, Fields};
use crate::config::node::Entry;
use crate::config::problems::{Problems, problem};
use crate::config::suggest;
use crate::model::error::Location;
use crate::model::service::{Dependency, DependencyCondition, Service};

/// A service as it is written, before its dependencies are known to exist.
pub struct ReadService {
    /// The service, without `depends_on`.
    pub service: Service,
    /// What it waits for.
    pub depends_on: Vec<WrittenDependency>,
    /// `links`: the other service, and the further name that it gets in the stack.
    pub links: Vec<(String, String)>,
    /// What it says to its container.
    pub said: Vec<Said>,
}

/// A dependency as it is written.
pub struct WrittenDependency {
    dependency: Dependency,
    /// Whether it is a problem if the service is not there.
    required: bool,
    location: Location,
}

/// The dependencies and links of a service.
pub fn read(file: &Fields<'_>, problems: &mut Problems) -> (Vec<WrittenDependency>, Vec<(String, String)>) {
    let mut dependencies: Vec<WrittenDependency> = Vec::new();
    if let Some(node) = file.take("depends_on") {
        let keyed = short_forms::keyed(node);
        for entry in fields::map(&keyed, "a list or map of services", problems).unwrap_or_default() {
            dependencies.extend(dependency(entry, problems));
        }
    }
    let mut links = Vec::new();
    for node in file.take("links").map(fields::one_or_more).unwrap_or_default() {
        let Some(text) = fields::text(node, "a service, or `service:name`", problems) else { continue };
        let (service, name) = text.split_once(':').unwrap_or((&text, &text));
        links.push((service.to_owned(), name.to_owned()));
        if dependencies.iter().all(|written| written.dependency.service != service) {
            let condition = DependencyCondition::Started;
            dependencies.push(WrittenDependency {
                dependency: Dependency { service: service.to_owned(), condition },
                required: true,
                location: node.location.clone(),
            });
        }
    }
    (dependencies, links)
}

fn dependency(entry: &Entry, problems: &mut Problems) -> Option<WrittenDependency> {
    let (mut condition, mut required) = (DependencyCondition::Started, true);
    if !entry.value.is_null() {
        let file = Fields::of(&entry.value, "a map with `condition`", problems)?;
        if let Some(node) = file.take("condition") {
            const EXPECTED: &str = "`service_started`, `service_healthy` or `service_completed_successfully`";
            condition = fields::parsed(node, EXPECTED, problems, |text| match text {
                "service_started" => Some(DependencyCondition::Started),
                "service_healthy" => Some(DependencyCondition::Healthy),
                "service_completed_successfully" => Some(DependencyCondition::CompletedSuccessfully),
                _ => None,
            })?;
        }
        if let Some(node) = file.take("required") {
            required = fields::boolean(node, problems)?;
        }
        // About restarts by hand of a running project.
        file.ignore(&["restart"]);
        file.finish(problems);
    }
    let dependency = Dependency { service: entry.key.clone(), condition };
    Some(WrittenDependency { dependency, required, location: entry.key_location.clone() })
}

/// Joins the services: every dependency must be there, and none may lead back to where it began.
pub fn check(read: BTreeMap<String, (Location, Option<ReadService>)>, problems: &mut Problems) -> Services {
    let names: BTreeMap<String, Location> =
        read.iter().map(|(name, (location, _))| (name.clone(), location.clone())).collect();
    let mut aliases: Vec<(String, String)> = Vec::new();
    let mut ready = BTreeMap::new();
    let mut all_said = Vec::new();
    for (name, (_, service)) in read {
        let Some(ReadService { mut service, depends_on, links, said }) = service else { continue };
        all_said.extend(said);
        for written in depends_on {
            let wanted = &written.dependency.service;
            if names.contains_key(wanted) {
                service.depends_on.push(written.dependency);
            } else if written.required {
                let message = format!("service `{name}` depends on `{wanted}`, which is not there");
                let hint = suggest::hint(wanted, names.keys().map(String::as_str));
                problems.push(problem(&written.location, message).hint(hint));
            }
        }
        aliases.extend(links.into_iter().filter(|(service, alias)| service != alias));
        ready.insert(name, service);
    }
    for (name, alias) in aliases {
        if let Some(service) = ready.get_mut(&name)
            && !service.aliases.contains(&alias)
        {
            service.aliases.push(alias);
        }
    }
    if let Some(circle) = circle(&ready)
        && let Some(location) = circle.first().and_then(|name| names.get(name))
    {
        problems.push(problem(location, format!("services wait for each other: {}", circle.join(" → "))));
    }
    Services { names, ready, said: all_said }
}

/// A chain of services that ends where it began, if there is one.
fn circle(services: &BTreeMap<String, Service>) -> Option<Vec<String>> {
    let mut waiting: BTreeMap<&str, Vec<&str>> = services
        .iter()
        .map(|(name, service)| {
            let wanted = service.depends_on.iter().map(|dependency| dependency.service.as_str());
            (name.as_str(), wanted.filter(|wanted| services.contains_key(*wanted)).collect())
        })
        .collect();
    // What waits for nothing that still waits can start; what remains in the end is in a circle, or behind one.
    loop {
        let startable: Vec<&str> = waiting
            .iter()
            .filter(|(_, wanted)| wanted.iter().all(|wanted| !waiting.contains_key(wanted)))
            .map(|(name, _)| *name)
            .collect();
        if startable.is_empty() {
            break;
        }
        for name in startable {
            waiting.remove(name);
        }
    }
    let mut chain = vec![*waiting.keys().next()?];
    loop {
        let wanted = waiting.get(chain.last()?)?;
        let next = *wanted.iter().find(|wanted| waiting.contains_key(*wanted))?;
        if let Some(start) = chain.iter().position(|name| *name == next) {
            let mut circle: Vec<String> = chain.iter().skip(start).map(|name| (*name).to_owned()).collect();
            circle.push(next.to_owned());
            return Some(circle);
        }
        chain.push(next);
    }
}
