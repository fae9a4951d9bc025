//! A check that compares: the stack without the migrations stands after the migrated one is gone, and nothing of either stays.

use super::story::{
    assert_clean, check, check_of, events, journals, left, only_whole_seeds, seeded, shop, sweep,
};
use crate::model::environment::Environment;
use crate::model::error::{ErrorKind, Result};
use crate::model::log::LogLevel;
use crate::model::migration::SqlFailure;
use crate::model::proof::MadeKind;
use crate::model::report::{Report, Verdict};
use crate::world::Stop;
use crate::world::memory::{MemoryWorld, Moment};

const FAILS: &str = "ERROR: order 7 has no column \"note\"\n";

fn comparing() -> Environment {
    Environment { compares: true, ..shop() }
}

async fn compare(world: &MemoryWorld) -> Result<Report> {
    check_of(&comparing(), world, Stop::new().1, events()).await
}

#[tokio::test]
async fn lines_that_are_new_after_the_migrations_are_told() {
    let said = "started in 12 ms\n";
    let world = seeded().await.service_says("web", said).service_says("worker", said);
    let report =
        compare(&world.service_says_once_migrated("web", &format!("{said}{FAILS}{FAILS}"))).await.unwrap();
    let comparison = report.comparison.unwrap();
    assert_eq!(comparison.service_failure, None);
    assert!(comparison.suite.unwrap().is_passed());
    let [change] = &comparison.logs[..] else { panic!("{:#?}", comparison.logs) };
    assert_eq!((change.service.as_str(), change.level), ("web", LogLevel::Error));
    assert_eq!((change.before, change.after), (0, 2));
    assert_eq!(change.template, "ERROR: order <n> has no column \"…\"");
    assert_eq!(change.example, FAILS.trim_end());
    assert_eq!(report.verdict, Verdict::Passed, "lines are told, not judged");
    assert_clean(&world, "after a comparison");
}

#[tokio::test]
async fn what_a_service_was_given_as_a_secret_is_in_no_line() {
    let mut shop = comparing();
    let environment = &mut shop.services.get_mut("web").unwrap().runtime.environment;
    environment.insert("SESSION_SECRET".into(), "very-secret".into());
    let world = seeded().await.service_says_once_migrated("worker", "WARN: bad cookie very-secret\n");
    let report = check_of(&shop, &world, Stop::new().1, events()).await.unwrap();
    let told = format!("{report:?}");
    assert!(told.contains("bad cookie ***") && !told.contains("very-secret"), "{told}");
}

#[tokio::test]
async fn of_databases_only_failures_after_the_services_started_are_told() {
    // In memory lines are a second apart, and the last of those before the services is the last of all.
    let world = seeded().await.service_says_once_migrated("db", "ERROR: of a migration\n");
    let report = compare(&world).await.unwrap();
    assert_eq!(report.comparison.unwrap().logs, []);
}

#[tokio::test]
async fn the_other_stack_stands_once_the_migrated_one_is_gone_and_is_never_migrated() {
    let world = seeded().await;
    let earlier = world.done().len();
    let report = compare(&world).await.unwrap();
    let done = &world.done()[earlier..];
    let own = format!("stage-shop-{}-", report.run);
    let last_undo = done.iter().rposition(|line| line.starts_with("undo ") && line.contains(&own));
    let is_of_other = |line: &&String| line.starts_with("start ") && !line.contains(&own);
    let others: Vec<&String> = done[last_undo.unwrap()..].iter().filter(is_of_other).collect();
    assert_eq!(others.len(), 5, "{done:#?}");
    assert_eq!(done.iter().filter(is_of_other).count(), 5, "{done:#?}");
    assert_eq!(done.iter().filter(|line| line.starts_with("migrate ")).count(), 2);
    let phases: Vec<&str> = report.phases.iter().map(|phase| phase.phase).collect();
    assert_eq!(phases, ["seed", "stack", "migrations", "services", "suite", "comparison", "teardown"]);
}

#[tokio::test]
async fn both_stacks_are_in_the_proof() {
    let world = seeded().await;
    let teardown = compare(&world).await.unwrap().teardown;
    let counts = |kind| teardown.proof.iter().find(|it| it.kind == kind).map(|it| (it.before, it.after));
    assert_eq!(counts(MadeKind::Container), Some((6 + 5, 0)));
    assert_eq!(counts(MadeKind::Network), Some((2, 0)));
    assert_eq!(counts(MadeKind::Clone), Some((2 + 1, 0)));
    let containers = teardown.removed.iter().filter(|it| it.starts_with("container ")).count();
    assert_eq!(containers, 11);
}

#[tokio::test]
async fn nothing_is_compared_that_nobody_asked_for_or_that_did_not_run_through() {
    assert_eq!(check(&seeded().await).await.unwrap().comparison, None);
    let failure =
        SqlFailure { message: "no".into(), code: "42601".into(), line: None, column: None, hint: None };
    let world = seeded().await.migration_fails("1.sql", failure);
    let started = world.started().len();
    assert_eq!(compare(&world).await.unwrap().comparison, None);
    assert_eq!(world.started().len() - started, 2, "two servers of a stack that was not migrated");
    let unmigrated = Environment { migrations: Vec::new(), ..comparing() };
    let report = check_of(&unmigrated, &seeded().await, Stop::new().1, events()).await.unwrap();
    assert_eq!(report.comparison, None);
}

#[tokio::test]
async fn a_service_that_comes_up_nowhere_is_told_and_nothing_is_compared_with_it() {
    let world = seeded().await.service_never_healthy("web").service_says_once_migrated("web", FAILS);
    let report = compare(&world).await.unwrap();
    let comparison = report.comparison.unwrap();
    assert_eq!(comparison.service_failure.unwrap().service, "web");
    assert_eq!((comparison.suite, comparison.logs), (None, Vec::new()));
    assert_eq!(report.verdict, Verdict::Blocked);
    assert_clean(&world, "a service that never comes up");
}

#[tokio::test]
async fn what_could_not_be_removed_in_the_middle_is_told_at_the_end() {
    let world = seeded().await;
    let next = world.world().clock.fresh_run_id().0;
    let next = format!("{:012x}", u64::from_str_radix(&next, 16).unwrap() + 1);
    let network = format!("network stage-shop-{next}");
    let report = compare(&world.cannot_remove(&network)).await.unwrap();
    assert_eq!(report.exit_code(), 4);
    assert_eq!(report.teardown.left.len(), 1, "{:?}", report.teardown.left);
    assert!(report.comparison.is_some());
    world.can_remove(&network);
    sweep(&world).await;
    assert_clean(&world, "swept");
}

/// Calls and writes of a check that compares, beside a seed.
async fn calls() -> (usize, usize) {
    let world = seeded().await;
    let first = world.calls();
    compare(&world).await.unwrap();
    (first, world.calls())
}

#[tokio::test]
async fn a_comparison_that_dies_around_any_call_is_swept() {
    let (first, last) = calls().await;
    for number in first + 1..=last {
        for moment in [Moment::Before, Moment::After] {
            let what = format!("dies {moment:?} call {number}");
            let world = seeded().await.crash_at(number, moment);
            let result = compare(&world).await;
            assert!(result.is_err() || left(&result).is_some(), "{what}: it did not die");
            assert!(!journals(&world).is_empty() || only_whole_seeds(&world), "{what}: nobody could know");
            world.revive();
            assert_eq!(sweep(&world).await.left, Vec::<String>::new(), "{what}");
            assert_clean(&world, &what);
        }
    }
    println!("deaths around calls of a comparison: {} points", 2 * (last - first));
}

#[tokio::test]
async fn every_call_of_a_comparison_may_fail() {
    let (first, last) = calls().await;
    for number in first + 1..=last {
        for after in [false, true] {
            let what = format!("call {number} fails {}", if after { "after" } else { "before" });
            let world = seeded().await;
            let world = if after { world.fail_after(number) } else { world.fail_call(number) };
            let result = compare(&world).await;
            if left(&result).is_none() {
                assert_clean(&world, &what);
            }
            sweep(&world).await;
            assert_clean(&world, &format!("{what}, swept"));
        }
    }
}

#[tokio::test]
async fn a_signal_at_any_call_of_a_comparison_ends_it_and_nothing_stays() {
    let (first, last) = calls().await;
    let mut interrupted = 0;
    for number in first + 1..=last {
        let (switch, stop) = Stop::new();
        let world = seeded().await.at_call(number, move || switch.stop(15));
        if let Err(error) = check_of(&comparing(), &world, stop, events()).await {
            assert_eq!(error.kind, ErrorKind::Interrupted(15), "signal at call {number}: {error}");
            interrupted += 1;
        }
        assert_clean(&world, &format!("signal at call {number}"));
    }
    assert!(interrupted > (last - first) / 2, "{interrupted} of {} calls", last - first);
}
