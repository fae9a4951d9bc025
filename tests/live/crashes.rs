//! `kill -9` at every point of a check: afterwards one sweep leaves the engine as it was.

use super::engine::{assert_same, listing};
use super::stage::Stage;

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
        let mut was_killed = false;
        for moment in ["before", "after"] {
            let ran = stage.run_with_fault(&format!("kill-{moment}:{call}"), &["check", "small"]);
            if ran.code.is_none() {
                was_killed = true;
                tried += 1;
            } else {
                assert_eq!(ran.code, Some(0), "{}", ran.stderr);
            }
            stage.run(&["sweep"]).exits(0);
            assert_same(&before, &listing(), &format!("killed {moment} call {call}, swept"));
        }
        if !was_killed {
            break;
        }
        call += 1;
    }
    println!("kill -9 points tried: {tried}");
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
    println!("kill -9 points tried while building: {tried}");
    assert!(tried >= 5, "only {tried} points");
    stage.run(&["check", "small"]).exits(0);
}
