//! Mail of more kinds than anybody reads.

use std::collections::BTreeMap;

use crate::model::mail::{MailKind, MailSummary};

/// Two services that send mail, and one that asks for TLS.
pub(super) fn sent() -> MailSummary {
    let kind = |service: &str, domains: &[&str], subject: &str, count| MailKind {
        service: service.to_owned(),
        domains: domains.iter().map(|domain| (*domain).to_owned()).collect(),
        subject: subject.to_owned(),
        count,
    };
    let mut kinds = vec![
        kind(
            "worker",
            &["a.example", "b.example", "c.example", "d.example"],
            "Your order was cancelled",
            1_204,
        ),
        kind("web", &["example.com"], "", 2),
    ];
    kinds.extend((1..=6).map(|order| kind("web", &["example.com"], &format!("*Order* {order} | paid"), 1)));
    MailSummary { kinds, tls: BTreeMap::from([("warmup".to_owned(), 3)]), sink_ended: Some(137) }
}
