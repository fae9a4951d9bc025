//! Every call to the outside fails, before or after its effect, and is carried out twice: only whole seeds stay.

use super::story::{assert_clean, check, effort, journals, left, seeded, sweep, world};
use crate::model::error::{ErrorKind, Result};
use crate::model::report::{Report, Verdict};
use crate::world::memory::MemoryWorld;

/// What must hold after a check to which something happened that it survived as a process.
async fn settle(world: &MemoryWorld, result: &Result<Report>, what: &str) {
    if let Ok(report) = result {
        assert_eq!(report.verdict, Verdict::Passed, "{what}");
    }
    if left(result).is_none() {
        assert_clean(world, what);
    }
    assert_eq!(sweep(world).await.left, Vec::<String>::new(), "{what}");
    assert_clean(world, &format!("{what}, swept"));
    check(world).await.unwrap_or_else(|error| panic!("{what}, checked again: {error}"));
    assert_clean(world, &format!("{what}, checked again"));
}

#[tokio::test]
async fn every_call_may_fail_while_the_seed_is_built_and_after() {
    let (calls, _) = effort(&world()).await;
    let mut survived = 0;
    for number in 1..=calls {
        for after in [false, true] {
            let what = format!("call {number} fails {}", if after { "after" } else { "before" });
            let world = if after { world().fail_after(number) } else { world().fail_call(number) };
            let result = check(&world).await;
            survived += usize::from(result.is_ok());
            settle(&world, &result, &what).await;
        }
    }
    println!("calls failed: {} points, of which a report survived {survived}", 2 * calls);
    assert!(calls > 80, "only {calls} calls");
}

#[tokio::test]
async fn a_subnet_that_another_run_took_first_is_not_the_only_one() {
    for lost in 1..=4 {
        // Those of the seed's builder, and then those of a stack.
        for world in [world(), seeded().await] {
            check(&world.with_subnets_lost(lost)).await.unwrap();
            assert_clean(&world, &format!("{lost} lost"));
        }
    }
    for world in [world(), seeded().await] {
        let error = check(&world.with_subnets_lost(5)).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::NoRoom);
        assert_clean(&world, "five lost");
    }
}

#[tokio::test]
async fn a_failing_call_never_costs_a_seed_that_was_there() {
    let reference = seeded().await;
    let (listing, first) = (reference.listing(), reference.calls());
    let (calls, _) = effort(&reference).await;
    for number in first + 1..=first + calls {
        for after in [false, true] {
            let world = seeded().await;
            if after {
                world.fail_after(number)
            } else {
                world.fail_call(number)
            };
            let result = check(&world).await;
            assert_eq!(world.listing(), listing, "call {number}");
            settle(&world, &result, &format!("call {number}")).await;
        }
    }
    println!("calls failed beside a seed: {} points", 2 * calls);
}

#[tokio::test]
async fn a_full_disk_under_the_state_folder_leaves_nothing_that_a_sweep_does_not_find() {
    let (_, writes) = effort(&world()).await;
    for number in 1..=writes {
        let what = format!("write {number} fails");
        let world = world().fail_write(number);
        let result = check(&world).await;
        assert!(result.is_err() || left(&result).is_some(), "{what}: nobody was told");
        assert_eq!(sweep(&world).await.left, Vec::<String>::new(), "{what}");
        assert_clean(&world, &what);
        check(&world).await.unwrap();
    }
    println!("writes to the state folder failed: {writes} points");
    assert!(writes > 40, "only {writes} writes");
}

#[tokio::test]
async fn a_full_disk_does_not_make_a_journal_unreadable_that_must_stay() {
    let (_, writes) = effort(&world()).await;
    // The check is run 1 here, and the build of its seed run 2.
    for stays in ["network stage-shop-000000000001", "network stage-shop-000000000002"] {
        for number in 1..=writes {
            let world = world().cannot_remove(stays).fail_write(number);
            let result = check(&world).await;
            assert!(result.is_err() || left(&result).is_some(), "write {number}");
            if world.writes() < number {
                break;
            }
            world.can_remove(stays);
            assert_eq!(sweep(&world).await.left, Vec::<String>::new(), "write {number}");
            assert_clean(&world, &format!("write {number} fails and {stays} stays"));
        }
    }
}

#[tokio::test]
async fn what_cannot_be_removed_is_named_and_a_later_sweep_ends_it() {
    // The check is run 1 here, and the build of its seed run 2.
    let of_the_stack = ["network stage-shop-000000000001", "clone stage-shop-000000000001-db-data"];
    let of_the_build = ["network stage-shop-000000000002", "clone stage-shop-000000000002-db-seed-data"];
    for what in of_the_stack.into_iter().chain(of_the_build) {
        let world = world().cannot_remove(what);
        let result = check(&world).await;
        assert_eq!(result.is_ok(), of_the_stack.contains(&what), "a report is worth its evidence: {what}");
        assert!(left(&result).unwrap().contains(what), "{what}");
        assert_eq!(journals(&world).len(), 1, "{what} stays in the journal");
        world.can_remove(what);
        assert!(sweep(&world).await.removed.contains(&what.to_owned()));
        assert_clean(&world, what);
    }
}

#[tokio::test]
async fn every_call_may_be_carried_out_twice() {
    let (once, twice) = (world(), world().repeat(true));
    let (first, second) = (check(&once).await.unwrap(), check(&twice).await.unwrap());
    assert_eq!(first.verdict, second.verdict);
    assert_eq!(first.teardown, second.teardown);
    assert_eq!(first.seeds[0].seed.rows, second.seeds[0].seed.rows);
    assert_eq!(once.listing(), twice.listing());
    assert_eq!(once.started(), twice.started());
    assert_clean(&twice, "carried out twice");
    assert!(check(&twice).await.unwrap().seeds[0].reused);
}
