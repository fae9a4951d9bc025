//! Whom a sweep leaves alone, and whom it does not.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;

use super::story::{
    assert_clean, check, check_until, events, journals, preview_as, seeded, shop, sweep, sweep_as, world,
};
use crate::model::error::ErrorKind;
use crate::world::memory::{MemoryWorld, Moment};
use crate::world::state::MemoryState;
use crate::world::{Stop, World};

/// The same engine, seen from a machine with a state folder of its own.
fn elsewhere(world: &MemoryWorld) -> World {
    World { state: Arc::new(MemoryState::default()), ..world.world() }
}

#[tokio::test]
async fn a_run_that_lives_is_not_swept() {
    let world = seeded().await.service_hangs("web");
    let started = world.started().len();
    let (switch, stop) = Stop::new();
    let (result, ()) = tokio::join!(check_until(&world, stop, events()), async {
        while !world.started().iter().skip(started).any(|name| name.ends_with("-web")) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let (listing, living) = (world.listing(), journals(&world));
        assert_eq!(living.len(), 1);
        for ports in [world.world(), elsewhere(&world)] {
            assert_eq!(sweep_as("here", &world.world()).await.removed, Vec::<String>::new());
            assert_eq!(sweep_as("there", &ports).await.removed, Vec::<String>::new());
        }
        let preview = preview_as("here", &world.world()).await;
        assert_eq!(preview, Vec::<String>::new());
        assert_eq!((world.listing(), journals(&world)), (listing, living));
        switch.stop(15);
    });
    assert_eq!(result.unwrap_err().kind, ErrorKind::Interrupted(15));
    assert_clean(&world, "stopped");
}

#[tokio::test]
async fn sweeps_that_go_on_beside_a_check_never_get_in_its_way() {
    let world = world();
    let check = async {
        for _ in 0..5 {
            let report = check(&world).await.unwrap();
            assert_eq!(report.teardown.left, Vec::<String>::new());
        }
    };
    let sweeps = async {
        loop {
            assert_eq!(sweep(&world).await.left, Vec::<String>::new());
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        () = check => {}
        () = sweeps => {}
    }
    sweep(&world).await;
    assert_clean(&world, "checks and sweeps");
}

#[tokio::test]
async fn what_another_machine_left_is_swept_only_after_its_deadline() {
    let reference = seeded().await;
    let first = reference.calls();
    check(&reference).await.unwrap();
    let calls = reference.calls() - first;
    let seed = reference.listing();
    for number in [calls / 4, calls / 2, calls - 20] {
        let world = seeded().await.crash_at(first + number, Moment::After);
        check(&world).await.unwrap_err();
        world.revive();
        let listing = world.listing();
        assert!(listing.len() > seed.len(), "call {number}: there is something to sweep");

        let other = elsewhere(&world);
        assert_eq!(sweep_as("there", &other).await.removed, Vec::<String>::new());
        assert_eq!(world.listing(), listing, "call {number}");
        world.pass(i64::try_from(shop().lease.max_s).unwrap() + 1);
        let preview = preview_as("there", &other).await;
        assert_eq!(world.listing(), listing, "a preview removes nothing");
        assert_eq!(sweep_as("there", &other).await.removed, preview);
        assert_eq!(world.listing(), seed, "call {number}");

        sweep(&world).await;
        assert_clean(&world, "the machine that crashed comes back");
        assert_eq!(world.listing(), seed);
    }
}

#[tokio::test]
async fn a_machine_that_lost_its_journals_finds_its_runs_by_their_labels() {
    let reference = seeded().await;
    let (first, seed) = (reference.calls(), reference.listing());
    check(&reference).await.unwrap();
    let seed = &seed;
    let swept = (first + 1..=reference.calls()).map(|number| async move {
        let world = seeded().await.crash_at(number, Moment::After);
        // Whatever it says: it is dead.
        let _ = check(&world).await;
        world.revive();
        sweep_as("here", &elsewhere(&world)).await;
        assert_eq!(world.listing(), *seed, "call {number}");
    });
    // All at once, for some sweeps wait for late arrivals.
    join_all(swept.map(Box::pin)).await;
}
