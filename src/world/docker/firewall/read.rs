//! What the firewall's script says.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use serde_json::Value;

use crate::model::egress::{Destination, Refused};
use crate::model::error::{Error, ErrorKind, Result};

/// What was refused: sets as `nft -j` prints them, a line each, and lines `ADDRESS COUNT KIND NAME` of lookups. A lookup of
/// an address is mostly one of both kinds of address, so the more frequent kind counts.
pub(super) fn refused(text: &str) -> Result<Vec<Refused>> {
    let mut refused = Vec::new();
    let mut lookups: BTreeMap<(Ipv4Addr, String), BTreeMap<bool, u64>> = BTreeMap::new();
    for line in text.lines() {
        if line.starts_with('{') {
            let set: Value = serde_json::from_str(line).map_err(|cause| unread(line).because(cause))?;
            let elements = set.pointer("/nftables/1/set/elem").and_then(Value::as_array);
            let elements = elements.into_iter().flatten().filter_map(|element| element.get("elem"));
            for element in elements {
                refused.push(element_of(element).ok_or_else(|| unread(&element.to_string()))?);
            }
            continue;
        }
        let (key, kind, count) = lookup(line).ok_or_else(|| unread(line))?;
        *lookups.entry(key).or_default().entry(kind == "AAAA").or_default() += count;
    }
    refused.extend(lookups.into_iter().map(|((from, name), counts)| Refused {
        from,
        to: Destination::Name(name),
        count: counts.into_values().max().unwrap_or_default(),
    }));
    Ok(refused)
}

/// One element: source, destination, protocol, and a port if there are any, with its counter.
fn element_of(element: &Value) -> Option<Refused> {
    let count = element.pointer("/counter/packets")?.as_u64()?;
    let parts = element.pointer("/val/concat")?.as_array()?;
    let address = |place: usize| parts.get(place)?.as_str()?.parse::<Ipv4Addr>().ok();
    // Numbers are told where the helper image has no list of protocols.
    let protocol = match parts.get(2)? {
        Value::String(name) => name.clone(),
        number => match number.as_u64()? {
            1 => "icmp".to_owned(),
            6 => "tcp".to_owned(),
            17 => "udp".to_owned(),
            other => format!("protocol-{other}"),
        },
    };
    let address_to = address(1)?;
    let to = match parts.get(3) {
        Some(port) => {
            Destination::Port { address: address_to, protocol, port: u16::try_from(port.as_u64()?).ok()? }
        }
        None => Destination::Address { address: address_to, protocol },
    };
    Some(Refused { from: address(0)?, to, count })
}

/// Who looked up which name, what kind of record, and how often.
fn lookup(line: &str) -> Option<((Ipv4Addr, String), &str, u64)> {
    let mut words = line.split_whitespace();
    let from = words.next()?.parse().ok()?;
    let count = words.next()?.parse().ok()?;
    let kind = words.next()?;
    Some(((from, words.next()?.to_lowercase()), kind, count))
}

fn unread(line: &str) -> Error {
    Error::new(ErrorKind::Unreachable, format!("the firewall's answer was not understood: {line}"))
}

/// Lines `NAME ADDRESS`.
pub(super) fn hosts(text: &str) -> BTreeMap<String, Vec<Ipv4Addr>> {
    let mut hosts: BTreeMap<String, Vec<Ipv4Addr>> = BTreeMap::new();
    for (name, address) in text.lines().filter_map(|line| line.split_once(' ')) {
        if let Ok(address) = address.trim().parse() {
            hosts.entry(name.to_owned()).or_default().push(address);
        }
    }
    hosts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_refused_is_told_by_port_by_address_and_by_name() {
        let text = r#"{"nftables": [{"metainfo": {"version": "1.0.6"}}, {"set": {"name": "stage-a-ports", "elem": [{"elem": {"val": {"concat": ["10.213.4.18", "203.0.113.9", 6, 443]}, "counter": {"packets": 2, "bytes": 120}}}]}}]}
{"nftables": [{"metainfo": {"version": "1.0.6"}}, {"set": {"name": "stage-a-others", "elem": [{"elem": {"val": {"concat": ["10.213.4.18", "203.0.113.9", "icmp"]}, "counter": {"packets": 1, "bytes": 84}}}, {"elem": {"val": {"concat": ["10.213.4.18", "203.0.113.9", 253]}, "counter": {"packets": 1, "bytes": 84}}}]}}]}
10.213.4.19 3 A Api.example.com
10.213.4.19 3 AAAA api.example.com
10.213.4.19 1 TXT api.example.com
"#;
        let told: Vec<String> = refused(text)
            .unwrap()
            .into_iter()
            .map(|it| format!("{} {} {}", it.from, it.to, it.count))
            .collect();
        assert_eq!(
            told,
            [
                "10.213.4.18 203.0.113.9:443/tcp 2",
                "10.213.4.18 203.0.113.9/icmp 1",
                "10.213.4.18 203.0.113.9/protocol-253 1",
                "10.213.4.19 api.example.com 4",
            ]
        );
        let empty = r#"{"nftables": [{"metainfo": {}}, {"set": {"name": "stage-a-ports"}}]}"#;
        assert_eq!(refused(empty).unwrap(), []);
        assert!(refused("nonsense").is_err());
    }

    #[test]
    fn hosts_have_all_their_addresses() {
        let found = hosts("a.example 203.0.113.1\na.example 203.0.113.2\nb.example nonsense\n");
        assert_eq!(found["a.example"].len(), 2);
        assert!(!found.contains_key("b.example"));
    }
}
