//! What services tried to reach beyond their stack, as JSON.

use serde::Serialize;

use crate::model::egress::{self as model, Destination};

#[derive(Serialize)]
pub(in crate::render) struct Attempt<'a> {
    service: &'a str,
    /// The name of a host that was looked up, or an address.
    host: String,
    /// `dns`, `tcp`, `udp`, `icmp` …
    protocol: &'a str,
    /// `null` for a protocol without ports.
    port: Option<u16>,
    count: u64,
}

/// One attempt.
pub(in crate::render) fn attempt(attempt: &model::Attempt) -> Attempt<'_> {
    let (host, protocol, port) = match &attempt.to {
        Destination::Name(name) => (name.clone(), "dns", None),
        Destination::Port { address, protocol, port } => {
            (address.to_string(), protocol.as_str(), Some(*port))
        }
        Destination::Address { address, protocol } => (address.to_string(), protocol.as_str(), None),
    };
    Attempt { service: &attempt.service, host, protocol, port, count: attempt.count }
}
