//! The mail of a stack: by which names its sink is reached, and what it has caught.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use jiff::Timestamp;

/// What catches the mail of a stack.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MailSink {
    /// Its names in the network of the stack, in lower case; none is that of a service.
    pub names: Vec<String>,
}

/// A message as the sink was given it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caught {
    /// When the sink told it, by the clock of the engine.
    pub time: Timestamp,
    /// The address of the container that sent it.
    pub peer: Ipv4Addr,
    /// The sender of the envelope; empty for a message about a message.
    pub from: String,
    /// The recipients of the envelope.
    pub to: Vec<String>,
    /// Whether it was too long, so that only its beginning is here.
    pub is_truncated: bool,
    /// Its bytes, headers first.
    pub raw: Vec<u8>,
}

/// A message that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// Its number in its stack: 1 is the first that was caught.
    pub id: u64,
    /// When it was caught.
    pub time: Timestamp,
    /// The Compose service that sent it; an address that is no service's stands for itself.
    pub service: String,
    /// The sender of the envelope; empty for a message about a message.
    pub from: String,
    /// The recipients of the envelope, those of a blind copy among them.
    pub to: Vec<String>,
    /// Its subject, decoded; empty if it has none.
    pub subject: String,
    /// Its headers as they stand in it, decoded, in their order.
    pub headers: Vec<(String, String)>,
    /// Its text, decoded; made of its HTML if it has no other.
    pub text: String,
    /// Where the links of its HTML lead, each once.
    pub links: Vec<String>,
    /// What comes with the text.
    pub attachments: Vec<Attachment>,
    /// Its size in bytes, as far as it is here.
    pub size_bytes: u64,
    /// Whether it was too long, so that only its beginning is here.
    pub is_truncated: bool,
}

/// What comes with the text of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// The name of its file; empty if it has none.
    pub name: String,
    /// Its media type (`application/pdf`).
    pub media_type: String,
    /// Its size in bytes, decoded.
    pub size_bytes: u64,
}

/// What the services of a stack have sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MailSummary {
    /// Messages of one kind together, the most frequent first.
    pub kinds: Vec<MailKind>,
    /// How often a service asked for TLS, which the sink does not speak, by service.
    pub tls: BTreeMap<String, u64>,
    /// The exit code of the sink if it ended before its stack: what was sent after that is missing.
    pub sink_ended: Option<i64>,
}

/// Messages of one service to the same domains with the same subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailKind {
    /// The Compose service that sent them.
    pub service: String,
    /// The domains of their recipients.
    pub domains: BTreeSet<String>,
    /// Their subject; empty if they have none.
    pub subject: String,
    /// How many there are.
    pub count: u64,
}

impl MailSummary {
    /// How many messages were caught.
    pub fn messages(&self) -> u64 {
        self.kinds.iter().map(|kind| kind.count).sum()
    }
}

/// The domain of an address, in lower case; the address itself if it has none.
pub fn domain(address: &str) -> String {
    let domain = address.rsplit_once('@').map_or(address, |(_, domain)| domain);
    domain.trim_end_matches('>').to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_is_what_follows_the_last_at() {
        let domains = ["ada@Shop.Example", "\"a@b\"@c.example", "root"].map(domain);
        assert_eq!(domains, ["shop.example", "c.example", "root"]);
    }
}
