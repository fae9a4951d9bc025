//! The pool of clones on a real engine: chosen, made, grown, lost and found again.

use std::collections::BTreeSet;

use stage::model::call::{Call, Undo};
use stage::model::clones::CloneDriver;
use stage::model::container::CloneOrigin;
use stage::world::Engine;
use stage::world::docker::DockerEngine;

use crate::clones::{in_clone, make_clone};
use crate::stand::{docker, done, forced, name, tidy, undone};

/// Runs `script` in a helper container that may use loop devices and has the pool's back volume at `/back`, with a node for
/// each loop device that is in use.
fn with_loops(pool: &str, script: &str) -> String {
    let nodes = "for e in /sys/block/loop*/loop; do n=${e#/sys/block/loop}; n=${n%/loop}; mknod /dev/loop$n b 7 $n; done";
    let (script, back) = (format!("{nodes}; {script}"), format!("{pool}-back:/back"));
    let helper = ["run", "--rm", "--network", "none", "--device-cgroup-rule", "b 7:* rwm", "-v", &back];
    docker(&[&helper[..], &["stage-helper:1", "sh", "-c", &script]].concat())
}

/// A pool is found again after the machine was restarted: its keeper has stopped, its device is gone, and the number may
/// be somebody else's.
async fn is_found_again(driver: CloneDriver) {
    const DETACH: &str = "losetup -d $(losetup -n -O NAME -j /back/pool.img)";
    // The number is taken by something that is not ours before anybody asks for the pool again.
    const TAKE: &str = "d=$(losetup -n -O NAME -j /back/pool.img | tr -d ' '); losetup -d $d; truncate -s 1M /back/foreign; \
                        ! losetup $d /back/foreign || echo $d";
    let name_of_pool = name("pool");
    let engine = forced(driver, &name_of_pool).await;
    let (e, volume) = (
        engine.clone(),
        match driver {
            CloneDriver::Btrfs => name_of_pool.clone(),
            other => format!("{name_of_pool}-{other}"),
        },
    );
    let test = async move {
        done(&e, Call::PreparePool).await;
        let clone = name("kept");
        make_clone(&e, &clone, CloneOrigin::Empty).await;
        in_clone(&e, &clone, "echo here > /v/data; sync").await;
        let keeper = format!("{volume}-keeper");
        docker(&["stop", "-t", "1", &keeper]);
        assert_eq!(e.clones().await.unwrap(), vec![clone.clone()], "the keeper is started again");
        docker(&["stop", "-t", "1", &keeper]);
        with_loops(&volume, DETACH);
        // Somebody left a setup container behind that was never started.
        docker(&["create", "--name", &format!("{volume}-setup"), "stage-helper:1", "true"]);
        assert!(!e.inventory(&[]).await.unwrap().has_pool);
        assert_eq!(e.clones().await.unwrap(), vec![clone.clone()], "the device is attached again");
        assert!(e.inventory(&[]).await.unwrap().has_pool);
        let mut attempts = 0;
        let taken = loop {
            docker(&["stop", "-t", "1", &keeper]);
            let taken = with_loops(&volume, TAKE).trim().to_owned();
            assert_eq!(e.clones().await.unwrap(), vec![clone.clone()], "another device is attached");
            if !taken.is_empty() {
                break taken;
            }
            // Another test was the first to take the number.
            attempts += 1;
            assert!(attempts < 5, "the number is taken by another test each time");
        };
        let backing = with_loops(&volume, &format!("losetup -n -O BACK-FILE {taken}; losetup -d {taken}"));
        assert!(backing.contains("foreign"), "{taken} is not touched: {backing}");
        assert_eq!(in_clone(&e, &clone, "cat /v/data").await, "here\n");
        undone(&e, &[Undo::DeleteClone { clone }]).await;
    };
    tidy(test, async { engine.remove_pool().await.unwrap() }).await;
}

#[tokio::test]
async fn a_pool_of_btrfs_is_found_again_after_its_keeper_stopped_and_its_device_was_taken() {
    is_found_again(CloneDriver::Btrfs).await;
}

#[tokio::test]
async fn a_pool_of_xfs_is_found_again_after_its_keeper_stopped_and_its_device_was_taken() {
    is_found_again(CloneDriver::Xfs).await;
}

async fn grows(driver: CloneDriver) {
    const MORE: u64 = 3 << 30;
    const WRITTEN: u64 = 256 << 20;
    let of_pool = name("pool");
    let engine = forced(driver, &of_pool).await;
    let e = engine.clone();
    let test = async move {
        assert_eq!(e.room().await.unwrap(), None, "there is no pool to measure");
        done(&e, Call::PreparePool).await;
        let before = e.room().await.unwrap().unwrap();
        let (clone, pool) = (name("kept"), before.pool.unwrap());
        assert!(pool.size_bytes <= 8 << 30, "it begins modest: {pool:?}");
        assert!(pool.free_bytes > pool.size_bytes / 10 * 8 && before.disk.free_bytes > 0, "{before:?}");
        make_clone(&e, &clone, CloneOrigin::Empty).await;
        in_clone(&e, &clone, "echo here > /v/data; sync").await;
        if driver == CloneDriver::Btrfs {
            let mounted =
                docker(&["exec", &format!("{of_pool}-keeper"), "grep", " /pool ", "/proc/self/mounts"]);
            assert!(mounted.contains("metadata_ratio=3"), "room is set aside for its trees: {mounted}");
        }
        let free = async || e.room().await.unwrap().unwrap().pool.unwrap().free_bytes;
        let free_before = free().await;
        in_clone(&e, &clone, &format!("head -c {WRITTEN} /dev/zero >/v/more")).await;
        let taken = free_before.saturating_sub(free().await);
        println!("{driver}: {taken} bytes of {WRITTEN} are taken before they are on the disk");
        assert!(taken >= WRITTEN / 10 * 9, "what is still in memory is not free: {taken}");
        in_clone(&e, &clone, "rm /v/more; sync").await;
        done(&e, Call::GrowPool { size_bytes: pool.size_bytes + MORE }).await;
        let after = e.room().await.unwrap().unwrap().pool.unwrap();
        println!("{driver} grew from {} to {} bytes", pool.size_bytes, after.size_bytes);
        assert!(after.free_bytes > pool.free_bytes + MORE / 10 * 9, "{pool:?} {after:?}");
        assert_eq!(in_clone(&e, &clone, "cat /v/data").await, "here\n");
    };
    tidy(test, async { engine.remove_pool().await.unwrap() }).await;
}

#[tokio::test]
async fn a_pool_of_btrfs_grows_while_it_is_used() {
    grows(CloneDriver::Btrfs).await;
}

#[tokio::test]
async fn a_pool_of_xfs_grows_while_it_is_used() {
    grows(CloneDriver::Xfs).await;
}

/// Objects of the engine whose names begin so.
fn objects(prefix: &str) -> BTreeSet<String> {
    let filter = format!("name={prefix}");
    let lists = [
        docker(&["ps", "--all", "--filter", &filter, "--format", "{{.Names}}"]),
        docker(&["volume", "ls", "--filter", &filter, "--format", "{{.Name}}"]),
    ];
    lists.iter().flat_map(|list| list.lines().map(str::to_owned)).collect()
}

#[tokio::test]
async fn the_driver_is_chosen_by_a_probe_and_remembered() {
    let pool = name("pool");
    let engine = DockerEngine::connect_with_pool("test", &pool).await.unwrap();
    let e = engine.clone();
    let test = async move {
        assert_eq!(e.inventory(&[]).await.unwrap().clones, None);
        let survey = e.survey().await.unwrap();
        assert_eq!(objects(&pool), BTreeSet::new(), "looking makes nothing that stays");
        println!("{survey:#?}");
        assert_eq!(survey.drivers.iter().map(|found| found.driver).collect::<Vec<_>>(), CloneDriver::ALL);
        let best = survey.drivers.iter().find(|found| found.works).unwrap().driver;
        assert_eq!(survey.driver, Some(best));
        if best != CloneDriver::Reflink {
            assert!(survey.drivers[0].why.contains("cannot share blocks"), "{:?}", survey.drivers[0]);
        }
        done(&e, Call::PreparePool).await;
        // Another process asks the engine alone.
        let other = DockerEngine::connect_with_pool("test", &pool).await.unwrap();
        let inventory = other.inventory(&[]).await.unwrap();
        assert_eq!((inventory.clones, inventory.has_pool), (Some(best), true));
        let again = other.survey().await.unwrap();
        assert_eq!(again.driver_why, "the best that worked when the pool was made");
        assert!(again.room.is_some());
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
