//! `kill -9` at every point of a check: afterwards one sweep leaves the engine as it was.

use super::engine::{assert_same, listing};
use super::stage::{Ran, Stage, tell};

const CALLS_AT_ONCE: usize = 6;

/// Runs a check for each fault, all at once, and returns how many were killed by it; the others must have passed.
fn kill_at(stage: &Stage, faults: &[String]) -> usize {
    let running: Vec<_> = faults
        .iter()
        .map(|fault| stage.command(&["check", "small"]).env("STAGE_FAULT", fault).spawn().unwrap())
        .collect();
    let mut killed = 0;
    for child in running {
        let ran = Ran::from(child.wait_with_output().unwrap());
        match ran.code {
            None => killed += 1,
            Some(code) => assert_eq!(code, 0, "{}{}", ran.stdout, ran.stderr),
        }
    }
    killed
}

#[test]
fn killed_right_before_and_after_every_world_call_a_sweep_leaves_nothing() {
    let stage = Stage::of_the_tests();
    stage.run(&["seed", "build", "small"]).exits(0);
    let before = listing();
    stage.run(&["check", "small"]).exits(0);
    assert_same(&before, &listing(), "after a check that nobody killed");

    let mut tried = 0;
    let mut call = 1;
    loop {
        // A few at once: they share the engine and the state folder, as runs of a CI machine do.
        let points: Vec<String> = (call..call + CALLS_AT_ONCE)
            .flat_map(|call| [format!("kill-before:{call}"), format!("kill-after:{call}")])
            .collect();
        let killed = kill_at(&stage, &points);
        stage.run(&["sweep"]).exits(0);
        assert_same(&before, &listing(), &format!("{points:?}, swept"));
        tried += killed;
        if killed == 0 {
            break;
        }
        call += CALLS_AT_ONCE;
    }
    tell(&format!("kill -9 points of a check tried: {tried}"));
    assert!(tried >= 40, "only {tried} points: a check makes more calls than that");
    let left: Vec<_> = stage.state_files().into_iter().filter(|file| file.starts_with("journals")).collect();
    assert!(left.is_empty(), "journals left: {left:?}");
}

#[test]
fn killed_while_a_seed_is_built_a_sweep_leaves_nothing_and_the_next_build_succeeds() {
    let stage = Stage::of_the_tests();
    stage.run(&["seed", "build", "small"]).exits(0);
    let seeds = stage.run(&["seed", "list", "--json"]).exits(0).json();
    let small = seeds.as_array().unwrap().iter().find(|seed| seed["environment"] == "small").unwrap();
    let key = small["key"].as_str().unwrap().to_owned();
    stage.run(&["seed", "remove", &key]).exits(0);
    let before = listing();

    let mut tried = 0;
    let mut call = 1;
    loop {
        let ran = stage.run_with_fault(&format!("kill-after:{call}"), &["seed", "build", "small"]);
        if ran.code.is_some() {
            ran.exits(0);
            break;
        }
        tried += 1;
        stage.run(&["sweep"]).exits(0);
        let after = listing();
        let is_sealed = after.iter().any(|line| line.contains("stage-seed-") && !before.contains(line));
        if is_sealed {
            // From its registration on, a seed is meant to stay.
            stage.run(&["seed", "remove", &key]).exits(0);
        }
        assert_same(&before, &listing(), &format!("killed after call {call}, swept"));
        // Every third point keeps the test short; the offset moves with the number of calls.
        call += 3;
    }
    tell(&format!("kill -9 points of a seed build tried: {tried}"));
    assert!(tried >= 5, "only {tried} points");
    stage.run(&["check", "small"]).exits(0);
}
