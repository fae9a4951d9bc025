//! `ports` of a service. Only the container's side is kept: `stage` chooses a free port of 127.0.0.1 itself.

use crate::config::fields::{self, Fields};
use crate::config::node::{Node, Value};
use crate::config::problems::Problems;
use crate::model::service::Port;

/// The ports, each once, in the order in which they are written.
pub fn read(node: &Node, problems: &mut Problems) -> Vec<Port> {
    let mut ports: Vec<Port> = Vec::new();
    for item in fields::list(node, "a list of ports", problems).unwrap_or_default() {
        for port in port(item, problems).unwrap_or_default() {
            if !ports.contains(&port) {
                ports.push(port);
            }
        }
    }
    ports
}

fn port(node: &Node, problems: &mut Problems) -> Option<Vec<Port>> {
    const EXPECTED: &str = "a port such as `8080`, `8080:80` or `127.0.0.1:8080:80/tcp`";
    let Value::Map(_) = node.value else { return fields::parsed(node, EXPECTED, problems, short) };
    let file = Fields::of(node, EXPECTED, problems)?;
    let target = file.require("target", "the port", problems);
    let protocol =
        file.take("protocol").map(|node| fields::parsed(node, "`tcp` or `udp`", problems, protocol));
    // All of them about the host's side, which is not kept.
    file.ignore(&["published", "host_ip", "mode", "name", "app_protocol"]);
    file.finish(problems);
    let container_port = fields::parsed(target?, "a port number", problems, number)?;
    let protocol = protocol.unwrap_or(Some("tcp".to_owned()))?;
    Some(vec![Port { container_port, protocol }])
}

fn short(text: &str) -> Option<Vec<Port>> {
    let (ports, name) = text.split_once('/').unwrap_or((text, "tcp"));
    let protocol = protocol(name)?;
    let (host, container) = match ports.rsplit_once(':') {
        Some((host, container)) => (Some(host), container),
        None => (None, ports),
    };
    if let Some(host) = host {
        // `HOST`, `IP:HOST` or `IP:` for any; an IPv6 address is in brackets.
        let published = host.rsplit_once(':').map_or(host, |(_, published)| published);
        if !published.is_empty() {
            range(published)?;
        }
    }
    let (first, last) = range(container)?;
    Some((first..=last).map(|container_port| Port { container_port, protocol: protocol.clone() }).collect())
}

fn range(text: &str) -> Option<(u16, u16)> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let (first, last) = (number(first)?, number(last)?);
    (first <= last).then_some((first, last))
}

/// A plain number: a sign or blank before it is a mistake.
fn number(text: &str) -> Option<u16> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|port| is_plain && *port > 0)
}

fn protocol(text: &str) -> Option<String> {
    ["tcp", "udp"].contains(&text).then(|| text.to_owned())
}
