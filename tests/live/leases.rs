//! Leases on an engine that two machines share: what one holds the other never sweeps, what is idle goes, what is kept stays.

use std::thread::sleep;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use crate::bad_input::replace;
use crate::engine::{assert_same, listing, output_of, psql};
use crate::stage::{Ran, Stage, changed};

/// Runs with another state folder: as another machine would, that reaches the same engine.
fn elsewhere(stage: &Stage, folder: &TempDir, arguments: &[&str]) -> Ran {
    stage.command(arguments).env("STAGE_STATE", folder.path()).output().unwrap().into()
}

fn names(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|stack| stack["name"].as_str().unwrap()).collect()
}

#[test]
fn two_machines_on_one_engine_never_sweep_what_the_other_holds() {
    let (_environments, stage) = changed("held", |folder| {
        let suite = "suite: {service: tests, command: [sleep, \"2\"], ";
        replace(&folder.join("stage.yaml"), "suite: {service: tests, ", suite);
        // A backup of this run alone, so that its seed is built while the other machine sweeps.
        let backup = std::fs::read_to_string(folder.join("backup.sql")).unwrap();
        std::fs::write(folder.join("backup.sql"), format!("-- held by {}\n{backup}", std::process::id()))
            .unwrap();
    });
    let other = tempfile::tempdir().unwrap();
    let before = listing();
    let mut check = stage.spawn(&["check", "held"]);
    let mut sweeps = 0;
    while check.try_wait().unwrap().is_none() {
        let swept = elsewhere(&stage, &other, &["sweep", "--json"]).exits(0).json();
        assert_eq!(swept["removed"], Value::Array(Vec::new()), "sweep {sweeps}");
        sweeps += 1;
    }
    assert!(sweeps > 3, "only {sweeps} sweeps");
    Ran::from(check.wait_with_output().unwrap()).exits(0);

    stage.run(&["up", "held", "--name", "pr-1"]).exits(0);
    stage.run(&["extend", "pr-1", "--ttl", "8h"]).exits(0);
    stage.until_healthy("pr-1");
    let standing = listing();
    for arguments in [&["sweep", "--json"][..], &["sweep", "held/pr-1", "--json"]] {
        let swept = elsewhere(&stage, &other, arguments).exits(0).json();
        assert_eq!(swept["removed"], Value::Array(Vec::new()));
    }
    assert_same(&standing, &listing(), "swept by another machine");
    let there = elsewhere(&stage, &other, &["show", "pr-1", "--json"]).exits(0).json();
    assert_eq!(there, stage.run(&["show", "pr-1", "--json"]).exits(0).json(), "and it sees the renewal");
    elsewhere(&stage, &other, &["down", "pr-1"]).exits(0);
    let seed = &there["seeds"]["db"];
    stage.run(&["seed", "remove", seed.as_str().unwrap()]).exits(0);
    assert_same(&before, &listing(), "down");
}

#[test]
fn an_idle_stack_goes_and_one_that_is_used_or_kept_stays() {
    let (_environments, stage) = changed("idling", |folder| {
        replace(&folder.join("stage.yaml"), "suite:", "lease: {ttl: 1h, max: 2h, idle: 2s}\nsuite:");
    });
    let other = tempfile::tempdir().unwrap();
    let before = listing();
    stage.run(&["up", "idling", "--name", "pr-1"]).exits(0);
    stage.run(&["up", "idling", "--name", "pr-2", "--keep"]).exits(0);
    let listed = stage.run(&["list"]).exits(0).stdout;
    assert!(listed.contains("kept, 1 h 59 min left"), "{listed}");
    let shown = stage.run(&["show", "pr-1", "--json"]).exits(0).json();
    let services = shown["services"].as_array().unwrap();
    let db = services.iter().find(|it| it["service"] == "db").unwrap()["container"].as_str().unwrap();

    let sweep = || elsewhere(&stage, &other, &["sweep", "--json"]).exits(0).json();
    assert_eq!(sweep()["removed"], Value::Array(Vec::new()), "nobody knows since when");
    psql(db, "small", "SELECT count(*) FROM people");
    sleep(Duration::from_millis(2200));
    assert_eq!(sweep()["removed"], Value::Array(Vec::new()), "it was asked for something");
    sleep(Duration::from_millis(2200));
    output_of("docker", &["pause", db]);
    let swept = sweep();
    output_of("docker", &["unpause", db]);
    assert_eq!(swept["removed"], Value::Array(Vec::new()), "it could not be asked");
    let preview = stage.run(&["sweep", "--dry-run"]).exits(0).stdout;
    assert!(preview.lines().count() > 5, "{preview}");
    assert!(preview.lines().all(|line| line.contains(": pr-1 is idle for ")), "{preview}");
    assert!(!sweep()["removed"].as_array().unwrap().is_empty());
    let list = stage.run(&["list", "--json"]).exits(0).json();
    assert_eq!(names(&list), ["pr-2"]);
    assert_eq!(list[0]["kept"], true);
    stage.run(&["down", "pr-2"]).exits(0);
    assert_same(&before, &listing(), "down");
}
