//! Migrations by a command in the image of a service, and by a tool's own files.

use super::bad_input::{copy, replace};
use super::engine::output_of;
use super::stage::{Stage, repository};

/// Containers of a run that are still there.
fn left(report: &serde_json::Value) -> String {
    let run = format!("label=dev.stage.run={}", report["run"].as_str().unwrap());
    output_of("docker", &["ps", "--all", "--quiet", "--filter", &run])
}

#[test]
fn a_command_is_measured_to_the_row_like_any_file() {
    let stage = Stage::of_the_tests();
    let report = stage.run(&["check", "tools", "--json"]).exits(0).json();
    let migrations = report["migrations"].as_array().unwrap();
    let names: Vec<&str> = migrations.iter().map(|it| it["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["psql", "20240101000000_born.sql"]);
    let table = |at: usize| {
        let tables = migrations[at]["tables"].as_array().unwrap();
        assert_eq!(tables.len(), 1, "version tables are no data: {tables:?}");
        &tables[0]
    };
    assert_eq!(table(0)["table"], "people");
    assert_eq!((&table(0)["gross"]["deleted"], &table(0)["net"]["missing"]), (&5.into(), &5.into()));
    assert_eq!((&table(1)["gross"]["updated"], &table(1)["net"]["different"]), (&7.into(), &7.into()));
    assert_eq!(table(1)["net"]["missing"], 5, "what the command did stays");
    assert_eq!(left(&report), "");
}

#[test]
fn a_command_that_fails_blocks_with_its_code_and_its_last_words() {
    let environments = tempfile::tempdir().unwrap();
    for name in ["small", "tools"] {
        copy(&repository("tests/environments").join(name), &environments.path().join(name));
    }
    replace(&environments.path().join("tools/stage.yaml"), "FROM people", "FROM nowhere");
    let stage = Stage::with(environments.path().to_owned());
    let report = stage.run(&["check", "tools", "--json"]).exits(1).json();
    let failed = &report["migrations"][0];
    assert_eq!(failed["failure"]["message"], "exited with 1");
    let said = failed["output_tail"].as_str().unwrap();
    assert!(said.contains("relation \"nowhere\" does not exist"), "{said}");
    assert_eq!(report["not_run"][0], "20240101000000_born.sql");
    assert_eq!(left(&report), "");
}

#[test]
fn a_command_that_outlives_its_time_is_ended_with_its_statement() {
    let environments = tempfile::tempdir().unwrap();
    for name in ["small", "tools"] {
        copy(&repository("tests/environments").join(name), &environments.path().join(name));
    }
    let file = environments.path().join("tools/stage.yaml");
    replace(&file, "DELETE FROM people WHERE id > 95", "LOCK TABLE people; SELECT pg_sleep(300)");
    replace(&file, "timeout: 1m", "timeout: 2s");
    let stage = Stage::with(environments.path().to_owned());
    let report = stage.run(&["check", "tools", "--json"]).exits(1).json();
    assert_eq!(report["migrations"][0]["failure"]["message"], "still running after 2 s");
    assert_eq!(left(&report), "");
}
