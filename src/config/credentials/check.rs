//! What an environment says, against what is known of live credentials.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::hosts;
use super::rules::{Allowed, Rules};
use super::said::Said;
use super::table::PATTERNS;
use crate::config::problems::{Problems, problem};
use crate::config::suggest;
use crate::model::error::Error;

/// Says what looks live and is not let through, and what is let through and is not there. `own` are the host names of the
/// stack itself: whatever they are called, they lead nowhere else.
pub fn check(said: &[Said], own: &BTreeSet<String>, rules: &Rules, problems: &mut Problems) {
    let live: Vec<(&Said, Looks)> =
        said.iter().filter_map(|said| Some((said, looks(said, own, rules)?))).collect();
    // The same line of an `env_file` may reach several services: it is one problem.
    let mut told: BTreeMap<(Place, String), (&Said, &Looks, Vec<&str>)> = BTreeMap::new();
    for (said, looks) in &live {
        if rules.allowed.iter().any(|allowed| allows(allowed, said)) {
            continue;
        }
        let place = (said.location.file.clone(), said.location.line, said.location.column);
        let (_, _, services) = told
            .entry((place, format!("{} {}", said.name, looks.pattern)))
            .or_insert_with(|| (*said, looks, Vec::new()));
        services.extend(said.service.as_deref().filter(|service| !services.contains(service)));
    }
    for (said, looks, services) in told.values() {
        problems.push(refusal(said, looks, services));
    }
    for allowed in &rules.allowed {
        if !live.iter().any(|(said, _)| allows(allowed, said)) {
            problems.push(useless(allowed, said, &live));
        }
    }
}

type Place = (PathBuf, usize, usize);

/// What a text looks like.
struct Looks {
    what: &'static str,
    pattern: String,
    is_host: bool,
}

fn looks(said: &Said, own: &BTreeSet<String>, rules: &Rules) -> Option<Looks> {
    if let Some(pattern) = PATTERNS.iter().find(|pattern| pattern.finds(&said.name, &said.text)) {
        return Some(Looks { what: pattern.what, pattern: pattern.id.to_owned(), is_host: false });
    }
    let foreign = |hosts: Vec<String>| hosts.into_iter().filter(|host| !own.contains(host));
    let of_user = &rules.production_hosts;
    let named = foreign(hosts::named_in(&said.name, &said.text)).find_map(|it| hosts::refused(&it, of_user));
    let written = || foreign(hosts::written_in(&said.text)).find_map(|it| hosts::refused_word(&it, of_user));
    let (what, pattern) = named.or_else(written)?;
    Some(Looks { what, pattern, is_host: true })
}

fn allows(allowed: &Allowed, said: &Said) -> bool {
    allowed.name == said.name && (allowed.service.is_none() || allowed.service == said.service)
}

/// The value stays out of it, and every part of it.
fn refusal(said: &Said, looks: &Looks, services: &[&str]) -> Error {
    let of = match services {
        [] => String::new(),
        [service] => format!(" of service `{service}`"),
        several => format!(" of services `{}`", several.join("`, `")),
    };
    let verb = if looks.is_host { "names" } else { "looks like" };
    let message = format!("`{}`{of} {verb} {} ({})", said.name, looks.what, looks.pattern);
    let instead = if looks.is_host {
        "a copy of production must not reach it: name a service of the Compose file instead"
    } else {
        "a copy of production must not act: give the stack a key of a test mode, or none"
    };
    let service = match services {
        [service] => format!(", service: {service}"),
        _ => String::new(),
    };
    problem(&said.location, message).hint(instead).hint(format!(
        "if it can do no harm, `credentials: {{allow: [{{name: {}{service}, because: \"…\"}}]}}` in stage.yaml lets it through",
        said.name
    ))
}

fn useless(allowed: &Allowed, said: &[Said], live: &[(&Said, Looks)]) -> Error {
    let of = allowed.service.as_ref().map(|service| format!(" of service `{service}`")).unwrap_or_default();
    if said.iter().any(|said| allows(allowed, said)) {
        let message = format!("`{}`{of} is let through, and does not look live", allowed.name);
        return problem(&allowed.location, message).hint("remove the entry: it would hide a live one");
    }
    let message = format!("`{}`{of} is let through, and is not there", allowed.name);
    let of_service = |said: &&Said| allowed.service.is_none() || allowed.service == said.service;
    let names: BTreeSet<&str> =
        live.iter().map(|(said, _)| *said).filter(of_service).map(|said| said.name.as_str()).collect();
    let all: BTreeSet<&str> = said.iter().filter(of_service).map(|said| said.name.as_str()).collect();
    let near = suggest::nearest(&allowed.name, names).or_else(|| suggest::nearest(&allowed.name, all));
    problem(&allowed.location, message).hint(match near {
        Some(near) => format!("did you mean `{near}`?"),
        None => "remove the entry: it would hide a live one".to_owned(),
    })
}
