//! A check with traffic: the migrations run once more on clones of their own, and nothing of either stack stays.

use super::story::{
    assert_clean, check, check_of, events, journals, left, only_whole_seeds, seeded, shop, sweep,
};
use crate::model::environment::Environment;
use crate::model::error::{ErrorKind, Result};
use crate::model::lock::LockMode;
use crate::model::migration::SqlFailure;
use crate::model::proof::MadeKind;
use crate::model::report::{Report, Verdict};
use crate::model::traffic::{Awaited, LockWait, TrafficSample, TrafficSession, TrafficSpec};
use crate::world::Stop;
use crate::world::memory::{MemoryWorld, Moment};

/// The oid of `people` in memory.
const PEOPLE: u32 = 16_385;

fn busy() -> Environment {
    let traffic = TrafficSpec::Script {
        database: "db".into(),
        file: "/environments/shop/busy.sql".into(),
        text: "SELECT 1;".into(),
        clients: 1,
    };
    Environment { traffic: Some(traffic), ..shop() }
}

/// One connection, whose statement waits or not.
fn sample(at_us: i64, is_waiting: bool) -> TrafficSample {
    let wait = is_waiting.then(|| LockWait {
        relations: vec![PEOPLE],
        of: Awaited::Relation(LockMode::RowExclusive),
        since_us: Some(1_000),
        blockers: vec![99],
    });
    TrafficSample { at_us, sessions: vec![TrafficSession { pid: 7, statement_us: Some(500), wait }] }
}

async fn hectic() -> MemoryWorld {
    seeded().await.with_traffic([sample(0, false)])
}

async fn run(world: &MemoryWorld) -> Result<Report> {
    check_of(&busy(), world, Stop::new().1, events()).await
}

#[tokio::test]
async fn what_waits_for_a_migration_is_told_beside_it() {
    // Three looks until it runs, one before the first migration, and one at its end.
    let looks = [false, false, false, false, true].map(|is_waiting| sample(0, is_waiting));
    let world = seeded().await.with_traffic(looks.into_iter().chain([sample(9_000, false)]));
    let report = run(&world).await.unwrap();
    let traffic = report.traffic.unwrap();
    assert_eq!((traffic.command.as_str(), traffic.doubts.len()), ("pgbench busy.sql", 0));
    let [first, second] = &traffic.migrations[..] else { panic!("{:#?}", traffic.migrations) };
    assert_eq!((first.migration.as_str(), second.migration.as_str()), ("1.sql", "2.sql"));
    assert_eq!(first.tables[0].who(), "writes to people");
    assert_eq!((first.all.statements, second.all.statements), (1, 0));
    assert_eq!(report.verdict, Verdict::Passed, "no limit was set");
    assert_clean(&world, "after traffic");
}

#[tokio::test]
async fn it_runs_in_a_stack_of_its_own_once_the_measured_one_is_gone() {
    let world = hectic().await;
    let earlier = world.done().len();
    let report = run(&world).await.unwrap();
    let done = &world.done()[earlier..];
    let own = format!("stage-shop-{}", report.run);
    let first_of_other =
        done.iter().position(|line| line.starts_with("start ") && !line.contains(&own)).unwrap();
    assert!(
        done[..first_of_other].iter().any(|line| line.starts_with(&format!("undo network {own}"))),
        "{done:#?}"
    );
    let started: Vec<&str> = done[first_of_other..]
        .iter()
        .filter(|line| line.starts_with("start ") || line.starts_with("migrate "))
        .map(|line| line.rsplit(['-', ' ', '.']).next().unwrap())
        .collect();
    assert_eq!(started, ["db", "traffic", "sql", "sql"], "neither a twin nor a service: {done:#?}");
    let phases: Vec<&str> = report.phases.iter().map(|phase| phase.phase).collect();
    assert_eq!(phases, ["seed", "stack", "migrations", "services", "suite", "traffic", "teardown"]);
    let teardown = report.teardown;
    let counts = |kind| teardown.proof.iter().find(|it| it.kind == kind).map(|it| (it.before, it.after));
    assert_eq!(counts(MadeKind::Container), Some((6 + 2, 0)));
    assert_eq!(counts(MadeKind::Network), Some((2, 0)));
    assert_eq!(counts(MadeKind::Clone), Some((2 + 1, 0)));
}

#[tokio::test]
async fn three_stacks_are_in_the_proof_where_services_are_compared_too() {
    let world = hectic().await;
    let both = Environment { compares: true, ..busy() };
    let report = check_of(&both, &world, Stop::new().1, events()).await.unwrap();
    let phases: Vec<&str> = report.phases.iter().map(|phase| phase.phase).collect();
    let expected = ["seed", "stack", "migrations", "services", "suite", "comparison", "traffic", "teardown"];
    assert_eq!(phases, expected);
    let proof = &report.teardown.proof;
    let networks = proof.iter().find(|it| it.kind == MadeKind::Network).unwrap();
    assert_eq!((networks.before, networks.after), (3, 0));
    let containers = report.teardown.removed.iter().filter(|it| it.starts_with("container ")).count();
    assert_eq!(containers, 6 + 5 + 2);
    assert_clean(&world, "after three stacks");
}

#[tokio::test]
async fn a_command_runs_beside_what_it_depends_on() {
    let world = hectic().await;
    let traffic = TrafficSpec::Command { service: "tests".into(), command: vec!["hammer".into()] };
    let environment = Environment { traffic: Some(traffic), ..shop() };
    let earlier = world.started().len();
    let report = check_of(&environment, &world, Stop::new().1, events()).await.unwrap();
    let own = format!("stage-shop-{}", report.run);
    let mut started: Vec<String> =
        world.started()[earlier..].iter().filter(|name| !name.starts_with(&own)).cloned().collect();
    assert_eq!(started.pop().unwrap().split_once('.').unwrap().1, "traffic", "it comes last");
    assert_eq!(started.len(), 4, "{started:?}");
    assert_clean(&world, "after a command");
}

#[tokio::test]
async fn traffic_that_sends_nothing_or_ends_is_a_doubt() {
    // In memory a container ends as its service does, so it is a command of one that nobody else starts.
    let traffic = TrafficSpec::Command { service: "tests".into(), command: vec!["hammer".into()] };
    let environment = Environment { traffic: Some(traffic), suite: None, ..shop() };
    let world = seeded().await.service_exits("tests", 2).service_says("tests", "no such table\n");
    let report = check_of(&environment, &world, Stop::new().1, events()).await.unwrap();
    assert_eq!(report.verdict, Verdict::Unverified);
    let expected = "the traffic exited with 2 (`no such table`) before it sent any statement";
    assert_eq!(report.traffic.unwrap().doubts, [expected]);
    assert_clean(&world, "after traffic that ended");

    let world = hectic().await.service_exits("tests", 0);
    let report = check_of(&environment, &world, Stop::new().1, events()).await.unwrap();
    let traffic = report.traffic.unwrap();
    assert_eq!(traffic.doubts, ["the traffic exited with 0 while 1.sql ran"]);
    assert_eq!(traffic.migrations.len(), 1);
}

#[tokio::test]
async fn there_is_no_traffic_where_nobody_asks_or_a_migration_failed() {
    assert_eq!(check(&hectic().await).await.unwrap().traffic, None);
    let failure =
        SqlFailure { message: "no".into(), code: "42601".into(), line: None, column: None, hint: None };
    let world = hectic().await.migration_fails("1.sql", failure);
    assert_eq!(run(&world).await.unwrap().traffic, None);
    let unmigrated = Environment { migrations: Vec::new(), ..busy() };
    let report = check_of(&unmigrated, &hectic().await, Stop::new().1, events()).await.unwrap();
    assert_eq!(report.traffic, None);
}

/// Calls of a check with traffic: the first of the second stack, and the last of all.
async fn calls() -> (usize, usize) {
    let (alone, busy) = (hectic().await, hectic().await);
    let first = alone.calls();
    check(&alone).await.unwrap();
    run(&busy).await.unwrap();
    // Those of the teardown, which the first stack sees in the middle, come twice.
    (first + (alone.calls() - first) / 2, busy.calls())
}

#[tokio::test]
async fn traffic_that_dies_around_any_call_is_swept() {
    let (first, last) = calls().await;
    for number in first + 1..=last {
        for moment in [Moment::Before, Moment::After] {
            let what = format!("dies {moment:?} call {number}");
            let world = hectic().await.crash_at(number, moment);
            let result = run(&world).await;
            assert!(result.is_err() || left(&result).is_some(), "{what}: it did not die");
            assert!(!journals(&world).is_empty() || only_whole_seeds(&world), "{what}: nobody could know");
            world.revive();
            assert_eq!(sweep(&world).await.left, Vec::<String>::new(), "{what}");
            assert_clean(&world, &what);
        }
    }
    println!("deaths around calls of traffic: {} points", 2 * (last - first));
}

#[tokio::test]
async fn a_signal_at_any_call_of_traffic_ends_it_and_nothing_stays() {
    let (first, last) = calls().await;
    let mut interrupted = 0;
    for number in first + 1..=last {
        let (switch, stop) = Stop::new();
        let world = hectic().await.at_call(number, move || switch.stop(15));
        if let Err(error) = check_of(&busy(), &world, stop, events()).await {
            assert_eq!(error.kind, ErrorKind::Interrupted(15), "signal at call {number}: {error}");
            interrupted += 1;
        }
        assert_clean(&world, &format!("signal at call {number}"));
    }
    assert!(interrupted > (last - first) / 2, "{interrupted} of {} calls", last - first);
}
