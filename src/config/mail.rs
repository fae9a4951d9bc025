//! `mail`: whether the mail of a stack is caught, and by which names whoever catches it is reached.

use std::collections::{BTreeMap, BTreeSet};

use super::egress::is_host_name;
use super::fields::{self, Fields};
use super::node::Node;
use super::problems::{Problems, problem};
use super::suggest;
use crate::model::egress::EgressPolicy;
use crate::model::mail::MailSink;
use crate::model::service::Service;

const EXPECTED: &str = "`sink`, or a map with `sink: true` and `hosts`";
const HOST: &str = "the name of a host, without a port";
/// The name of every sink, unless a service has it.
const NAME: &str = "mail";

/// How the names of variables end that hold the name of a mail server.
const VARIABLES: [&str; 20] = [
    "SMTP_HOST",
    "SMTP_HOSTNAME",
    "SMTP_SERVER",
    "SMTP_SERVER_HOST",
    "SMTP_ADDRESS",
    "SMTP_ADDR",
    "SMTP_RELAY",
    "SMTP_RELAY_HOST",
    "SMTPHOST",
    "SMTPSERVER",
    "MAIL_HOST",
    "MAIL_HOSTNAME",
    "MAIL_SERVER",
    "MAIL_SERVER_HOST",
    "MAIL_RELAY",
    "MAILHOST",
    "MAILSERVER",
    "MAILHUB",
    "RELAYHOST",
    "SMARTHOST",
];
/// Schemes of URLs that name a mail server, alone or beside another (`gmail+smtp://`, `smtp+tls://`).
const SCHEMES: [&str; 4] = ["smtp", "smtps", "submission", "submissions"];
/// Words in the place of a host that are none of its own.
const NO_HOSTS: [&str; 4] = ["localhost", "localhost.localdomain", "default", "null"];

/// What catches mail, if `mail: sink` or `mail: {sink: true, hosts: [HOST, …]}` says that something does. Beside its own name
/// and those in `hosts` it has those that variables of services name as a mail server.
pub fn read(
    node: &Node,
    services: &BTreeMap<String, Service>,
    egress: &EgressPolicy,
    problems: &mut Problems,
) -> Option<MailSink> {
    let own: BTreeSet<String> = services
        .values()
        .flat_map(|service| service.aliases.iter().chain([&service.name]))
        .map(|name| name.to_lowercase())
        .collect();
    let mut names = listed(node, &own, egress, problems)?;
    let variables = services.values().flat_map(|service| &service.runtime.environment);
    names.extend(
        variables.flat_map(|(name, value)| hosts(name, value)).filter(|host| !is_allowed(host, egress)),
    );
    names.insert(NAME.to_owned());
    names.retain(|name| !own.contains(name));
    Some(MailSink { names: names.into_iter().collect() })
}

/// The names that the file says, in lower case; `None` without a sink.
fn listed(
    node: &Node,
    own: &BTreeSet<String>,
    egress: &EgressPolicy,
    problems: &mut Problems,
) -> Option<BTreeSet<String>> {
    if node.as_map().is_none() {
        let is_sink = node.as_text() == Some("sink");
        if !is_sink {
            let found = problem(&node.location, format!("expected {EXPECTED}, found {}", node.describe()));
            let near = node.as_text().and_then(|text| suggest::nearest(text, ["sink"]));
            problems.push(match near {
                Some(near) => found.hint(format!("did you mean `{near}`?")),
                None => found.hint("without `mail:` nothing catches what a stack sends"),
            });
        }
        return is_sink.then(BTreeSet::new);
    }
    let file = Fields::of(node, EXPECTED, problems)?;
    let is_sink = file.require("sink", "`mail`", problems).and_then(|node| fields::boolean(node, problems));
    let hosts = file.take("hosts").map(fields::one_or_more).unwrap_or_default();
    let mut names = BTreeSet::new();
    for host in hosts {
        let Some(text) = fields::text(host, HOST, problems) else { continue };
        let name = text.trim_end_matches('.').to_lowercase();
        if !is_host_name(&name) {
            problems.push(
                problem(&host.location, format!("`{text}` is not {HOST}"))
                    .hint("an address cannot be caught, and names stand for themselves, without `*`"),
            );
        } else if own.contains(&name) {
            problems.push(
                problem(&host.location, format!("`{text}` is a service of the Compose file"))
                    .hint("what is sent to it stays in the stack: it needs no sink"),
            );
        } else if is_allowed(&name, egress) {
            problems.push(
                problem(&host.location, format!("`{text}` is caught here, and `egress:` allows to reach it"))
                    .hint("one of the two has to go"),
            );
        } else {
            names.insert(name);
        }
    }
    file.finish(problems);
    (is_sink == Some(true)).then_some(names)
}

/// Whether somebody said that the host itself may be reached.
fn is_allowed(host: &str, egress: &EgressPolicy) -> bool {
    match egress {
        EgressPolicy::Deny { allowed } => allowed.iter().any(|allowed| allowed.to_lowercase() == host),
        EgressPolicy::Allow => false,
    }
}

/// The mail servers that a variable names, in lower case.
fn hosts(variable: &str, value: &str) -> Vec<String> {
    let value = value.to_lowercase();
    let mut found: Vec<&str> = Vec::new();
    for (at, mark) in value.match_indices("://") {
        let before = value.get(..at).unwrap_or_default();
        let scheme = before.rsplit(|c: char| !c.is_ascii_alphanumeric() && c != '+').next();
        if scheme.is_some_and(|scheme| scheme.split('+').any(|part| SCHEMES.contains(&part))) {
            let rest = value.get(at + mark.len()..).unwrap_or_default();
            let ends = |c: char| "/?#\"')".contains(c) || c.is_whitespace();
            let authority = rest.split(ends).next().unwrap_or_default();
            found.push(authority.rsplit('@').next().unwrap_or_default());
        }
    }
    let variable = variable.to_uppercase().replace(['-', '.'], "_").replace("__", "_");
    if VARIABLES.iter().any(|ending| variable.ends_with(ending)) && !value.contains("://") {
        found.extend(value.split([',', ';', ' ']));
    }
    found.into_iter().filter_map(host).collect()
}

/// The name of `host:port` or `[host]:port`; an address has none.
fn host(text: &str) -> Option<String> {
    let bracketed = text.strip_prefix('[').and_then(|text| text.split(']').next());
    let name = bracketed.or_else(|| text.split(':').next())?.trim_end_matches('.');
    (is_host_name(name) && !NO_HOSTS.contains(&name)).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mail_servers_are_found_by_the_names_of_variables() {
        let of = |name: &str, value: &str| hosts(name, value).join(" ");
        for name in [
            "SMTP_HOST",
            "smtp_server",
            "MAIL_HOST",
            "MAIL_SERVER",
            "EMAIL_HOST",
            "Smtp__Host",
            "SPRING_MAIL_HOST",
            "SMTP_ADDRESS",
            "GF_SMTP_HOST",
        ] {
            assert_eq!(of(name, "SMTP.mail.example.:587"), "smtp.mail.example", "{name}");
        }
        assert_eq!(of("RELAYHOST", "[relay.example]:587"), "relay.example");
        assert_eq!(of("SMTP_HOSTNAME", "a.example, b.example"), "a.example b.example");
        for (name, value) in [
            ("EMAIL_HOST_USER", "robot"),
            ("EMAIL_HOST_PASSWORD", "smtp.example"),
            ("SMTP_PORT", "587"),
            ("SMTP_HOST", "10.1.2.3"),
            ("SMTP_HOST", "localhost"),
            ("SMTP_HOST", ""),
            ("REDIS_HOST", "redis.example"),
        ] {
            assert_eq!(of(name, value), "", "{name}={value}");
        }
    }

    #[test]
    fn mail_servers_are_found_by_the_schemes_of_urls() {
        let of = |value: &str| hosts("ANY", value).join(" ");
        assert_eq!(of("smtp://user:p%40ss@smtp.mail.example:587/?a=b"), "smtp.mail.example");
        assert_eq!(of("smtps://smtp.mail.example"), "smtp.mail.example");
        assert_eq!(of("submission://u:p@a@mx.example"), "mx.example");
        assert_eq!(of("smtp+tls://mx.example:465"), "mx.example");
        assert_eq!(of("failover(smtp://one.example smtp://two.example)"), "one.example two.example");
        for value in ["gmail+smtp://u:p@default", "https://shop.example", "smtp://[::1]:25", "smtp://", "://"]
        {
            assert_eq!(of(value), "", "{value}");
        }
    }
}
