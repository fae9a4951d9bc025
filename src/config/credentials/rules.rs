//! `credentials` of `stage.yaml`: what is let through, each with a reason, and what else is of production.

use glob::Pattern;

use crate::config::fields::{self, Fields};
use crate::config::node::Node;
use crate::config::problems::{Problems, problem};
use crate::config::stage_file::Context;
use crate::model::error::Location;

/// What the user says of credentials.
#[derive(Default)]
pub struct Rules {
    /// What is let through.
    pub allowed: Vec<Allowed>,
    /// Hosts of production, as patterns.
    pub production_hosts: Vec<Pattern>,
}

/// A credential that somebody vouches for.
pub struct Allowed {
    /// The variable, secret, or whatever else the problem named.
    pub name: String,
    /// Only in this service.
    pub service: Option<String>,
    /// Where that is written.
    pub location: Location,
}

const ALLOW: &str = "a list of `{name: …, because: …}`";

/// The rules.
pub fn read(node: &Node, context: &Context<'_>, problems: &mut Problems) -> Rules {
    let Some(file) = Fields::of(node, "a map with `allow` and `production_hosts`", problems) else {
        return Rules::default();
    };
    let allowed = file.take("allow").and_then(|node| fields::list(node, ALLOW, problems)).unwrap_or_default();
    let allowed = allowed.iter().filter_map(|node| allow(node, context, problems)).collect();
    let hosts = file.take("production_hosts").map(fields::one_or_more).unwrap_or_default();
    let host = |node: &Node, problems: &mut Problems| {
        fields::parsed(node, "a host such as `db.example.com` or `*.example.com`", problems, |text| {
            let is_host = !text.is_empty() && !text.contains(['/', ':', ' ']);
            Pattern::new(&text.to_lowercase()).ok().filter(|_| is_host)
        })
    };
    let production_hosts = hosts.iter().filter_map(|node| host(node, problems)).collect();
    file.finish(problems);
    Rules { allowed, production_hosts }
}

fn allow(node: &Node, context: &Context<'_>, problems: &mut Problems) -> Option<Allowed> {
    let file = Fields::of(node, "a map with `name` and `because`", problems)?;
    let of = "what is let through";
    let name = file.require("name", of, problems);
    let name = name.and_then(|node| fields::text(node, "the name of a variable or secret", problems));
    let service = file.take("service").map(|node| context.service(node, problems));
    let because = file.require("because", of, problems);
    let because = because.and_then(|node| fields::text(node, "a reason", problems));
    file.finish(problems);
    if because.is_some_and(|reason| reason.trim().is_empty()) {
        problems.push(problem(&node.location, "the reason is empty: `because` tells others why it may pass"));
    }
    // A service that is not there was told; what the entry means is not known.
    let is_known =
        |name: &String| context.services.as_ref().is_none_or(|services| services.names.contains_key(name));
    let service = match service {
        Some(name) => Some(name.filter(is_known)?),
        None => None,
    };
    Some(Allowed { name: name?, service, location: node.location.clone() })
}
