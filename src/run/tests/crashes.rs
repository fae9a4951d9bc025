//! The process dies around every call and every write: the next one leaves only whole seeds.

use super::story::{
    assert_clean, check, effort, events, journals, left, only_whole_seeds, seeded, settings, sweep, world,
};
use crate::model::sweep::SweepBounds;
use crate::run;
use crate::world::memory::{MemoryWorld, Moment};

/// A check dies, and a fresh process sweeps and checks again.
async fn dies_and_is_swept(world: &MemoryWorld, what: &str) {
    let result = check(world).await;
    assert!(result.is_err() || left(&result).is_some(), "{what}: it did not die");
    assert!(!journals(world).is_empty() || only_whole_seeds(world), "{what}: nobody could know");
    world.revive();
    assert_eq!(sweep(world).await.left, Vec::<String>::new(), "{what}");
    assert_clean(world, what);
    check(world).await.unwrap_or_else(|error| panic!("{what}, checked again: {error}"));
    assert_clean(world, &format!("{what}, checked again"));
}

#[tokio::test]
async fn a_check_that_dies_around_any_call_is_swept() {
    let (calls, _) = effort(&world()).await;
    for number in 1..=calls {
        for moment in [Moment::Before, Moment::After] {
            let world = world().crash_at(number, moment);
            dies_and_is_swept(&world, &format!("dies {moment:?} call {number}")).await;
        }
    }
    println!("deaths around calls: {} points", 2 * calls);
    assert!(calls > 80, "only {calls} calls");
}

#[tokio::test]
async fn a_check_that_dies_beside_a_seed_leaves_it_whole() {
    let reference = seeded().await;
    let (listing, first) = (reference.listing(), reference.calls());
    let (calls, _) = effort(&reference).await;
    for number in first + 1..=first + calls {
        for moment in [Moment::Before, Moment::After] {
            let world = seeded().await.crash_at(number, moment);
            dies_and_is_swept(&world, &format!("dies {moment:?} call {number}")).await;
            assert_eq!(world.listing(), listing, "dies {moment:?} call {number}");
        }
    }
    println!("deaths around calls beside a seed: {} points", 2 * calls);
}

#[tokio::test]
async fn a_check_that_dies_before_any_write_to_the_state_folder_is_swept() {
    let (_, writes) = effort(&world()).await;
    for number in 1..=writes {
        let world = world().crash_at_write(number);
        dies_and_is_swept(&world, &format!("dies before write {number}")).await;
    }
    println!("deaths before writes to the state folder: {writes} points");
}

#[tokio::test]
async fn the_next_check_takes_down_what_a_dead_one_left_and_never_waits_for_its_lock() {
    let (calls, _) = effort(&world()).await;
    for number in 1..=calls {
        let world = world().crash_at(number, Moment::After);
        // Whatever it says: it is dead.
        let _ = check(&world).await;
        world.revive();
        let next = tokio::time::timeout(std::time::Duration::from_secs(10), check(&world)).await;
        let report = next.unwrap_or_else(|_| panic!("call {number}: it waits for the dead")).unwrap();
        assert_eq!(report.teardown.left, Vec::<String>::new(), "call {number}");
        assert_clean(&world, &format!("call {number}"));
    }
}

#[tokio::test]
async fn a_sweep_that_dies_itself_is_ended_by_the_next() {
    let (calls, _) = effort(&world()).await;
    // In the middle of the suite, when most stands, and while the seed is built.
    for dies in [calls / 3, calls - 30] {
        let crashed = || async {
            let world = world().crash_at(dies, Moment::After);
            check(&world).await.unwrap_err();
            world.revive()
        };
        let reference = crashed().await;
        assert!(!journals(&reference).is_empty());
        let first = reference.calls();
        sweep(&reference).await;
        for number in first + 1..=reference.calls() {
            for moment in [Moment::Before, Moment::After] {
                let world = crashed().await.crash_at(number, moment);
                // Whatever it says: it is dead.
                let _ =
                    run::sweep(&world.world(), &settings("here"), &events(), &SweepBounds::default()).await;
                world.revive();
                sweep(&world).await;
                assert_clean(&world, &format!("the sweep dies {moment:?} call {number}"));
            }
        }
    }
}
