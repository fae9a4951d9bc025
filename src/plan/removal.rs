//! What takes the parts of stacks away, from labels alone.

use crate::model::call::Undo;
use crate::model::inventory::{Inventory, Listed};
use crate::model::label;
use crate::model::name::RunId;

/// Something that a sweep takes away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doomed {
    /// What takes it away.
    pub undo: Undo,
    /// Why it goes, as a fragment (`run 4f1c… died`).
    pub why: String,
}

/// Everything of one instance, whichever run made it, but for what `run` itself made.
pub fn take_down(
    inventory: &Inventory,
    clones: &[String],
    environment: &str,
    instance: &str,
    run: &RunId,
) -> Vec<Undo> {
    let is_meant = |listed: &Listed| {
        listed.label(label::FORMAT) == Some(label::FORMAT_VERSION)
            && listed.label(label::ENVIRONMENT) == Some(environment)
            && listed.label(label::INSTANCE) == Some(instance)
            && listed.label(label::RUN) != Some(run.0.as_str())
    };
    let doomed = removal(inventory, clones, |listed| is_meant(listed).then(String::new));
    doomed.into_iter().map(|doomed| doomed.undo).collect()
}

/// Takes away every part of a stack for which there is a reason.
pub(super) fn removal(
    inventory: &Inventory,
    clones: &[String],
    reason: impl Fn(&Listed) -> Option<String>,
) -> Vec<Doomed> {
    let reason = |listed: &Listed| if listed.is_stack() { reason(listed) } else { None };
    let mut doomed: Vec<Doomed> = Vec::new();
    let run = |listed: &Listed| listed.label(label::RUN).unwrap_or_default().to_owned();
    for container in &inventory.containers {
        let Some(why) = reason(container) else { continue };
        doomed.push(Doomed {
            undo: Undo::RemoveContainer { name: container.name.clone(), run: run(container) },
            why,
        });
    }
    for network in &inventory.networks {
        let Some(why) = reason(network) else { continue };
        if let Some(bridge) = network.label(label::BRIDGE) {
            let undo = Undo::ForgetEgress { bridge: bridge.to_owned() };
            doomed.push(Doomed { undo, why: why.clone() });
        }
        doomed.push(Doomed {
            undo: Undo::RemoveNetwork { name: network.name.clone(), run: run(network) },
            why,
        });
    }
    for volume in &inventory.volumes {
        let Some(why) = reason(volume) else { continue };
        if clones.contains(&volume.name) {
            let undo = Undo::DeleteClone { clone: volume.name.clone() };
            doomed.push(Doomed { undo, why: why.clone() });
        }
        doomed.push(Doomed { undo: Undo::RemoveVolume { name: volume.name.clone() }, why });
    }
    doomed
}
