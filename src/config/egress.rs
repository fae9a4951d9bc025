//! `egress`: what a stack may reach beyond itself.

use std::net::Ipv4Addr;

use super::fields::{self, Fields};
use super::node::Node;
use super::problems::{Problems, problem};
use crate::model::egress::EgressPolicy;

const EXPECTED: &str = "`deny`, `allow`, or a map with `allow:` and hosts";
const HOST: &str = "the name of a host, an IPv4 address, or a subnet as `10.2.0.0/16`";

/// Reads `egress: deny`, `egress: allow`, or `egress: {allow: [HOST, …]}`, which denies everything else.
pub fn read(node: &Node, problems: &mut Problems) -> EgressPolicy {
    if node.as_map().is_some() {
        return EgressPolicy::Deny { allowed: allowed(node, problems) };
    }
    let policy = fields::parsed(node, EXPECTED, problems, |text| match text {
        "deny" => Some(EgressPolicy::default()),
        "allow" => Some(EgressPolicy::Allow),
        _ => None,
    });
    policy.unwrap_or_default()
}

fn allowed(node: &Node, problems: &mut Problems) -> Vec<String> {
    let Some(file) = Fields::of(node, EXPECTED, problems) else { return Vec::new() };
    let hosts = file.require("allow", "`egress`", problems).map(fields::one_or_more).unwrap_or_default();
    file.finish(problems);
    let mut allowed = Vec::new();
    for host in hosts {
        let Some(text) = fields::text(host, HOST, problems) else { continue };
        if is_host(&text) {
            allowed.push(text);
        } else {
            problems.push(problem(&host.location, format!("`{text}` is not {HOST}")).hint(
                "all ports of a host are allowed with it, and names stand for themselves, without `*`",
            ));
        }
    }
    allowed
}

fn is_host(text: &str) -> bool {
    let (address, bits) = text.split_once('/').unwrap_or((text, "32"));
    if address.parse::<Ipv4Addr>().is_ok() {
        return bits.parse::<u8>().is_ok_and(|bits| (1..=32).contains(&bits));
    }
    is_host_name(text)
}

/// Whether `text` can be the name of a host; an address is none.
pub(super) fn is_host_name(text: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    // A last label of digits alone is a mistyped address.
    let is_number = |label: &str| label.bytes().all(|byte| byte.is_ascii_digit());
    text.len() <= 253 && text.split('.').all(is_label) && !text.rsplit('.').next().is_some_and(is_number)
}
