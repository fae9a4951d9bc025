//! What the change does wrong is a fact of the report, and what stood for it is gone.

use super::story::{assert_clean, check, seeded, world};
use crate::model::error::ErrorKind;
use crate::model::lock::{HeldLock, LockMode, LockSample, SampledLock};
use crate::model::migration::SqlFailure;
use crate::model::name::TableName;
use crate::model::report::{Report, Verdict};
use crate::model::suite::SuiteEnd;
use crate::world::memory::MemoryWorld;

fn failure() -> SqlFailure {
    SqlFailure {
        message: "division by zero".into(),
        code: "22012".into(),
        line: None,
        column: None,
        hint: None,
    }
}

async fn blocked(world: &MemoryWorld, what: &str) -> Report {
    let report = check(world).await.unwrap();
    assert_eq!(report.verdict, Verdict::Blocked, "{what}");
    assert_eq!(world.listing().len(), 2, "{what}: the seed stays");
    assert_clean(world, what);
    report
}

#[tokio::test]
async fn a_failing_migration_blocks_and_nothing_after_it_runs() {
    let world = seeded().await.migration_fails("1.sql", failure());
    let started = world.started().len();
    let report = blocked(&world, "failing migration").await;
    assert_eq!(report.migrations.len(), 1);
    assert_eq!(report.migrations[0].run.failure, Some(failure()));
    assert_eq!(report.not_run, ["2.sql"]);
    assert!(report.suite.is_none());
    let started = &world.started()[started..];
    assert_eq!(started.len(), 2, "only the database and its untouched twin: {started:?}");
}

#[tokio::test]
async fn what_a_migration_locked_is_told_with_it() {
    let mode = LockMode::Share;
    let lock = SampledLock { relation: 16_385, mode, pid: 7, transaction: Some("3/1".to_owned()) };
    let samples = [
        LockSample { at_us: 200_000, ..LockSample::default() },
        LockSample { at_us: 900_000, held: vec![lock], turned_us: [(7, 250_000)].into() },
    ];
    let report = check(&seeded().await.with_locks(samples)).await.unwrap();
    let table = TableName::new("public", "people");
    let held = HeldLock {
        table,
        mode,
        held_s: 0.65,
        begun_s: 0.05,
        certain_s: 0.7,
        times: 1,
        line: None,
        step: None,
    };
    assert_eq!(report.migrations[0].change.locks, [held]);
    assert_eq!(report.migrations[1].change.locks, []);
}

#[tokio::test]
async fn a_service_that_exits_blocks_under_its_own_name() {
    for service in ["warmup", "web", "worker"] {
        let world = world().service_exits(service, 3).service_says(service, "no such column");
        let report = blocked(&world, service).await;
        let failure = report.service_failure.unwrap();
        assert_eq!((failure.service.as_str(), failure.reason.as_str()), (service, "exited with 3"));
        assert_eq!(failure.output_tail, "no such column");
        assert!(report.suite.is_none(), "{service}");
        assert!(!world.started().iter().any(|name| name.ends_with("-tests")), "{service}");
    }
}

#[tokio::test]
async fn a_service_that_never_becomes_healthy_blocks() {
    let report = blocked(&world().service_never_healthy("web"), "web").await;
    assert_eq!(report.service_failure.unwrap().reason, "not healthy after 120 s");
}

#[tokio::test]
async fn a_suite_that_fails_or_never_ends_blocks() {
    let report = blocked(&world().service_exits("tests", 1).service_says("tests", "1 failed"), "exits").await;
    let suite = report.suite.unwrap();
    assert_eq!((suite.end, suite.output_tail.as_str()), (SuiteEnd::Exited(1), "1 failed"));
    let report = blocked(&world().service_never_exits("tests"), "never exits").await;
    assert_eq!(report.suite.unwrap().end, SuiteEnd::TimedOut { timeout_s: 60 });
}

#[tokio::test]
async fn a_backup_that_the_server_refuses_is_an_error_and_makes_no_seed() {
    let world = world().sql_fails("ADD CONSTRAINT", failure());
    assert_eq!(check(&world).await.unwrap_err().kind, ErrorKind::Backup);
    assert_eq!(world.listing(), Vec::<String>::new());
    assert_clean(&world, "refused backup");
}
