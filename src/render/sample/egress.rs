//! What a sample stack was refused.

use std::net::Ipv4Addr;

use crate::model::egress::{Attempt, Destination};

/// What a worker does that believes itself in production.
pub(super) fn attempts() -> Vec<Attempt> {
    let of = |to, count| Attempt { service: "worker".to_owned(), to, count };
    let address = Ipv4Addr::new(203, 0, 113, 25);
    vec![
        of(Destination::Name("api.payments.example".to_owned()), 2),
        of(Destination::Port { address, protocol: "tcp".to_owned(), port: 25 }, 1_200),
        of(Destination::Address { address, protocol: "icmp".to_owned() }, 1),
    ]
}
