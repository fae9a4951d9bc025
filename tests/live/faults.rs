//! Things that go wrong around a run: its database dies, its services are deaf, others are in its way. Afterwards the
//! engine is as it was, after one sweep at the latest.

use std::process::Child;
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::bad_input::replace;
use super::engine::{assert_same, container, listing, output_of};
use super::stage::{Ran, Stage, changed};

/// Waits until a command prints `wanted`.
#[track_caller]
fn wait_for(wanted: &str, command: impl Fn() -> String) {
    let begun = Instant::now();
    while !command().contains(wanted) {
        assert!(begun.elapsed() < Duration::from_secs(30), "no `{wanted}` within 30 s");
        sleep(Duration::from_millis(50));
    }
}

fn running() -> String {
    output_of("docker", &["ps", "--format", "{{.Names}}"])
}

fn ended(child: Child) -> Ran {
    Ran::from(child.wait_with_output().unwrap())
}

#[test]
fn a_database_that_is_killed_during_a_migration_fails_it_and_nothing_is_left() {
    let (_environments, stage) = changed("killed", |folder| {
        std::fs::write(folder.join("migrations/003-slow.sql"), "SELECT pg_sleep(60);\n").unwrap();
    });
    stage.run(&["seed", "build", "killed"]).exits(0);
    let before = listing();
    let check = stage.spawn(&["check", "killed"]);
    wait_for("-db\n", running);
    let database = container("stage-killed-", "-db");
    let asleep = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%'";
    wait_for("1", || {
        let asked = std::process::Command::new("docker")
            .args(["exec", &database, "psql", "-XAtU", "small", "-c", asleep])
            .output();
        String::from_utf8(asked.unwrap().stdout).unwrap()
    });
    output_of("docker", &["kill", &database]);
    let ran = ended(check).exits(5);
    assert!(ran.stderr.contains("could not apply migration 003-slow.sql"), "{}", ran.stderr);
    assert_same(&before, &listing(), "the database was killed");
}

#[test]
fn a_service_that_ignores_sigterm_is_ended_all_the_same() {
    let (_environments, stage) = changed("deaf", |folder| {
        let deaf = "command: [sh, -c, \"trap '' TERM; while :; do sleep 1; done\"]";
        replace(&folder.join("compose.yaml"), "command: [sleep, \"300\"]", deaf);
    });
    stage.run(&["seed", "build", "deaf"]).exits(0);
    let before = listing();
    stage.run(&["check", "deaf"]).exits(0);
    assert_same(&before, &listing(), "checked");
    stage.run(&["up", "deaf", "--name", "deaf"]).exits(0);
    stage.run(&["down", "deaf"]).exits(0);
    assert_same(&before, &listing(), "down");
}

#[test]
fn a_network_that_cannot_be_removed_at_first_is_named_and_goes_with_the_next_sweep() {
    let (_environments, stage) = changed("held", |folder| {
        let wait = "command: [sh, -c, \"until test -e /tmp/guest; do sleep 0.1; done\"]";
        let suite = format!("suite: {{service: tests, {wait}, timeout: 60s}}");
        replace(&folder.join("stage.yaml"), "suite: {service: tests, timeout: 20s}", &suite);
    });
    stage.run(&["seed", "build", "held"]).exits(0);
    let before = listing();
    let check = stage.spawn(&["check", "held"]);
    wait_for("-tests\n", running);
    let suite = container("stage-held-", "-tests");
    let network = suite.trim_end_matches("-tests").to_owned();
    let guest = format!("{network}-guest");
    output_of(
        "docker",
        &[
            "run",
            "--detach",
            "--rm",
            "--name",
            &guest,
            "--network",
            &network,
            "stage-helper:1",
            "sleep",
            "600",
        ],
    );
    output_of("docker", &["exec", &suite, "touch", "/tmp/guest"]);
    let ran = ended(check).exits(4);
    assert!(ran.stderr.contains(&network) && ran.stderr.contains(&guest), "{}", ran.stderr);
    stage.run(&["sweep"]).exits(4);
    output_of("docker", &["rm", "--force", &guest]);
    stage.run(&["sweep"]).exits(0);
    assert_same(&before, &listing(), "the guest has gone, swept");
}

#[test]
fn what_the_engine_makes_after_its_run_has_died_goes_with_the_sweep() {
    let stage = Stage::of_the_tests();
    stage.run(&["seed", "build", "small"]).exits(0);
    let before = listing();
    let ran = stage.run_with_fault("kill-after:perform#6", &["check", "small"]);
    assert_eq!(ran.code, None, "{}", ran.stderr);
    let volumes = output_of("docker", &["volume", "ls", "--quiet", "--filter", "label=dev.stage=stack"]);
    let volume = volumes.lines().next().unwrap();
    let labels = labels_of(volume);
    let journals =
        || stage.state_files().into_iter().filter(|file| file.extension() == Some("jsonl".as_ref()));
    assert_eq!(journals().count(), 1, "that of the dead run");
    let mut sweep = stage.spawn(&["sweep"]);
    wait_for("unwound", || if journals().count() == 0 { "unwound".to_owned() } else { String::new() });
    // The sweep waits for this: the engine was asked before `stage` died, and does it now.
    let name = volume.trim_end_matches("-db-data");
    let labels = labels.iter().map(String::as_str);
    let create: Vec<&str> = ["network", "create"].into_iter().chain(labels).chain([name]).collect();
    output_of("docker", &create);
    assert!(sweep.try_wait().unwrap().is_none(), "the sweep waits for what comes late");
    ended(sweep).exits(0);
    assert_same(&before, &listing(), "a network came late, swept");
}

/// Options that label something else as a volume is labelled.
fn labels_of(volume: &str) -> Vec<String> {
    let labels = output_of("docker", &["volume", "inspect", "--format", "{{json .Labels}}", volume]);
    let labels: std::collections::BTreeMap<String, String> = serde_json::from_str(&labels).unwrap();
    labels.iter().map(|(key, value)| format!("--label={key}={value}")).collect()
}

#[test]
fn two_of_five_runs_are_killed_and_the_others_do_not_notice() {
    let stage = Stage::of_the_tests();
    stage.run(&["seed", "build", "small"]).exits(0);
    let before = listing();
    let faults = [None, Some("kill-after:perform#3"), None, Some("kill-before:perform#9"), None];
    let runs = faults.map(|fault| {
        let mut command = stage.command(&["check", "small"]);
        command.envs(fault.map(|fault| ("STAGE_FAULT", fault)));
        stage.spawn_command(command)
    });
    for (fault, run) in faults.into_iter().zip(runs) {
        let ran = ended(run);
        let expected = if fault.is_some() { None } else { Some(0) };
        assert_eq!(ran.code, expected, "{fault:?}: {}", ran.stderr);
    }
    stage.run(&["sweep"]).exits(0);
    assert_same(&before, &listing(), "swept");
}
