//! All mail of a stack in short, counted by what a reader tells apart.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use crate::model::mail::{Mail, MailKind, MailSummary, domain};
use crate::observe::logs::Secrets;

/// Kinds that are told apart; what comes later is counted with the subject [`OTHERS`].
const MOST_KINDS: usize = 10_000;
const OTHERS: &str = "(other subjects)";

/// Mail counted as it comes.
#[derive(Default)]
pub struct Tally {
    kinds: BTreeMap<(String, BTreeSet<String>, String), u64>,
    tls: BTreeMap<String, u64>,
}

impl Tally {
    /// Counts a message; its subject is told without `secrets`.
    pub fn add(&mut self, mail: &Mail, secrets: &Secrets) {
        let domains: BTreeSet<String> = mail.to.iter().map(|address| domain(address)).collect();
        let mut kind = (mail.service.clone(), domains, secrets.hide(&mail.subject));
        if self.kinds.len() >= MOST_KINDS && !self.kinds.contains_key(&kind) {
            (kind.1, kind.2) = (BTreeSet::new(), OTHERS.to_owned());
        }
        *self.kinds.entry(kind).or_default() += 1;
    }

    /// Counts that a service asked for TLS.
    pub fn add_tls(&mut self, service: &str) {
        *self.tls.entry(service.to_owned()).or_default() += 1;
    }

    /// What was counted, the most frequent first.
    pub fn summary(self) -> MailSummary {
        let kinds = self.kinds.into_iter();
        let mut kinds: Vec<MailKind> = kinds
            .map(|((service, domains, subject), count)| MailKind { service, domains, subject, count })
            .collect();
        kinds.sort_by_key(|kind| Reverse(kind.count));
        MailSummary { kinds, tls: self.tls, sink_ended: None }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn mail(service: &str, to: &[&str], subject: &str) -> Mail {
        Mail {
            id: 1,
            time: Timestamp::UNIX_EPOCH,
            service: service.into(),
            from: "shop@example.com".into(),
            to: to.iter().map(|address| (*address).to_owned()).collect(),
            subject: subject.into(),
            headers: Vec::new(),
            text: String::new(),
            links: Vec::new(),
            attachments: Vec::new(),
            size_bytes: 1,
            is_truncated: false,
        }
    }

    #[test]
    fn messages_are_counted_by_service_domains_and_subject_and_tell_no_secret() {
        let secrets = Secrets::among([("RESET_SECRET", "very-secret")]);
        let mut tally = Tally::default();
        tally.add(&mail("worker", &["ada@x.example"], "Bill"), &secrets);
        for to in [["ada@x.example", "bob@Y.example"], ["bob@y.example", "eve@x.example"]] {
            tally.add(&mail("web", &to, "Reset by very-secret"), &secrets);
        }
        tally.add_tls("worker");
        let summary = tally.summary();
        assert_eq!(summary.messages(), 3);
        let [first, second] = &summary.kinds[..] else { panic!("{summary:?}") };
        assert_eq!((first.service.as_str(), first.subject.as_str(), first.count), ("web", "Reset by ***", 2));
        assert_eq!(first.domains, BTreeSet::from(["x.example".to_owned(), "y.example".to_owned()]));
        assert_eq!((second.service.as_str(), second.subject.as_str(), second.count), ("worker", "Bill", 1));
        assert_eq!(summary.tls["worker"], 1);
    }
}
