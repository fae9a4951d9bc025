//! What a sweep may take away, from labels alone.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::removal::{Doomed, removal};
use super::standing::leased;
use crate::model::call::Undo;
use crate::model::inventory::{Inventory, Listed};
use crate::model::label;
use crate::model::seed::SeedKey;
use crate::model::sweep::SweepBounds;

/// What a sweep knows beyond labels.
#[derive(Clone, Debug)]
pub struct SweepScope {
    /// This state folder: what other holders made is swept only after its deadline.
    pub holder: String,
    /// Runs of this holder that live.
    pub living: BTreeSet<String>,
    /// Now.
    pub now: Timestamp,
    /// Interfaces whose egress is denied, listed before the inventory, and again later where no network has them: rules are
    /// laid for a network that is there, so those of none are left over.
    pub denied: Vec<String>,
}

/// What is in the pool. Frozen seeds are listed around the inventory, as one that is sealed meanwhile must look neither
/// like a copy without a volume nor like a volume without a copy.
#[derive(Clone, Debug, Default)]
pub struct PoolListing {
    /// Clones, listed before the inventory.
    pub clones: Vec<String>,
    /// Frozen seeds, listed before the inventory.
    pub frozen_before: Vec<String>,
    /// Frozen seeds, listed after it.
    pub frozen_after: Vec<String>,
}

/// What a sweep takes away, and what it leaves for the next one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expired {
    /// What goes.
    pub doomed: Vec<Doomed>,
    /// Stacks that were too many, as `ENV/INSTANCE`.
    pub postponed: Vec<String>,
}

/// Everything of stacks that is past its deadline, or that a run of this holder left behind, and halves of seeds: a
/// frozen copy that nothing registers and nobody builds, a registration without its copy. Nothing without our label and
/// nothing of another format is touched.
pub fn expired(
    inventory: &Inventory,
    pool: &PoolListing,
    scope: &SweepScope,
    bounds: &SweepBounds,
) -> Expired {
    let clones = &pool.clones;
    let leased = leased(inventory);
    let is_over = |listed: &Listed| {
        let is_meant = bounds.has(listed.label(label::ENVIRONMENT), listed.label(label::INSTANCE));
        if is_meant { why_over(listed, &leased, scope) } else { None }
    };
    let listed = [&inventory.containers, &inventory.networks, &inventory.volumes].into_iter().flatten();
    let over = listed.filter(|listed| listed.is_stack() && is_over(listed).is_some());
    let stacks: BTreeSet<String> = over.map(stack_of).collect();
    let postponed: Vec<String> = stacks.into_iter().skip(bounds.limit).collect();
    let mut doomed = removal(inventory, clones, |listed| {
        is_over(listed).filter(|_| !postponed.contains(&stack_of(listed)))
    });
    if bounds.is_whole() {
        doomed.extend(without_stack(inventory, pool, scope));
    }
    Expired { doomed, postponed }
}

fn stack_of(listed: &Listed) -> String {
    let word = |key| listed.label(key).unwrap_or("?");
    format!("{}/{}", word(label::ENVIRONMENT), word(label::INSTANCE))
}

/// What belongs to no stack.
fn without_stack(inventory: &Inventory, pool: &PoolListing, scope: &SweepScope) -> Vec<Doomed> {
    let mut doomed = Vec::new();
    for setup in inventory.containers.iter().filter(|container| is_abandoned_setup(container, scope)) {
        let run = setup.label(label::RUN).unwrap_or_default().to_owned();
        let undo = Undo::RemoveContainer { name: setup.name.clone(), run };
        doomed.push(Doomed { undo, why: "it was to set up the pool and was never started".to_owned() });
    }
    let has_volume = |clone: &&String| inventory.volumes.iter().any(|volume| volume.name == **clone);
    for clone in pool.clones.iter().filter(|clone| !has_volume(clone)) {
        let undo = Undo::DeleteClone { clone: clone.clone() };
        doomed.push(Doomed { undo, why: "no volume holds it".to_owned() });
    }
    let has_network = |bridge: &&String| {
        inventory.networks.iter().any(|network| network.label(label::BRIDGE) == Some(bridge.as_str()))
    };
    for bridge in scope.denied.iter().filter(|bridge| !has_network(bridge)) {
        let undo = Undo::ForgetEgress { bridge: bridge.clone() };
        doomed.push(Doomed { undo, why: "no network has this interface".to_owned() });
    }
    let halves = halves_of_seeds(inventory, pool).into_iter();
    doomed.extend(halves.map(|undo| Doomed { undo, why: "it is half of a seed".to_owned() }));
    doomed
}

/// What carries our label in a version that this build does not read, one line each: whoever reads it may take it away.
pub fn left_alone(inventory: &Inventory) -> Vec<String> {
    let kinds = [
        ("container", &inventory.containers),
        ("network", &inventory.networks),
        ("volume", &inventory.volumes),
    ];
    let foreign = kinds.into_iter().flat_map(|(kind, listed)| {
        let is_foreign = |listed: &&Listed| {
            let format = listed.label(label::FORMAT);
            listed.label(label::KIND) != Some(label::KIND_SEED) && format != Some(label::FORMAT_VERSION)
        };
        listed.iter().filter(is_foreign).map(move |listed| {
            let format = listed.label(label::FORMAT).unwrap_or("none");
            format!(
                "{kind} {}: it has format {format}, and this stage reads format {}",
                listed.name,
                label::FORMAT_VERSION
            )
        })
    });
    foreign.chain(inventory.unreadable_seeds.iter().map(ToString::to_string)).collect()
}

fn halves_of_seeds(inventory: &Inventory, pool: &PoolListing) -> Vec<Undo> {
    let mut undos = Vec::new();
    for name in &pool.frozen_before {
        let key = SeedKey(name.clone());
        let is_registered = inventory.volumes.iter().any(|volume| volume.name == key.volume());
        let is_being_built = inventory.containers.iter().any(|container| container.name == key.lock());
        if !is_registered && !is_being_built {
            undos.push(Undo::DeleteSeed { key });
        }
    }
    for seed in &inventory.seeds {
        let is_frozen = |frozen: &[String]| frozen.iter().any(|name| name == seed.key.short());
        if !is_frozen(&pool.frozen_before) && !is_frozen(&pool.frozen_after) {
            undos.push(Undo::RemoveVolume { name: seed.key.volume() });
        }
    }
    undos
}

/// A container that sets up a pool removes itself; one that is past its deadline was never started.
fn is_abandoned_setup(listed: &Listed, scope: &SweepScope) -> bool {
    listed.label(label::KIND) == Some(label::KIND_POOL)
        && listed.label(label::RUN) == Some(label::RUN_OF_SETUP)
        && listed.label(label::FORMAT) == Some(label::FORMAT_VERSION)
        && is_past(listed, scope)
}

fn is_past(listed: &Listed, scope: &SweepScope) -> bool {
    let deadline = listed.label(label::DEADLINE).and_then(|deadline| deadline.parse::<Timestamp>().ok());
    deadline.is_some_and(|deadline| deadline < scope.now)
}

/// Why it goes: it is past the hard deadline, or of a run of this holder that died. What belongs to a stack that stands, or
/// whose lease has run out, is taken down under the lock of its instance only.
fn why_over(listed: &Listed, leased: &BTreeSet<&str>, scope: &SweepScope) -> Option<String> {
    if listed.label(label::FORMAT) != Some(label::FORMAT_VERSION) {
        return None;
    }
    let run = listed.label(label::RUN);
    if run.is_some_and(|run| leased.contains(run)) {
        return None;
    }
    let is_own = listed.label(label::HOLDER) == Some(scope.holder.as_str());
    match run {
        Some(run) if is_own && !scope.living.contains(run) => Some(format!("run {run} died")),
        _ => is_past(listed, scope).then(|| "it is past its deadline".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::model::container::Labels;
    use crate::model::name::RunId;
    use crate::model::seed::SeedRecord;
    use crate::plan::take_down;

    fn listed(name: &str, holder: &str, run: &str, deadline: &str) -> Listed {
        let labels = Labels::from([
            (label::KIND.into(), label::KIND_STACK.into()),
            (label::FORMAT.into(), label::FORMAT_VERSION.into()),
            (label::HOLDER.into(), holder.into()),
            (label::RUN.into(), run.into()),
            (label::DEADLINE.into(), deadline.into()),
        ]);
        Listed { name: name.into(), labels }
    }

    fn scope() -> SweepScope {
        SweepScope {
            holder: "me".into(),
            living: BTreeSet::from(["alive".to_owned()]),
            now: "2026-01-02T00:00:00Z".parse().unwrap(),
            denied: Vec::new(),
        }
    }

    fn check(inventory: &Inventory, clones: &[&str], expected: &[&str]) {
        check_pool(inventory, clones, &[], &[], expected);
    }

    fn check_pool(
        inventory: &Inventory,
        clones: &[&str],
        before: &[&str],
        after: &[&str],
        expected: &[&str],
    ) {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let pool =
            PoolListing { clones: owned(clones), frozen_before: owned(before), frozen_after: owned(after) };
        let expired = expired(inventory, &pool, &scope(), &SweepBounds::default());
        let undos: Vec<String> = expired.doomed.iter().map(|doomed| doomed.undo.to_string()).collect();
        assert_eq!(undos, expected);
    }

    #[test]
    fn a_sweep_keeps_to_its_bounds_and_says_why_and_what_it_leaves() {
        let of = |instance: &str| {
            let mut part = listed(&format!("web-{instance}"), "them", instance, EARLIER);
            part.labels.insert(label::ENVIRONMENT.into(), "shop".into());
            part.labels.insert(label::INSTANCE.into(), instance.into());
            part
        };
        let inventory =
            Inventory { containers: vec![of("pr-1"), of("pr-2"), of("pr-3")], ..Inventory::default() };
        let taken = |bounds: &SweepBounds, clones: &[&str]| {
            let pool = PoolListing {
                clones: clones.iter().map(|&clone| clone.to_owned()).collect(),
                ..PoolListing::default()
            };
            let expired = expired(&inventory, &pool, &scope(), bounds);
            let names: Vec<String> =
                expired.doomed.iter().map(|it| format!("{}: {}", it.undo, it.why)).collect();
            (names, expired.postponed)
        };
        let two = SweepBounds { limit: 2, ..SweepBounds::default() };
        let past = |name: &str| format!("container {name}: it is past its deadline");
        assert_eq!(taken(&two, &[]), (vec![past("web-pr-1"), past("web-pr-2")], vec!["shop/pr-3".into()]));
        let one = SweepBounds { instance: Some("pr-3".into()), ..SweepBounds::default() };
        assert_eq!(taken(&one, &["orphan"]), (vec![past("web-pr-3")], vec![]), "an orphan is in no bounds");
        let none = SweepBounds { environment: Some("blog".into()), ..SweepBounds::default() };
        assert_eq!(taken(&none, &[]), (vec![], vec![]));
    }

    const LATER: &str = "2026-01-03T00:00:00Z";
    const EARLIER: &str = "2026-01-01T00:00:00Z";

    #[test]
    fn a_sweep_takes_what_crashed_here_and_what_is_overdue_anywhere() {
        let inventory = Inventory {
            containers: vec![
                listed("mine-alive", "me", "alive", LATER),
                listed("mine-crashed", "me", "dead", LATER),
                listed("theirs", "them", "other", LATER),
                listed("theirs-overdue", "them", "old", EARLIER),
            ],
            ..Inventory::default()
        };
        check(&inventory, &[], &["container mine-crashed", "container theirs-overdue"]);
    }

    #[test]
    fn what_is_leased_is_left_to_whoever_has_the_lock_of_its_instance() {
        let mut lease = listed("lease", "me", "r1", EARLIER);
        lease.labels.insert(label::LEASE.into(), EARLIER.into());
        let inventory = Inventory {
            containers: vec![listed("leased", "me", "r1", EARLIER), listed("dead", "me", "r2", LATER)],
            volumes: vec![lease],
            ..Inventory::default()
        };
        check(&inventory, &[], &["container dead"]);
    }

    #[test]
    fn taking_an_instance_down_takes_all_of_it_and_nothing_else() {
        let of = |name: &str, instance: &str, run: &str| {
            let mut part = listed(name, "them", run, LATER);
            part.labels.insert(label::ENVIRONMENT.into(), "shop".into());
            part.labels.insert(label::INSTANCE.into(), instance.into());
            part
        };
        let inventory = Inventory {
            containers: vec![of("web", "pr-1", "r1"), of("lock", "pr-1", "me"), of("other", "pr-2", "r3")],
            volumes: vec![of("data", "pr-1", "r1")],
            networks: vec![of("net", "pr-1", "r1")],
            ..Inventory::default()
        };
        let undos = take_down(&inventory, &["data".to_owned()], "shop", "pr-1", &RunId("me".into()));
        let undos: Vec<String> = undos.iter().map(ToString::to_string).collect();
        assert_eq!(undos, ["container web", "network net", "clone data", "volume data"]);
    }

    #[test]
    fn a_sweep_leaves_seeds_pools_and_other_formats_alone() {
        let mut seed = listed("seed", "me", "dead", EARLIER);
        seed.labels.insert(label::KIND.into(), label::KIND_SEED.into());
        let mut foreign = listed("newer", "me", "dead", EARLIER);
        foreign.labels.insert(label::FORMAT.into(), "2".into());
        let inventory = Inventory { volumes: vec![seed, foreign], ..Inventory::default() };
        check(&inventory, &[], &[]);
        assert_eq!(left_alone(&inventory), ["volume newer: it has format 2, and this stage reads format 1"]);
    }

    #[test]
    fn a_clone_without_a_volume_is_garbage_and_one_with_a_living_volume_is_not() {
        let inventory =
            Inventory { volumes: vec![listed("held", "them", "x", LATER)], ..Inventory::default() };
        check(&inventory, &["held", "orphan"], &["clone orphan"]);
    }

    #[test]
    fn rules_of_an_interface_go_unless_a_network_has_it() {
        let mut network = listed("held", "them", "x", LATER);
        network.labels.insert(label::BRIDGE.into(), "stage-1".into());
        let inventory = Inventory { networks: vec![network], ..Inventory::default() };
        let denied = vec!["stage-1".to_owned(), "stage-2".to_owned()];
        let scope = SweepScope { denied, ..scope() };
        let expired = expired(&inventory, &PoolListing::default(), &scope, &SweepBounds::default());
        let undos: Vec<String> = expired.doomed.iter().map(|doomed| doomed.undo.to_string()).collect();
        assert_eq!(undos, ["egress rules of stage-2"]);
    }

    #[test]
    fn a_setup_of_a_pool_that_was_never_started_goes_and_the_keeper_stays() {
        let of_pool = |name, run, deadline| {
            let mut listed = listed(name, "them", run, deadline);
            listed.labels.insert(label::KIND.into(), label::KIND_POOL.into());
            listed
        };
        let mut keeper = of_pool("stage-pool-keeper", "", EARLIER);
        keeper.labels.remove(label::RUN);
        let inventory = Inventory {
            containers: vec![
                keeper,
                of_pool("stage-pool-setup", label::RUN_OF_SETUP, EARLIER),
                of_pool("stage-pool-xfs-setup", label::RUN_OF_SETUP, LATER),
            ],
            ..Inventory::default()
        };
        check(&inventory, &[], &["container stage-pool-setup"]);
    }

    fn seed(key: &str) -> (Listed, SeedRecord) {
        let record = SeedRecord {
            key: SeedKey(key.into()),
            environment: "shop".into(),
            database: "db".into(),
            backup_taken_at: Timestamp::UNIX_EPOCH,
            sealed_at: Timestamp::UNIX_EPOCH,
            size_bytes: 1,
            build_s: 1.0,
            rows: BTreeMap::new(),
        };
        let labels = Labels::from([(label::KIND.into(), label::KIND_SEED.into())]);
        (Listed { name: record.key.volume(), labels }, record)
    }

    #[test]
    fn half_a_seed_goes_and_a_whole_one_stays_even_if_it_was_sealed_meanwhile() {
        let (volume, record) = seed("aaaaaaaaaaaa");
        let registered = Inventory { volumes: vec![volume], seeds: vec![record], ..Inventory::default() };
        check_pool(&registered, &[], &["aaaaaaaaaaaa"], &["aaaaaaaaaaaa"], &[]);
        check_pool(&registered, &[], &[], &["aaaaaaaaaaaa"], &[]);
        check_pool(&registered, &[], &[], &[], &["volume stage-seed-aaaaaaaaaaaa"]);
        let nothing = Inventory::default();
        check_pool(&nothing, &[], &["aaaaaaaaaaaa"], &["aaaaaaaaaaaa"], &["frozen seed aaaaaaaaaaaa"]);
        let lock = Listed { name: "stage-seed-aaaaaaaaaaaa-lock".into(), labels: Labels::new() };
        let building = Inventory { containers: vec![lock], ..Inventory::default() };
        check_pool(&building, &[], &["aaaaaaaaaaaa"], &["aaaaaaaaaaaa"], &[]);
    }
}
