//! Migrations by a command: when they run, on what, and what is told of one that fails.

use super::story::{assert_clean, check_of, events, shop, world};
use crate::model::environment::{Environment, MigrationCommand, MigrationSource};
use crate::model::report::{Report, Verdict};
use crate::model::service::{Dependency, DependencyCondition, Runtime, Service};
use crate::world::Stop;
use crate::world::memory::MemoryWorld;

fn service(name: &str, depends_on: &[(&str, DependencyCondition)]) -> Service {
    Service {
        name: name.into(),
        runtime: Runtime { image: format!("{name}:1"), ..Runtime::default() },
        volumes: Vec::new(),
        ports: Vec::new(),
        depends_on: depends_on
            .iter()
            .map(|&(service, condition)| Dependency { service: service.into(), condition })
            .collect(),
        aliases: Vec::new(),
        profiles: vec!["tools".into()],
    }
}

/// The shop, in which a tool migrates before the files do; it needs a cache, and a worker that needs the database.
fn shop_with_a_tool() -> Environment {
    let mut shop = shop();
    let tool = service(
        "tool",
        &[
            ("db", DependencyCondition::Healthy),
            ("cache", DependencyCondition::Healthy),
            ("worker", DependencyCondition::Started),
        ],
    );
    for service in [tool, service("cache", &[])] {
        shop.services.insert(service.name.clone(), service);
    }
    let command = MigrationCommand {
        database: "db".into(),
        service: "tool".into(),
        command: vec!["rake".into(), "migrate".into()],
        name: "rake migrate".into(),
        timeout_s: 60,
    };
    shop.migrations.insert(0, MigrationSource::Command(command));
    shop
}

async fn check(world: &MemoryWorld) -> Report {
    let report = check_of(&shop_with_a_tool(), world, Stop::new().1, events()).await.unwrap();
    assert_clean(world, "after a check");
    report
}

fn ran(report: &Report) -> Vec<&str> {
    report.migrations.iter().map(|report| report.run.migration.name.as_str()).collect()
}

#[tokio::test]
async fn a_command_runs_under_the_meter_beside_what_it_needs_and_nothing_that_could_write() {
    let world = world();
    let report = check(&world).await;
    assert_eq!(report.verdict, Verdict::Passed);
    assert_eq!(ran(&report), ["rake migrate", "1.sql", "2.sql"]);
    let name = |service: &str| format!("stage-shop-{}-{service}", report.run);
    let after_the_databases = |name: &&String| !name.contains("-db");
    let started: Vec<String> = world.started().into_iter().filter(|it| after_the_databases(&it)).collect();
    assert_eq!(
        started[..3],
        [name("cache"), name("migration-1"), name("warmup")],
        "the worker waits for the end of the migrations"
    );
    assert_eq!(started.iter().filter(|it| **it == name("cache")).count(), 1);
    let done = world.done();
    let hung_up = done.iter().position(|it| *it == format!("hang up others of {}", name("db")));
    let next = done.iter().position(|it| it == "migrate 1.sql");
    assert!(hung_up.is_some() && hung_up < next, "{done:#?}");
    assert_eq!(report.migrations[0].run.output_tail, None);
}

#[tokio::test]
async fn a_command_that_fails_is_a_fact_with_its_last_words() {
    let report = check(&world().service_exits("tool", 3).service_says("tool", "no such table")).await;
    assert_eq!(report.verdict, Verdict::Blocked);
    assert_eq!(ran(&report), ["rake migrate"]);
    assert_eq!(report.not_run, ["1.sql", "2.sql"]);
    assert_eq!(report.findings[0].message, "exited with 3; 2 later migrations did not run");
    assert_eq!(report.migrations[0].run.output_tail.as_deref(), Some("no such table"));
}

#[tokio::test]
async fn a_command_that_outlives_its_time_is_ended_before_anything_is_measured() {
    let world = world().service_never_exits("tool");
    let report = check(&world).await;
    assert_eq!(report.findings[0].message, "still running after 60 s; 2 later migrations did not run");
    let done = world.done();
    let place = |what: &str| done.iter().position(|it| it.starts_with(what)).unwrap();
    let removed = place(&format!("undo container stage-shop-{}-migration-1", report.run));
    assert!(removed < place("hang up others"), "{done:#?}");
}

#[tokio::test]
async fn what_a_command_needs_and_does_not_come_up_blocks_by_its_name() {
    let report = check(&world().service_exits("cache", 1)).await;
    assert_eq!(report.verdict, Verdict::Blocked);
    assert_eq!(report.service_failure.as_ref().unwrap().service, "cache");
    assert_eq!(ran(&report), Vec::<&str>::new());
}
