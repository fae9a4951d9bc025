//! The twin keeps the promises of the real engine, and its faults do what they say.

mod sample;

use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use secrecy::SecretString;
use tokio::sync::mpsc;

use self::sample::{container, empty_clone, in_pool, key, network, seed, start};
use super::{MemoryWorld, Moment};
use crate::model::call::{Call, Performed, Undo};
use crate::model::container::CloneOrigin;
use crate::model::error::ErrorKind;
use crate::model::name::TableName;
use crate::world::database::Address;

async fn perform(world: &MemoryWorld, call: &Call) -> Result<Performed, ErrorKind> {
    world.world().engine.perform(call).await.map_err(|error| error.kind)
}

async fn all(world: &MemoryWorld, calls: &[Call]) {
    for call in calls {
        assert_eq!(perform(world, call).await, Ok(Performed::Done), "{call}");
    }
}

async fn undo(world: &MemoryWorld, undo: Undo) -> Result<(), ErrorKind> {
    world.world().engine.undo(&undo).await.map_err(|error| error.kind)
}

async fn connect(world: &MemoryWorld) -> std::sync::Arc<dyn crate::world::Database> {
    let socket = world.world().engine.reach("db", 5432).await.unwrap();
    let password = SecretString::from("");
    let at = Address { socket, user: "shop".into(), password, database: "shop".into() };
    world.world().databases.connect(&at, Duration::from_secs(1)).await.unwrap()
}

/// A database that runs on an empty clone.
async fn standing() -> MemoryWorld {
    let world = MemoryWorld::new();
    let calls =
        [Call::PreparePool, network("1"), in_pool("data"), empty_clone("data"), container("1"), start()];
    all(&world, &calls).await;
    world
}

#[tokio::test]
async fn a_name_that_another_run_holds_is_no_room_and_the_same_runs_is_done() {
    let world = standing().await;
    assert_eq!(perform(&world, &container("1")).await, Ok(Performed::Done));
    assert_eq!(perform(&world, &container("2")).await, Err(ErrorKind::NoRoom));
    all(&world, &[network("1"), network("2")]).await;
    assert_eq!(world.listing().iter().filter(|line| *line == "network net").count(), 2);
}

#[tokio::test]
async fn what_a_container_needs_comes_before_it() {
    let world = MemoryWorld::new().with_image("redis:7");
    assert_eq!(perform(&world, &container("1")).await, Err(ErrorKind::Unreachable), "no image");
    all(&world, &[Call::PullImage { reference: "postgres:15".into() }]).await;
    assert_eq!(perform(&world, &container("1")).await, Err(ErrorKind::Unreachable), "no network");
    all(&world, &[network("1")]).await;
    assert_eq!(perform(&world, &container("1")).await, Err(ErrorKind::Bug), "no volume");
    assert_eq!(perform(&world, &empty_clone("data")).await, Err(ErrorKind::Bug), "a clone before its volume");
    assert_eq!(perform(&world, &in_pool("data")).await, Err(ErrorKind::Bug), "no pool");
    all(&world, &[Call::PreparePool, in_pool("data"), container("1")]).await;
    assert_eq!(perform(&world, &start()).await, Err(ErrorKind::Unreachable), "no clone behind the volume");
    all(&world, &[empty_clone("data"), start()]).await;
    assert_eq!(world.started(), ["db"]);
}

#[tokio::test]
async fn nothing_that_a_container_uses_can_be_removed_before_it() {
    let world = standing().await;
    let removals = [
        Undo::RemoveNetwork { name: "net".into(), run: "1".into() },
        Undo::DeleteClone { clone: "data".into() },
        Undo::RemoveVolume { name: "data".into() },
    ];
    for removal in &removals {
        assert_eq!(undo(&world, removal.clone()).await, Err(ErrorKind::Leftover), "{removal}");
    }
    undo(&world, Undo::RemoveContainer { name: "db".into(), run: "1".into() }).await.unwrap();
    for removal in removals.iter().chain(&removals) {
        assert_eq!(undo(&world, removal.clone()).await, Ok(()), "{removal}, absent or not");
    }
    assert!(world.listing().is_empty());
}

#[tokio::test]
async fn a_seed_is_frozen_only_from_a_server_at_rest_and_its_rows_are_in_every_clone() {
    let world = standing().await;
    let people = TableName::new("public", "people");
    let (sender, rows) = mpsc::channel(2);
    sender.send(Bytes::from_static(b"1\ta\n2\tb\n")).await.unwrap();
    sender.send(Bytes::from_static(b"3\tc\n")).await.unwrap();
    drop(sender);
    let database = connect(&world).await;
    assert_eq!(database.copy_in(&people, &[], rows).await.unwrap(), Ok(3));

    let freeze = Call::FreezeSeed { clone: "data".into(), key: key() };
    assert_eq!(perform(&world, &freeze).await, Err(ErrorKind::Bug));
    all(&world, &[Call::StopContainer { name: "db".into(), timeout_s: 1 }, freeze]).await;
    assert!(database.catalog().await.is_err(), "the server has stopped");
    undo(&world, Undo::RemoveContainer { name: "db".into(), run: "1".into() }).await.unwrap();
    undo(&world, Undo::DeleteClone { clone: "data".into() }).await.unwrap();

    let from_seed = Call::MakeClone { clone: "data".into(), origin: CloneOrigin::Seed(key()) };
    all(&world, &[from_seed, container("1"), start()]).await;
    assert_eq!(connect(&world).await.count(&[people]).await.unwrap(), [3]);
}

#[tokio::test]
async fn a_clone_of_a_seed_that_is_not_there_fails() {
    let world = MemoryWorld::new();
    all(&world, &[Call::PreparePool, in_pool("data")]).await;
    let call = Call::MakeClone { clone: "data".into(), origin: CloneOrigin::Seed(key()) };
    assert_eq!(perform(&world, &call).await, Err(ErrorKind::Unreachable));
}

#[tokio::test]
async fn the_inventory_reads_seeds_from_labels() {
    let world = MemoryWorld::new().with_seed(&seed()).unwrap();
    let inventory = world.world().engine.inventory(&["postgres:15".into()]).await.unwrap();
    assert_eq!(inventory.seeds, [seed()]);
    assert_eq!(inventory.images["postgres:15"].id, "sha256:postgres:15");
    assert!(inventory.has_pool);
    assert_eq!(world.listing(), ["frozen seed 0123456789ab", "volume stage-seed-0123456789ab"]);
}

#[tokio::test]
async fn services_behave_as_they_were_told() {
    let healthy = Call::AwaitHealthy { name: "db".into(), timeout_s: 9 };
    let unfit = |performed| match performed {
        Ok(Performed::Unfit(failure)) => failure.reason,
        other => panic!("{other:?}"),
    };
    let world = standing().await;
    all(&world, std::slice::from_ref(&healthy)).await;
    world.service_never_healthy("db");
    assert_eq!(unfit(perform(&world, &healthy).await), "not healthy after 9 s");
    world.service_never_exits("db");
    let completion = Call::AwaitCompletion { name: "db".into(), timeout_s: 9 };
    assert_eq!(unfit(perform(&world, &completion).await), "still running after 9 s");
    world.service_exits("db", 3).service_says("db", "one\ntwo\nthree");
    assert_eq!(unfit(perform(&world, &completion).await), "exited with 3");
    let engine = world.world().engine;
    assert_eq!(engine.await_exit("db", Duration::ZERO).await.unwrap(), Some(3));
    assert_eq!(engine.output_tail("db", 2).await.unwrap(), "two\nthree");
}

#[tokio::test]
async fn a_call_fails_before_or_after_its_effect() {
    let world = MemoryWorld::new().fail_call(1).fail_after(2);
    assert_eq!(perform(&world, &network("1")).await, Err(ErrorKind::Unreachable));
    assert!(world.listing().is_empty());
    assert_eq!(perform(&world, &network("1")).await, Err(ErrorKind::Unreachable));
    assert_eq!(world.listing(), ["network net"]);
    assert_eq!(perform(&world, &network("1")).await, Ok(Performed::Done));
    assert_eq!(world.calls(), 3);
}

#[tokio::test]
async fn a_dead_process_has_no_effect_until_another_takes_over() {
    for (moment, expected) in [(Moment::Before, 0), (Moment::After, 1)] {
        let world = MemoryWorld::new().crash_at(1, moment);
        let ports = world.world();
        let hold = ports.state.hold("journals/a").unwrap();
        assert!(perform(&world, &network("1")).await.is_err());
        assert!(perform(&world, &network("2")).await.is_err());
        assert!(ports.state.append("journals/a", "{}").is_err());
        assert_eq!(world.listing().len(), expected);
        world.revive();
        assert!(ports.state.hold("journals/a").unwrap().is_some());
        all(&world, &[network("2")]).await;
        drop(hold);
    }
}

#[tokio::test]
async fn files_are_found_by_pattern_within_one_folder() {
    let at = Timestamp::UNIX_EPOCH;
    let world = MemoryWorld::new().with_file("/b/a.dump", "abc", at).with_file("/b/old/b.dump", "", at);
    let files = world.world().files;
    let found = files.matches("/b/*.dump".as_ref()).await.unwrap();
    assert_eq!(found.iter().map(|file| file.size_bytes).collect::<Vec<_>>(), [3]);
    assert_eq!(
        files.fingerprint("/b/a.dump".as_ref()).await.unwrap(),
        blake3::hash(b"abc").to_hex().to_string()
    );
    assert_eq!(files.open("/b/none".as_ref()).err().unwrap().kind, ErrorKind::Backup);
}
