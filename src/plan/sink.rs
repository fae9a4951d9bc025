//! The mail sink: one container of the stack that takes all mail and passes none on. Its output is its store: it has no
//! volume, and nobody but the stack reaches it.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use super::HELPER_IMAGE;
use super::enclosure::Enclosure;
use super::identity::Identity;
use super::order::READY_TIMEOUT_S;
use crate::model::call::Call;
use crate::model::container::ContainerSpec;
use crate::model::mail::MailSink;
use crate::model::plan::{Plan, StepId};
use crate::model::service::{Healthcheck, Runtime};
use crate::model::stack::ContainerFacts;

/// What it is called among the services.
pub const NAME: &str = "mail";
const SERVER: &str = include_str!("sink.pl");
/// The variable in which it keeps who has which address: containers come and go, and their mail is still theirs.
const SENDERS: &str = "STAGE_SENDERS";
const CAUSE: &str = "mail of the stack is caught";
/// Whether it answers: whoever connects is greeted.
const PROBE: &str =
    "use IO::Socket::INET; my $s = IO::Socket::INET->new('127.0.0.1:25') or exit 1; exit(<$s> !~ /^220 /)";
const PROBE_INTERVAL_NS: i64 = 60_000_000_000;

/// Makes the sink once its network stands, and starts it once egress is denied; it answers when the plan has ended.
pub(super) fn stand_up(
    plan: &mut Plan,
    identity: &Identity,
    mail: &MailSink,
    enclosure: &Enclosure,
    (network, denied): (StepId, &[StepId]),
) {
    let container = container(identity, mail, enclosure);
    let name = container.name.clone();
    let created = plan.add(Call::CreateContainer(Box::new(container)), CAUSE, &[network]);
    let started =
        plan.add(Call::StartContainer { name: name.clone() }, CAUSE, &[&[created], denied].concat());
    plan.add(Call::AwaitHealthy { name, timeout_s: READY_TIMEOUT_S }, CAUSE, &[started]);
}

/// Starts a sink again that was stopped with its stack. What it has caught is still there.
pub(super) fn wake(plan: &mut Plan, identity: &Identity, after: &[StepId]) {
    let name = identity.names().sink();
    let started = plan.add(Call::RestartContainer { name: name.clone() }, CAUSE, after);
    plan.add(Call::AwaitHealthy { name, timeout_s: READY_TIMEOUT_S }, CAUSE, &[started]);
}

/// The services of a stack by their addresses, as its sink keeps them; none if it does not.
pub fn senders(sink: &ContainerFacts) -> BTreeMap<Ipv4Addr, String> {
    let kept = sink.environment.get(SENDERS).map(String::as_str).unwrap_or_default();
    let pair = |word: &str| {
        let (address, service) = word.split_once('=')?;
        Some((address.parse().ok()?, service.to_owned()))
    };
    kept.split_whitespace().filter_map(pair).collect()
}

fn said(services: &BTreeMap<Ipv4Addr, String>) -> String {
    let words = services.iter().map(|(address, service)| format!("{address}={service}"));
    words.collect::<Vec<_>>().join(" ")
}

fn container(identity: &Identity, mail: &MailSink, enclosure: &Enclosure) -> ContainerSpec {
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    let mut container = ContainerSpec {
        name: identity.names().sink(),
        runtime: Runtime {
            image: HELPER_IMAGE.to_owned(),
            command: Some(words(&["perl", "-e", SERVER])),
            environment: BTreeMap::from([(SENDERS.to_owned(), said(enclosure.services()))]),
            // What a mail server may do that listens below port 1024, and nothing else.
            cap_drop: words(&["ALL"]),
            cap_add: words(&["NET_BIND_SERVICE"]),
            read_only: true,
            healthcheck: Some(Healthcheck::Probe {
                test: words(&["CMD", "perl", "-e", PROBE]),
                interval_ns: Some(PROBE_INTERVAL_NS),
                timeout_ns: None,
                start_period_ns: None,
                retries: None,
            }),
            ..Runtime::default()
        },
        network: Some(identity.names().network()),
        aliases: mail.names.clone(),
        address: None,
        name_server: None,
        mounts: Vec::new(),
        ports: Vec::new(),
        reached_at: None,
        labels: identity.labels(None),
    };
    enclosure.enclose(&mut container);
    container
}
