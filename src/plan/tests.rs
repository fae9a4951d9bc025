//! The plan's text is the assertion.

use std::collections::BTreeMap;

use super::samples::{self, identity, inventory, shop};
use super::{
    Enclosure, Hosts, SeedOrder, Twins, build_seed, command_migration, lock_seed, make_services, run_command,
    seal_seed, senders, stand_up, start_for_commands, start_services, start_suite, stopped, wake_databases,
};
use crate::model::call::Call;
use crate::model::clones::CloneDriver;
use crate::model::container::MountSource;
use crate::model::environment::{Environment, MigrationCommand, MigrationSource};
use crate::model::inventory::ImageFacts;
use crate::model::label;
use crate::model::mail::MailSink;
use crate::model::plan::Plan;
use crate::model::seed::{SeedKey, SeedRecord};
use crate::model::stack::{ContainerFacts, ContainerStatus};

#[track_caller]
fn check(plan: &Plan, expected: &str) {
    let expected: Vec<&str> = expected.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let text = plan.to_string();
    let text: Vec<&str> = text.lines().map(str::trim).collect();
    assert_eq!(text, expected, "\n{plan}");
    for (id, step) in plan.steps.iter().enumerate() {
        assert!(step.after.iter().all(|&earlier| earlier < id), "step {} waits for a later one", id + 1);
    }
}

fn enclosure(environment: &Environment) -> Enclosure {
    Enclosure::new(environment, &identity(), "10.213.0.0/28", &Hosts::new()).unwrap()
}

fn key() -> SeedKey {
    SeedKey("4f1c9a0b7d22".repeat(5) + "abcd")
}

#[test]
fn databases_run_on_clones_beside_the_untouched_seed_and_nothing_else_runs_yet() {
    let seeds = BTreeMap::from([("db".to_owned(), key())]);
    let plan = stand_up(
        &shop_with_a_command(),
        &identity(),
        &inventory(),
        (&seeds, Twins::Stand),
        &enclosure(&shop_with_a_command()),
    );
    check(
        &plan,
        "1 create network stage-shop-r1 10.213.0.0/28 — the stack's own network
         2 deny egress of stage-r1 — a copy of production must not act after 1
         3 create volume stage-shop-r1-db-data — database db
         4 clone seed 4f1c9a0b7d22 as stage-shop-r1-db-data — database db after 3
         5 create container stage-shop-r1-db of postgres:15 — database db after 1 4
         6 start stage-shop-r1-db — database db after 5 2
         7 create volume stage-shop-r1-db-before-data — db as the seed was, for comparison
         8 clone seed 4f1c9a0b7d22 as stage-shop-r1-db-before-data — db as the seed was, for comparison after 7
         9 create container stage-shop-r1-db-before of postgres:15 — db as the seed was, for comparison after 1 8
        10 start stage-shop-r1-db-before — db as the seed was, for comparison after 9 2",
    );
    let Call::CreateContainer(container) = &plan.steps[4].call else { panic!("{plan}") };
    assert_eq!(container.mounts.len(), 1, "the clone takes the place of Compose's volume");
    assert_eq!(container.mounts[0].source, MountSource::Volume("stage-shop-r1-db-data".into()));
    assert_eq!(container.labels[label::RUN], "r1");
    assert_eq!(container.reached_at, Some(5432));
}

#[test]
fn a_database_that_nothing_migrates_needs_no_twin() {
    let seeds = BTreeMap::from([("db".to_owned(), key())]);
    let plan =
        stand_up(&shop(), &identity(), &inventory(), (&seeds, Twins::Stand), &enclosure(&shop())).to_string();
    assert!(plan.contains("start stage-shop-r1-db ") && !plan.contains("before"), "{plan}");
}

#[test]
fn services_start_in_the_order_of_their_conditions_and_each_is_awaited() {
    check(
        &start_services(&shop(), &identity()),
        "1 await health of stage-shop-r1-db — service db
         2 start stage-shop-r1-warmup — service warmup after 1
         3 await completion of stage-shop-r1-warmup — service warmup after 2
         4 start stage-shop-r1-web — service web after 3
         5 start stage-shop-r1-worker — service worker after 3
         6 await health of stage-shop-r1-web — service web after 4
         7 await health of stage-shop-r1-worker — service worker after 5",
    );
}

#[test]
fn containers_are_made_with_their_volumes_before_anything_is_started() {
    check(
        &make_services(&shop(), &identity(), &inventory(), shop().suite.as_ref(), &enclosure(&shop())),
        "1 create container stage-shop-r1-warmup of shop:1 — service warmup
         2 create volume stage-shop-r1.files — volume files
         3 create container stage-shop-r1-web of shop:1 — service web after 2
         4 create container stage-shop-r1-worker of shop:1 — service worker
         5 create container stage-shop-r1-tests of shop:1 — service tests",
    );
}

#[test]
fn the_suite_waits_for_what_compose_says_and_starts_nothing_else() {
    let environment = shop();
    let suite = environment.suite.clone().unwrap();
    check(
        &start_suite(&environment, &identity(), &suite),
        "1 await health of stage-shop-r1-web — service web
         2 start stage-shop-r1-tests — service tests after 1",
    );
}

/// The shop in which the image of `worker` migrates; as Compose has it, that needs a job which needs the database.
fn shop_with_a_command() -> Environment {
    let mut shop = shop();
    shop.services.get_mut("worker").unwrap().aliases.push("jobs".into());
    shop.migrations.push(MigrationSource::Command(MigrationCommand {
        database: "db".into(),
        service: "worker".into(),
        command: vec!["rake".into(), "migrate".into()],
        name: "schema".into(),
        timeout_s: 60,
    }));
    shop
}

#[test]
fn a_command_has_a_container_of_its_own_that_nobody_takes_for_the_service() {
    let (shop, identity) = (shop_with_a_command(), identity());
    let plan = make_services(&shop, &identity, &inventory(), shop.suite.as_ref(), &enclosure(&shop));
    let made = "1 create container stage-shop-r1-migration-1 of shop:1 — migration schema";
    assert_eq!(plan.to_string().lines().next().unwrap().trim(), made);
    let Call::CreateContainer(container) = &plan.steps[0].call else { panic!("{plan}") };
    assert_eq!(container.runtime.command.as_deref().unwrap(), ["rake", "migrate"]);
    assert_eq!(container.network.as_deref(), Some("stage-shop-r1"));
    assert!(container.aliases.is_empty() && container.ports.is_empty());
    let MigrationSource::Command(command) = &shop.migrations[0] else { panic!() };
    check(&run_command(&identity, command, 1), "1 start stage-shop-r1-migration-1 — migration schema");
}

#[test]
fn what_depends_on_a_database_is_not_started_for_a_command() {
    check(&start_for_commands(&shop_with_a_command(), &identity()), "");
}

#[test]
fn the_checksum_of_a_command_changes_with_its_words_and_its_image() {
    let (shop, mut inventory) = (shop_with_a_command(), inventory());
    let MigrationSource::Command(command) = &shop.migrations[0] else { panic!() };
    let first = command_migration(&shop, command, &inventory).checksum;
    assert_eq!(first.len(), 96);
    let other = MigrationCommand { command: vec!["rake migrate".into()], ..command.clone() };
    assert_ne!(command_migration(&shop, &other, &inventory).checksum, first);
    inventory.images.get_mut("shop:1").unwrap().id = "sha256:2".into();
    assert_ne!(command_migration(&shop, command, &inventory).checksum, first);
}

#[test]
fn an_image_that_is_missing_is_pulled_before_its_container_is_made() {
    let mut inventory = inventory();
    inventory.images.remove("shop:1");
    let plan = make_services(&shop(), &identity(), &inventory, None, &enclosure(&shop()));
    assert!(plan.to_string().contains("pull image shop:1 — service worker"), "{plan}");
}

#[test]
fn a_seed_is_built_under_its_lock_and_only_the_frozen_copy_and_its_volume_stay() {
    let (environment, identity, key) = (shop(), identity(), key());
    let order = SeedOrder {
        identity: &identity,
        key: &key,
        service: &environment.services["db"],
        image: &ImageFacts::default(),
        clones: CloneDriver::Btrfs,
    };
    check(
        &lock_seed(&order),
        "1 create container stage-seed-4f1c9a0b7d22-lock of stage-helper:1 — only one builds seed 4f1c9a0b7d22 of db",
    );
    check(
        &build_seed(&order, "10.213.0.0/28"),
        "1 prepare pool — clones need a pool
         2 create network stage-shop-r1 10.213.0.0/28 — seed 4f1c9a0b7d22 of db
         3 deny egress of stage-r1 — a copy of production must not act after 2
         4 create volume stage-shop-r1-db-seed-data — seed 4f1c9a0b7d22 of db after 1
         5 make empty clone stage-shop-r1-db-seed-data — seed 4f1c9a0b7d22 of db after 4
         6 create container stage-shop-r1-db-seed of postgres:15 — seed 4f1c9a0b7d22 of db after 2 5
         7 start stage-shop-r1-db-seed — seed 4f1c9a0b7d22 of db after 6 3",
    );
    let record = SeedRecord {
        key: key.clone(),
        environment: "shop".into(),
        database: "db".into(),
        backup_taken_at: identity.deadline,
        sealed_at: identity.deadline,
        size_bytes: 1,
        build_s: 1.0,
        rows: BTreeMap::new(),
    };
    check(
        &seal_seed(&order, &record, "{}".into()),
        "1 stop stage-shop-r1-db-seed — seed 4f1c9a0b7d22 of db is whole only after a clean shutdown
         2 freeze stage-shop-r1-db-seed-data as seed 4f1c9a0b7d22 (kept) — seed 4f1c9a0b7d22 of db after 1
         3 create volume stage-seed-4f1c9a0b7d22 (kept) — register seed 4f1c9a0b7d22 of db after 2",
    );
}

#[test]
fn mail_is_caught_before_anybody_can_send_it() {
    let sink = MailSink { names: vec!["mail".into(), "smtp.example.com".into()] };
    let mut shop = Environment { mail: Some(sink), ..shop() };
    let hosts =
        ["smtp.example.com:203.0.113.7", "SMTP.example.com=203.0.113.7", "api.example.com:203.0.113.8"];
    shop.services.get_mut("web").unwrap().runtime.extra_hosts = hosts.map(str::to_owned).to_vec();
    let plan =
        stand_up(&shop, &identity(), &inventory(), (&BTreeMap::new(), Twins::Stand), &enclosure(&shop));
    check(
        &plan,
        "1 create network stage-shop-r1 10.213.0.0/28 — the stack's own network
         2 deny egress of stage-r1 — a copy of production must not act after 1
         3 create container stage-shop-r1.mail of stage-helper:1 — mail of the stack is caught after 1
         4 start stage-shop-r1.mail — mail of the stack is caught after 3 2
         5 await health of stage-shop-r1.mail — mail of the stack is caught after 4",
    );
    let Call::CreateContainer(container) = &plan.steps[2].call else { panic!("{plan}") };
    assert_eq!(container.aliases, ["mail", "smtp.example.com"]);
    assert!(container.ports.is_empty() && container.mounts.is_empty());
    assert!(!container.labels.contains_key(label::SERVICE), "it is no service");
    let address = container.address.unwrap();
    let services = enclosure(&shop).services().clone();
    let environment = container.runtime.environment.clone();
    let facts = ContainerFacts { environment, ..facts(&container.name, ContainerStatus::Running) };
    assert_eq!(senders(&facts), services, "also those that come and go");
    assert_eq!(services[&address], "mail");
    let without = enclosure(&samples::shop());
    assert!(without.services().iter().all(|(address, service)| services[address] == *service));
    let plan = make_services(&shop, &identity(), &inventory(), None, &enclosure(&shop));
    let hosts = plan.steps.iter().find_map(|step| match &step.call {
        Call::CreateContainer(container) if container.name.ends_with("-web") => {
            Some(&container.runtime.extra_hosts)
        }
        _ => None,
    });
    assert_eq!(hosts.unwrap(), &["api.example.com:203.0.113.8"], "no file of hosts leads past the sink");
}

fn facts(name: &str, status: ContainerStatus) -> ContainerFacts {
    ContainerFacts {
        name: name.into(),
        service: String::new(),
        status,
        health: None,
        ports: Vec::new(),
        address: None,
        environment: BTreeMap::new(),
    }
}

#[test]
fn a_sink_that_was_stopped_with_its_stack_is_started_again() {
    let mut environment = shop();
    environment.mail = Some(MailSink::default());
    let names = identity().names();
    let running = [facts(&names.sink(), ContainerStatus::Running)];
    assert_eq!(stopped(&environment, &identity(), &running), None);
    let containers =
        [names.sink(), names.container("db")].map(|name| facts(&name, ContainerStatus::Exited(0)));
    let stopped = stopped(&environment, &identity(), &containers).unwrap();
    check(
        &wake_databases(&environment, &identity(), &stopped, true, Some(&enclosure(&environment))),
        "1 deny egress of stage-r1 (kept) — a copy of production must not act
         2 start stage-shop-r1.mail again — mail of the stack is caught after 1
         3 await health of stage-shop-r1.mail — mail of the stack is caught after 2
         4 start stage-shop-r1-db again — database db after 1",
    );
}
