//! Who works on an instance, and until when its stack stands.

use jiff::Timestamp;

use super::HELPER_IMAGE;
use super::identity::Identity;
use crate::model::call::Call;
use crate::model::container::{ContainerSpec, VolumeSource, VolumeSpec};
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
            mounts: Vec::new(),
            ports: Vec::new(),
            labels: identity.labels(None),
        })),
        format!("only one works on {}", identity.instance),
        &[],
    );
    plan
}

/// The lease of a stack that was stood up at `since`, until `until`.
pub fn lease(identity: &Identity, since: Timestamp, until: Timestamp) -> Plan {
    let mut labels = identity.labels(None);
    // It belongs to the stack, whoever renews it.
    labels.insert(label::RUN.to_owned(), identity.stack.0.clone());
    labels.insert(label::SINCE.to_owned(), since.to_string());
    labels.insert(label::LEASE.to_owned(), until.to_string());
    let name = identity.names().lease(until.as_second());
    let mut plan = Plan::default();
    plan.add(
        Call::CreateVolume(VolumeSpec { name, source: VolumeSource::Plain, labels }),
        format!("{} is leased", identity.instance),
        &[],
    );
    plan
}
