//! A check from end to end: what it builds, what it reuses, and in which order things happen.

use super::story::{assert_clean, check, only_seed, seeded, world};
use crate::model::report::Verdict;

#[tokio::test]
async fn the_first_check_builds_the_seed_and_leaves_nothing_else() {
    let world = world();
    let report = check(&world).await.unwrap();
    assert_eq!(report.verdict, Verdict::Passed);
    assert_eq!(report.teardown.left, Vec::<String>::new());
    let migrations: Vec<_> =
        report.migrations.iter().map(|report| report.run.migration.name.as_str()).collect();
    assert_eq!(migrations, ["1.sql", "2.sql"]);
    assert!(!report.seeds[0].reused);
    assert_eq!(report.seeds[0].seed.rows["people"], 3);
    assert_eq!(world.listing().len(), 2, "the seed is there");
    assert_clean(&world, "after a check");
}

#[tokio::test]
async fn what_changes_the_schema_is_told_of_the_migration_that_did_it() {
    let report = check(&seeded().await).await.unwrap();
    let told = |at: usize| {
        let changes = report.migrations[at].change.schema.iter();
        changes.map(|it| format!("{} {}", it.kind, it.name)).collect::<Vec<_>>()
    };
    assert_eq!(told(0), ["type state"]);
    assert_eq!(told(1), Vec::<String>::new());
}

#[tokio::test]
async fn the_second_check_reuses_the_seed() {
    let world = world();
    let first = check(&world).await.unwrap();
    let listing = world.listing();
    let second = check(&world).await.unwrap();
    assert!(second.seeds[0].reused);
    assert_eq!(second.seeds[0].seed, first.seeds[0].seed);
    assert_eq!(world.listing(), listing);
    assert_eq!(second.migrations.len(), 2, "what a clone got applied is not in the seed");
}

#[tokio::test]
async fn another_backup_makes_another_seed_beside_the_first() {
    let world = seeded().await;
    let first = only_seed(&world).await;
    let backup = "-- PostgreSQL database dump\nCREATE TABLE public.people (id integer, email text);\n\
        COPY public.people (id, email) FROM stdin;\n\\.\n-- PostgreSQL database dump complete\n";
    let later = jiff::Timestamp::from_second(86_400).unwrap();
    let report = check(&world.with_file("/backups/shop-2.dump", backup, later)).await.unwrap();
    assert!(!report.seeds[0].reused);
    assert_ne!(report.seeds[0].seed.key, first.key);
    assert_eq!(world.listing().len(), 4);
}

#[tokio::test]
async fn no_service_starts_before_the_last_migration_is_applied_and_measured() {
    let world = world();
    let report = check(&world).await.unwrap();
    let done = world.done();
    let place = |line: String| {
        done.iter().position(|it| *it == line).unwrap_or_else(|| panic!("no `{line}` in {done:#?}"))
    };
    let name = |service: &str| format!("stage-shop-{}-{service}", report.run);
    let places = [
        place(format!("start {}", name("db"))),
        place("migrate 1.sql".into()),
        place("migrate 2.sql".into()),
        place(format!("disconnect {}", name("db"))),
        place(format!("start {}", name("warmup"))),
        place(format!("start {}", name("web"))),
        place(format!("start {}", name("tests"))),
        place(format!("undo container {}", name("tests"))),
    ];
    assert!(places.is_sorted(), "{done:#?}");
    let last_migration = places[2];
    for service in ["warmup", "web", "worker", "tests"] {
        assert!(place(format!("start {}", name(service))) > last_migration, "{service}");
    }
}
