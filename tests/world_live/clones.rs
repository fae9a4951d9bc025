//! Clones on a real engine, by each driver: what they hold, that they change alone, and that a server starts on one.

use std::sync::Arc;
use std::time::{Duration, Instant};

use stage::model::call::{Call, Undo};
use stage::model::clones::{CloneDriver, ClonesChoice};
use stage::model::container::{CloneOrigin, ContainerSpec, Mount, MountSource, VolumeSource, VolumeSpec};
use stage::model::name::TableName;
use stage::model::seed::SeedKey;
use stage::world::docker::DockerEngine;
use stage::world::postgres::PostgresServers;
use stage::world::{Database, Databases, Engine};

use crate::server;
use crate::stand::{container, docker, done, forced, labels, name, tidy, undone};

/// A container that has `volume` at `/v`.
fn with_volume(spec: ContainerSpec, volume: &str) -> ContainerSpec {
    let source = MountSource::Volume(volume.to_owned());
    ContainerSpec { mounts: vec![Mount { source, target: "/v".to_owned(), read_only: false }], ..spec }
}

/// Runs `script` in a container that has the clone at `/v`, and returns what it printed.
pub async fn in_clone(engine: &DockerEngine, clone: &str, script: &str) -> String {
    let subvolume = format!("clones/{clone}");
    let volume =
        VolumeSpec { name: clone.to_owned(), source: VolumeSource::Pool { subvolume }, labels: labels("r1") };
    done(engine, Call::CreateVolume(volume)).await;
    let name = name("in");
    let spec = with_volume(container(&name, "r1", script), clone);
    done(engine, Call::CreateContainer(Box::new(spec))).await;
    done(engine, Call::StartContainer { name: name.clone() }).await;
    done(engine, Call::AwaitCompletion { name: name.clone(), timeout_s: 30 }).await;
    let output = engine.output_tail(&name, 100).await.unwrap();
    undone(
        engine,
        &[Undo::RemoveContainer { name, run: "r1".into() }, Undo::RemoveVolume { name: clone.to_owned() }],
    )
    .await;
    output
}

/// Makes a clone.
pub async fn make_clone(engine: &DockerEngine, clone: &str, origin: CloneOrigin) {
    done(engine, Call::MakeClone { clone: clone.to_owned(), origin }).await;
}

/// A clone of a seed holds what the seed held and changes alone, and nothing of either stays.
async fn clones_change_alone(engine: DockerEngine) {
    let e = engine.clone();
    let test = async move {
        assert_eq!(e.clones().await.unwrap(), Vec::<String>::new());
        undone(&e, &[Undo::DeleteClone { clone: "stage-test-none".to_owned() }]).await;
        done(&e, Call::PreparePool).await;
        let key = SeedKey("feedbeef0000ffff".to_owned());
        let (build, first, second) = (name("build"), name("first"), name("second"));
        make_clone(&e, &build, CloneOrigin::Empty).await;
        in_clone(&e, &build, "mkdir -m 700 /v/pg && chown 70:70 /v/pg && echo gold > /v/pg/data; sync").await;
        assert!(e.clone_size_bytes(&build).await.unwrap() > 0);
        done(&e, Call::FreezeSeed { clone: build.clone(), key: key.clone() }).await;
        undone(&e, &[Undo::DeleteClone { clone: build }]).await;
        make_clone(&e, &first, CloneOrigin::Seed(key.clone())).await;
        make_clone(&e, &second, CloneOrigin::Seed(key.clone())).await;
        let changed =
            in_clone(&e, &first, "cat /v/pg/data; stat -c %u:%a /v/pg; echo lead > /v/pg/data").await;
        assert_eq!(changed, "gold\n70:700\n");
        // Nothing nested: a repeated snapshot would show as a folder in the clone.
        assert_eq!(in_clone(&e, &second, "ls /v; cat /v/pg/data").await, "pg\ngold\n");
        let mut clones = vec![first.clone(), second.clone()];
        clones.sort();
        assert_eq!(e.clones().await.unwrap(), clones);
        let gone = clones.into_iter().map(|clone| Undo::DeleteClone { clone });
        undone(&e, &gone.collect::<Vec<_>>()).await;
        undone(&e, &[Undo::DeleteSeed { key: key.clone() }]).await;
        assert!(e.clones().await.unwrap().is_empty());
        let origin = CloneOrigin::Seed(key);
        let error = e.perform(&Call::MakeClone { clone: first, origin }).await.unwrap_err();
        assert!(error.to_string().contains("there is no /pool/seeds/feedbeef0000"), "{error}");
    };
    tidy(test, async { engine.remove_pool().await.unwrap() }).await;
}

#[tokio::test]
async fn clones_by_btrfs_change_alone() {
    clones_change_alone(forced(CloneDriver::Btrfs, &name("pool")).await).await;
}

#[tokio::test]
async fn clones_by_xfs_change_alone() {
    clones_change_alone(forced(CloneDriver::Xfs, &name("pool")).await).await;
}

#[tokio::test]
async fn clones_by_copy_change_alone() {
    clones_change_alone(forced(CloneDriver::Copy, &name("pool")).await).await;
}

/// The volumes of this machine's engine need not share blocks: those of the driver lie on a pool of btrfs here, beside it.
#[tokio::test]
async fn clones_by_reflink_change_alone() {
    let pool = name("pool");
    let beside = forced(CloneDriver::Btrfs, &pool).await;
    done(&beside, Call::PreparePool).await;
    let device = docker(&["volume", "inspect", "--format", "{{.Options.device}}", &pool]);
    let device = format!("device={}", device.trim());
    let (volume, label) = (format!("{pool}-reflink"), "dev.stage=pool");
    docker(&["volume", "create", "--label", label, "-o", "type=btrfs", "-o", &device, &volume]);
    clones_change_alone(beside.with_clones(ClonesChoice::Forced(CloneDriver::Reflink))).await;
}

#[tokio::test]
async fn a_seed_of_another_driver_is_no_seed_here_and_stays_whole() {
    let pool = name("pool");
    let copying = forced(CloneDriver::Copy, &pool).await;
    let e = copying.clone();
    let test = async move {
        done(&e, Call::PreparePool).await;
        let (build, key) = (name("build"), SeedKey("0badcafe00000000".to_owned()));
        make_clone(&e, &build, CloneOrigin::Empty).await;
        in_clone(&e, &build, "echo gold > /v/data").await;
        done(&e, Call::FreezeSeed { clone: build.clone(), key: key.clone() }).await;
        let other = e.clone().with_clones(ClonesChoice::Forced(CloneDriver::Btrfs));
        done(&other, Call::PreparePool).await;
        let origin = CloneOrigin::Seed(key.clone());
        let error = other.perform(&Call::MakeClone { clone: name("none"), origin: origin.clone() }).await;
        let hints = error.unwrap_err().hints;
        assert_eq!(hints, ["seed 0badcafe0000 is one of `--clones copy`"]);
        assert_eq!(other.frozen().await.unwrap(), ["0badcafe0000"], "a sweep sees what is in every place");
        let clone = name("first");
        make_clone(&e, &clone, origin).await;
        assert_eq!(in_clone(&e, &clone, "cat /v/data").await, "gold\n");
        // Whoever removes it need not know how it was made.
        undone(&other, &[Undo::DeleteClone { clone }, Undo::DeleteSeed { key }]).await;
        assert_eq!(e.clones().await.unwrap(), Vec::<String>::new());
        assert_eq!(e.frozen().await.unwrap(), Vec::<String>::new());
    };
    tidy(test, async { copying.remove_pool().await.unwrap() }).await;
}

/// A server whose data is the clone of this name.
async fn serve(engine: &DockerEngine, clone: &str) -> (String, Arc<dyn Database>) {
    let (name, subvolume) = (name("server"), format!("clones/{clone}"));
    let source = VolumeSource::Pool { subvolume };
    let volume = VolumeSpec { name: clone.to_owned(), source, labels: labels("r1") };
    done(engine, Call::CreateVolume(volume)).await;
    let mut spec = server::spec(&name);
    let source = MountSource::Volume(clone.to_owned());
    spec.mounts = vec![Mount { source, target: "/var/lib/postgresql/data".to_owned(), read_only: false }];
    let at = server::start(engine, spec).await;
    (name, PostgresServers.connect(&at, Duration::from_mins(1)).await.unwrap())
}

/// A server starts on a clone of sealed data and leaves the seed alone.
async fn a_server_starts_on_a_clone(driver: CloneDriver) {
    let engine = forced(driver, &name("pool")).await;
    let e = engine.clone();
    let test = async move {
        done(&e, Call::PreparePool).await;
        let (build, key) = (name("build"), SeedKey("0123456789abcdef".to_owned()));
        make_clone(&e, &build, CloneOrigin::Empty).await;
        let (builder, db) = serve(&e, &build).await;
        server::sql(&db, "CREATE TABLE t AS SELECT generate_series(1, 1000) AS id").await;
        db.close().await;
        done(&e, Call::StopContainer { name: builder.clone(), timeout_s: 60 }).await;
        undone(
            &e,
            &[
                Undo::RemoveContainer { name: builder, run: "r1".into() },
                Undo::RemoveVolume { name: build.clone() },
            ],
        )
        .await;
        done(&e, Call::FreezeSeed { clone: build.clone(), key: key.clone() }).await;
        undone(&e, &[Undo::DeleteClone { clone: build }]).await;
        for rows in [999, 999] {
            let clone = name("data");
            let started = Instant::now();
            make_clone(&e, &clone, CloneOrigin::Seed(key.clone())).await;
            let (server, db) = serve(&e, &clone).await;
            println!("a server answers on a fresh clone by {driver} after {:?}", started.elapsed());
            server::sql(&db, "DELETE FROM t WHERE id = 7").await;
            assert_eq!(db.count(&[TableName::new("public", "t")]).await.unwrap(), [rows]);
            db.close().await;
            let undos = [
                Undo::RemoveContainer { name: server, run: "r1".into() },
                Undo::RemoveVolume { name: clone.clone() },
                Undo::DeleteClone { clone },
            ];
            undone(&e, &undos).await;
        }
        undone(&e, &[Undo::DeleteSeed { key }]).await;
    };
    tidy(test, async { engine.remove_pool().await.unwrap() }).await;
}

#[tokio::test]
async fn a_server_starts_on_a_clone_by_btrfs() {
    a_server_starts_on_a_clone(CloneDriver::Btrfs).await;
}

#[tokio::test]
async fn a_server_starts_on_a_clone_by_xfs() {
    a_server_starts_on_a_clone(CloneDriver::Xfs).await;
}

#[tokio::test]
async fn a_server_starts_on_a_clone_by_copy() {
    a_server_starts_on_a_clone(CloneDriver::Copy).await;
}
