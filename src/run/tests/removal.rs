//! `seed remove`: whatever happens to it, the seed is whole or nothing of it is left.

use super::story::{assert_clean, check, events, only_seed, only_whole_seeds, seeded, sweep, world};
use crate::model::error::{ErrorKind, Result};
use crate::model::seed::SeedRecord;
use crate::run;
use crate::world::memory::{MemoryWorld, Moment};

async fn remove(world: &MemoryWorld) -> Result<SeedRecord> {
    let listing = world.listing();
    let key = listing.iter().find_map(|line| line.strip_prefix("frozen seed ")).unwrap_or("00");
    run::remove_seed(&world.world(), key, &events()).await
}

/// How many calls and writes came before the removal, and with it.
async fn effort() -> ((usize, usize), (usize, usize)) {
    let world = seeded().await;
    let before = (world.calls(), world.writes());
    remove(&world).await.unwrap();
    (before, (world.calls(), world.writes()))
}

#[tokio::test]
async fn nothing_of_a_removed_seed_is_left_and_the_next_check_builds_it_again() {
    let world = seeded().await;
    let seed = only_seed(&world).await;
    assert_eq!(remove(&world).await.unwrap(), seed);
    assert_eq!(world.listing(), Vec::<String>::new());
    assert_clean(&world, "removed");
    assert_eq!(remove(&world).await.unwrap_err().kind, ErrorKind::Usage);
    assert!(!check(&world).await.unwrap().seeds[0].reused);
}

#[tokio::test]
async fn a_removal_that_dies_is_ended_by_a_sweep_or_has_not_begun() {
    let (before, with) = effort().await;
    let mut points = 0;
    for number in before.0 + 1..=with.0 {
        for moment in [Moment::Before, Moment::After] {
            let world = seeded().await.crash_at(number, moment);
            dies(&world, &format!("dies {moment:?} call {number}")).await;
            points += 1;
        }
    }
    for number in before.1 + 1..=with.1 {
        dies(&seeded().await.crash_at_write(number), &format!("dies before write {number}")).await;
        points += 1;
    }
    println!("deaths of a removal: {points} points");
    assert!(points >= 8);
}

async fn dies(world: &MemoryWorld, what: &str) {
    assert!(remove(world).await.is_err(), "{what}");
    world.revive();
    assert_eq!(sweep(world).await.left, Vec::<String>::new(), "{what}");
    assert_clean(world, what);
    check(world).await.unwrap_or_else(|error| panic!("{what}, checked again: {error}"));
}

#[tokio::test]
async fn every_call_of_a_removal_may_fail() {
    let (before, with) = effort().await;
    for number in before.0 + 1..=with.0 {
        for after in [false, true] {
            let world = seeded().await;
            if after {
                world.fail_after(number)
            } else {
                world.fail_call(number)
            };
            // The first failure of an undo is survived: it is tried again.
            let _ = remove(&world).await;
            assert!(only_whole_seeds(&world), "call {number}: {:?}", world.listing());
            sweep(&world).await;
            assert_clean(&world, &format!("call {number}, swept"));
        }
    }
}

#[tokio::test]
async fn a_seed_that_cannot_be_unregistered_keeps_its_data() {
    let world = seeded().await;
    let volume = format!("volume {}", only_seed(&world).await.key.volume());
    world.cannot_remove(&volume);
    let error = remove(&world).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Leftover);
    assert!(error.message.contains(&volume), "{error}");
    assert_eq!(world.listing().len(), 2, "whole as before");
    world.can_remove(&volume);
    sweep(&world).await;
    assert_eq!(world.listing(), Vec::<String>::new());
}

#[tokio::test]
async fn what_no_seed_or_more_than_one_is_named_by_is_refused() {
    let world = world();
    assert_eq!(remove(&world).await.unwrap_err().kind, ErrorKind::Usage);
    let world = seeded().await;
    let seed = only_seed(&world).await;
    for prefix in ["xyz", ""] {
        let error = run::remove_seed(&world.world(), prefix, &events()).await.unwrap_err();
        assert!(error.message.contains(&format!("`{prefix}`")), "{error}");
    }
    let mut other = seed.clone();
    other.key.0.replace_range(4.., "0000");
    world.with_seed(&other).unwrap();
    let error = run::remove_seed(&world.world(), &seed.key.0[..4], &events()).await.unwrap_err();
    assert!(error.message.contains("more than one"), "{error}");
    assert_eq!(world.listing().len(), 4);
}
