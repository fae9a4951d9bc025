//! Stacks that stand, read off the labels of what is there.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::model::error::{Error, ErrorKind, Result};
use crate::model::inventory::{Inventory, Listed};
use crate::model::label;
use crate::model::name::{RunId, StackNames};
use crate::model::seed::SeedKey;
use crate::model::stack::{Quiet, Stack, StackName};

/// Every stack that stands under a lease, run out or not, by environment and instance. What belongs to none is the work
/// of a run that goes on, or the remains of one that died.
pub fn standing(inventory: &Inventory) -> Vec<Stack> {
    let mut stacks: BTreeMap<(String, String), Stack> = BTreeMap::new();
    for (lease, until) in leases(inventory) {
        let Some(stack) = stack_of(lease, until) else { continue };
        let known = stacks.entry((stack.environment.clone(), stack.instance.clone()));
        let known = known.or_insert_with(|| stack.clone());
        known.until = known.until.max(until);
        known.kept |= lease.label(label::KEPT).is_some();
        known.leases.push(lease.name.clone());
    }
    for stack in stacks.values_mut() {
        let of_stack = |listed: &&Listed| listed.label(label::RUN) == Some(stack.run.0.as_str());
        let names = StackNames::new(&stack.environment, &stack.run);
        stack.containers = inventory
            .containers
            .iter()
            .filter(of_stack)
            .filter_map(|container| {
                Some((container.label(label::SERVICE)?.to_owned(), container.name.clone()))
            })
            // The lock of a run, or the seed as it was, is no service.
            .filter(|(service, container)| names.container(service) == *container)
            .collect();
        let sink = names.sink();
        stack.sink = inventory.containers.iter().filter(of_stack).find(|it| it.name == sink).map(|_| sink);
        let network = inventory.networks.iter().find(of_stack);
        let of_network = |key| network.and_then(|network| network.label(key)).map(str::to_owned);
        (stack.subnet, stack.bridge) = (of_network(label::SUBNET), of_network(label::BRIDGE));
        stack.quiet = inventory.volumes.iter().filter(of_stack).filter_map(quiet).collect();
        stack.seeds = inventory
            .volumes
            .iter()
            .filter(of_stack)
            .filter_map(|volume| {
                let key = SeedKey(volume.label(label::SEED_KEY)?.to_owned());
                Some((volume.label(label::SERVICE)?.to_owned(), key))
            })
            .collect();
    }
    stacks.into_values().collect()
}

/// Stacks whose leases have all run out: a sweep takes them, each under the lock of its instance.
pub fn run_out(inventory: &Inventory, now: Timestamp) -> Vec<Stack> {
    standing(inventory).into_iter().filter(|stack| stack.until < now).collect()
}

/// What belongs to an instance and to no stack that stands: a run is standing one up, or died over it. Its environment;
/// an error if two environments have such an instance. Checks are instances of their own and never meant.
pub fn unleased(inventory: &Inventory, name: &StackName) -> Result<Option<String>> {
    let kinds = [&inventory.containers, &inventory.networks, &inventory.volumes];
    let is_meant = |listed: &&Listed| {
        listed.is_stack()
            && listed.label(label::INSTANCE) == Some(&name.instance)
            && listed.label(label::INSTANCE) != listed.label(label::RUN)
            && name
                .environment
                .as_deref()
                .is_none_or(|wanted| listed.label(label::ENVIRONMENT) == Some(wanted))
    };
    let parts = kinds.into_iter().flatten().filter(is_meant);
    let environments: BTreeSet<&str> = parts.filter_map(|part| part.label(label::ENVIRONMENT)).collect();
    if environments.len() > 1 {
        let names: Vec<String> =
            environments.iter().map(|environment| format!("`{environment}/{}`", name.instance)).collect();
        let message = format!("more than one stack is called `{name}`");
        return Err(Error::new(ErrorKind::Usage, message).hint(format!("say {}", names.join(" or "))));
    }
    Ok(environments.first().map(|environment| (*environment).to_owned()))
}

/// Runs whose stack stands, leased or run out.
pub(super) fn leased(inventory: &Inventory) -> BTreeSet<&str> {
    leases(inventory).filter_map(|(lease, _)| lease.label(label::RUN)).collect()
}

fn leases(inventory: &Inventory) -> impl Iterator<Item = (&Listed, Timestamp)> {
    inventory.volumes.iter().filter(|volume| volume.is_stack()).filter_map(|volume| {
        let is_ours = volume.label(label::FORMAT) == Some(label::FORMAT_VERSION);
        Some((volume, volume.label(label::LEASE)?.parse().ok()?)).filter(|_| is_ours)
    })
}

fn quiet(volume: &Listed) -> Option<Quiet> {
    Some(Quiet {
        volume: volume.name.clone(),
        since: volume.label(label::QUIET)?.parse().ok()?,
        work: volume.label(label::QUIET_WORK)?.to_owned(),
    })
}

fn stack_of(lease: &Listed, until: Timestamp) -> Option<Stack> {
    Some(Stack {
        environment: lease.label(label::ENVIRONMENT)?.to_owned(),
        instance: lease.label(label::INSTANCE)?.to_owned(),
        run: RunId(lease.label(label::RUN)?.to_owned()),
        holder: lease.label(label::HOLDER).unwrap_or_default().to_owned(),
        since: lease.label(label::SINCE)?.parse().ok()?,
        until,
        deadline: lease.label(label::DEADLINE)?.parse().ok()?,
        leases: Vec::new(),
        kept: false,
        idle_s: lease.label(label::IDLE).and_then(|seconds| seconds.parse().ok()),
        quiet: Vec::new(),
        subnet: None,
        bridge: None,
        sink: None,
        containers: BTreeMap::new(),
        seeds: BTreeMap::new(),
    })
}

/// The stack that a user means; `None` if none stands under that name. An error if two could be meant.
pub fn find(inventory: &Inventory, name: &StackName) -> Result<Option<Stack>> {
    let mut found: Vec<Stack> = standing(inventory)
        .into_iter()
        .filter(|stack| stack.instance == name.instance)
        .filter(|stack| name.environment.as_ref().is_none_or(|environment| *environment == stack.environment))
        .collect();
    if found.len() > 1 {
        let names: Vec<String> =
            found.iter().map(|stack| format!("`{}/{}`", stack.environment, stack.instance)).collect();
        let message = format!("more than one stack is called `{name}`");
        return Err(Error::new(ErrorKind::Usage, message).hint(format!("say {}", names.join(" or "))));
    }
    Ok(found.pop())
}

/// The names of all stacks that stand, for hints.
pub fn names(inventory: &Inventory) -> Vec<String> {
    standing(inventory).into_iter().map(|stack| stack.instance).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::container::Labels;

    fn volume(environment: &str, instance: &str, run: &str, lease: Option<&str>) -> Listed {
        let mut labels = Labels::from([
            (label::KIND.into(), label::KIND_STACK.into()),
            (label::FORMAT.into(), label::FORMAT_VERSION.into()),
            (label::ENVIRONMENT.into(), environment.into()),
            (label::INSTANCE.into(), instance.into()),
            (label::RUN.into(), run.into()),
            (label::SINCE.into(), "2026-01-01T08:00:00Z".into()),
            (label::DEADLINE.into(), "2026-01-04T08:00:00Z".into()),
        ]);
        match lease {
            Some(until) => labels.insert(label::LEASE.into(), until.into()),
            None => labels.insert(label::SEED_KEY.into(), "4f1c".into()),
        };
        if lease.is_none() {
            labels.insert(label::SERVICE.into(), "db".into());
        }
        Listed { name: format!("stage-{environment}-{run}-{}", lease.unwrap_or("db-data")), labels }
    }

    #[test]
    fn a_stack_stands_until_the_latest_of_its_leases() {
        let inventory = Inventory {
            volumes: vec![
                volume("shop", "pr-1", "r1", Some("2026-01-01T12:00:00Z")),
                volume("shop", "pr-1", "r1", Some("2026-01-01T18:00:00Z")),
                volume("shop", "pr-1", "r1", None),
                volume("shop", "r9", "r9", None),
            ],
            ..Inventory::default()
        };
        let stacks = standing(&inventory);
        assert_eq!(stacks.len(), 1, "what has no lease is no stack that stands");
        assert_eq!(stacks[0].until.to_string(), "2026-01-01T18:00:00Z");
        assert_eq!(stacks[0].leases.len(), 2);
        assert_eq!(stacks[0].seeds["db"], SeedKey("4f1c".into()));
    }

    #[test]
    fn two_environments_may_have_an_instance_of_one_name_and_then_it_takes_both_names() {
        let lease = Some("2026-01-01T12:00:00Z");
        let inventory = Inventory {
            volumes: vec![volume("blog", "pr-1", "r1", lease), volume("shop", "pr-1", "r2", lease)],
            ..Inventory::default()
        };
        let error = find(&inventory, &"pr-1".parse().unwrap()).unwrap_err();
        assert_eq!(error.hints, ["say `blog/pr-1` or `shop/pr-1`"]);
        let found = find(&inventory, &"shop/pr-1".parse().unwrap()).unwrap();
        assert_eq!(found.unwrap().run, RunId("r2".into()));
        assert_eq!(find(&inventory, &"pr-2".parse().unwrap()).unwrap(), None);
    }
}
