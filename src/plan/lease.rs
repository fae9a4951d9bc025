//! Who works on an instance, and until when its stack stands.

use jiff::Timestamp;

use super::HELPER_IMAGE;
use super::identity::Identity;
use crate::model::call::Call;
use crate::model::container::{ContainerSpec, Labels, VolumeSource, VolumeSpec};
use crate::model::label;
use crate::model::name::instance_lock;
use crate::model::plan::Plan;
use crate::model::service::Runtime;

/// The lock of an instance: whoever makes it works on its stack, from whatever machine. It is never started.
pub fn lock_instance(identity: &Identity) -> Plan {
    let mut plan = Plan::default();
    plan.add(
        Call::CreateContainer(Box::new(ContainerSpec {
            name: instance_lock(&identity.environment, &identity.instance),
            runtime: Runtime { image: HELPER_IMAGE.to_owned(), ..Runtime::default() },
            network: None,
            aliases: Vec::new(),
            address: None,
            name_server: None,
            mounts: Vec::new(),
            ports: Vec::new(),
            reached_at: None,
            labels: identity.labels(None),
        })),
        format!("only one works on {}", identity.instance),
        &[],
    );
    plan
}

/// On what terms a stack stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeaseTerms {
    /// When it was stood up.
    pub since: Timestamp,
    /// Until when it is leased.
    pub until: Timestamp,
    /// Whether nothing but its deadline ends it.
    pub kept: bool,
    /// After how many seconds of idleness it counts as run out.
    pub idle_s: Option<u64>,
}

impl LeaseTerms {
    /// The name of the volume that is this lease.
    pub fn volume(&self, identity: &Identity) -> String {
        let (names, until_s) = (identity.names(), self.until.as_second());
        if self.kept { names.kept_lease(until_s) } else { names.lease(until_s) }
    }
}

/// The lease of a stack.
pub fn lease(identity: &Identity, terms: &LeaseTerms) -> Plan {
    let mut labels = of_stack(identity);
    labels.insert(label::SINCE.to_owned(), terms.since.to_string());
    labels.insert(label::LEASE.to_owned(), terms.until.to_string());
    if terms.kept {
        labels.insert(label::KEPT.to_owned(), "true".to_owned());
    }
    labels.extend(terms.idle_s.map(|seconds| (label::IDLE.to_owned(), seconds.to_string())));
    note(terms.volume(identity), labels, format!("{} is leased", identity.instance))
}

/// What a sweep notes of a stack whose servers had done `work` by `since`.
pub fn quiet(identity: &Identity, since: Timestamp, work: &str) -> Plan {
    let mut labels = of_stack(identity);
    labels.insert(label::QUIET.to_owned(), since.to_string());
    labels.insert(label::QUIET_WORK.to_owned(), work.to_owned());
    let name = identity.names().quiet(since.as_second());
    note(name, labels, format!("{} was in use until now", identity.instance))
}

/// Labels of what belongs to the stack, whoever makes it.
fn of_stack(identity: &Identity) -> Labels {
    let mut labels = identity.labels(None);
    labels.insert(label::RUN.to_owned(), identity.stack.0.clone());
    labels
}

fn note(name: String, labels: Labels, cause: String) -> Plan {
    let mut plan = Plan::default();
    plan.add(Call::CreateVolume(VolumeSpec { name, source: VolumeSource::Plain, labels }), cause, &[]);
    plan
}
