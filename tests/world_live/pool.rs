//! The pool of clones on a real engine: made, used, lost and found again.

use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use stage::model::call::{Call, Undo};
use stage::model::container::{CloneOrigin, ContainerSpec, Mount, MountSource, VolumeSource, VolumeSpec};
use stage::model::name::TableName;
use stage::model::seed::SeedKey;
use stage::world::docker::DockerEngine;
use stage::world::postgres::PostgresServers;
use stage::world::{Database, Databases, Engine};

use crate::server;
use crate::stand::{container, done, labels, name, tidy, undone};

/// A container that has `volume` at `/v`.
fn with_volume(spec: ContainerSpec, volume: &str) -> ContainerSpec {
    let source = MountSource::Volume(volume.to_owned());
    ContainerSpec { mounts: vec![Mount { source, target: "/v".to_owned(), read_only: false }], ..spec }
}

/// Runs `script` in a container that has the clone at `/v`, and returns what it printed.
async fn in_clone(engine: &DockerEngine, clone: &str, script: &str) -> String {
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

async fn make_clone(engine: &DockerEngine, clone: &str, origin: CloneOrigin) {
    done(engine, Call::MakeClone { clone: clone.to_owned(), origin }).await;
}

fn docker(arguments: &[&str]) {
    let output = Command::new("docker").args(arguments).output().unwrap();
    assert!(output.status.success(), "docker {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

#[tokio::test]
async fn a_clone_of_a_seed_holds_what_the_seed_held_and_changes_alone() {
    let pool = name("pool");
    let engine = DockerEngine::connect_with_pool("test", &pool).await.unwrap();
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
async fn a_pool_is_found_again_after_its_keeper_stopped_and_its_device_was_taken() {
    let pool = name("pool");
    let engine = DockerEngine::connect_with_pool("test", &pool).await.unwrap();
    let e = engine.clone();
    let test = async move {
        done(&e, Call::PreparePool).await;
        let clone = name("kept");
        make_clone(&e, &clone, CloneOrigin::Empty).await;
        let keeper = format!("{pool}-keeper");
        docker(&["stop", "-t", "1", &keeper]);
        assert_eq!(e.clones().await.unwrap(), vec![clone.clone()], "the keeper is started again");
        // As after a restart of the machine: the keeper is stopped and the loop device is no longer attached. Somebody left
        // a setup container behind that was never started.
        docker(&["stop", "-t", "1", &keeper]);
        let script = "for e in /sys/block/loop*/loop; do n=${e#/sys/block/loop}; n=${n%/loop}; mknod /dev/loop$n b 7 $n; \
                      done; losetup -d $(losetup -n -O NAME -j /back/pool.img)";
        let back = format!("{pool}-back:/back");
        let rule = "b 7:* rwm";
        let helper = ["run", "--rm", "--network", "none", "--device-cgroup-rule", rule, "-v", &back];
        docker(&[&helper[..], &["stage-helper:1", "sh", "-c", script]].concat());
        docker(&["create", "--name", &format!("{pool}-setup"), "stage-helper:1", "true"]);
        assert!(!e.inventory(&[]).await.unwrap().has_pool);
        assert_eq!(e.clones().await.unwrap(), vec![clone.clone()], "the device is attached again");
        assert!(e.inventory(&[]).await.unwrap().has_pool);
        undone(&e, &[Undo::DeleteClone { clone }]).await;
    };
    tidy(test, async { engine.remove_pool().await.unwrap() }).await;
}

#[tokio::test]
async fn several_may_prepare_a_pool_at_once() {
    let pool = name("pool");
    let engine = DockerEngine::connect_with_pool("test", &pool).await.unwrap();
    let e = engine.clone();
    let test = async move {
        let all = (0..4).map(|_| {
            let e = e.clone();
            tokio::spawn(async move { e.perform(&Call::PreparePool).await })
        });
        for prepared in futures_util::future::join_all(all).await {
            prepared.unwrap().unwrap();
        }
        let clone = name("one");
        make_clone(&e, &clone, CloneOrigin::Empty).await;
        assert_eq!(e.clones().await.unwrap(), vec![clone]);
    };
    tidy(test, async { engine.remove_pool().await.unwrap() }).await;
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

#[tokio::test]
async fn a_server_starts_on_a_clone_of_sealed_data_and_leaves_the_seed_alone() {
    let pool = name("pool");
    let engine = DockerEngine::connect_with_pool("test", &pool).await.unwrap();
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
            println!("a server answers on a fresh clone after {:?}", started.elapsed());
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
    tidy(Box::pin(test), async { engine.remove_pool().await.unwrap() }).await;
}
