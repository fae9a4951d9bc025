//! What a stack may reach beyond itself, and what it tried to reach.

use std::collections::BTreeMap;
use std::fmt;
use std::net::Ipv4Addr;

/// What a stack may reach beyond its own services.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EgressPolicy {
    /// Nothing but these.
    Deny {
        /// Names of hosts, addresses and subnets (`10.2.0.0/16`).
        allowed: Vec<String>,
    },
    /// Whatever the engine lets containers reach.
    Allow,
}

impl Default for EgressPolicy {
    fn default() -> Self {
        Self::Deny { allowed: Vec::new() }
    }
}

/// What the containers of one network may reach; anything else is refused and counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EgressRules {
    /// The interface of the network on the engine's machine.
    pub bridge: String,
    /// The subnet of the network, which may be reached.
    pub subnet: String,
    /// Addresses and subnets beyond it that may be reached.
    pub allowed: Vec<String>,
}

/// Where a packet was to go that was refused.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Destination {
    /// The name of a host that was looked up.
    Name(String),
    /// A port of an address.
    Port {
        /// The address.
        address: Ipv4Addr,
        /// `tcp` or `udp`.
        protocol: String,
        /// The port.
        port: u16,
    },
    /// An address, by a protocol without ports.
    Address {
        /// The address.
        address: Ipv4Addr,
        /// The protocol (`icmp`).
        protocol: String,
    },
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Port { address, protocol, port } => write!(f, "{address}:{port}/{protocol}"),
            Self::Address { address, protocol } => write!(f, "{address}/{protocol}"),
        }
    }
}

/// What an address of a network was refused.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Refused {
    /// Who tried.
    pub from: Ipv4Addr,
    /// What it tried to reach.
    pub to: Destination,
    /// How often: lookups of a name, attempts to connect by TCP, or packets.
    pub count: u64,
}

/// What a service tried to reach and could not.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Attempt {
    /// The Compose service.
    pub service: String,
    /// What it tried to reach.
    pub to: Destination,
    /// How often: lookups of a name, attempts to connect by TCP, or packets.
    pub count: u64,
}

impl Attempt {
    /// Whose doing what was refused is, by the service that has an address; an address that is no service's stands for itself.
    pub fn of(refused: Vec<Refused>, services: &BTreeMap<Ipv4Addr, String>) -> Vec<Self> {
        let whose = |from| services.get(&from).cloned().unwrap_or_else(|| from.to_string());
        let mut attempts: Vec<Self> = refused
            .into_iter()
            .map(|it| Self { service: whose(it.from), to: it.to, count: it.count })
            .collect();
        attempts.sort();
        attempts
    }
}
