//! What mail services have sent, as JSON.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::model::mail::{MailKind, MailSummary};

#[derive(Serialize)]
pub(in crate::render) struct Mail<'a> {
    /// How many messages were caught.
    messages: u64,
    /// The most frequent first.
    kinds: Vec<Kind<'a>>,
    /// How often services asked for TLS, which the sink does not speak, by service.
    tls: &'a BTreeMap<String, u64>,
    /// The exit code of the sink if it ended before its stack.
    sink_ended: Option<i64>,
}

/// Messages of one service to the same domains with the same subject.
#[derive(Serialize)]
struct Kind<'a> {
    service: &'a str,
    /// Domains of the recipients.
    domains: &'a BTreeSet<String>,
    /// Empty without one.
    subject: &'a str,
    count: u64,
}

/// All of it.
pub(in crate::render) fn mail(summary: &MailSummary) -> Mail<'_> {
    Mail {
        messages: summary.messages(),
        kinds: summary.kinds.iter().map(kind).collect(),
        tls: &summary.tls,
        sink_ended: summary.sink_ended,
    }
}

fn kind(of: &MailKind) -> Kind<'_> {
    Kind { service: &of.service, domains: &of.domains, subject: &of.subject, count: of.count }
}
