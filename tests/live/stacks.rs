//! Stacks that stand: every verb, as a user sees it.

use std::net::TcpStream;
use std::process::{Child, Output};

use serde_json::Value;

use crate::engine::{self, assert_same, listing, output_of};
use crate::stage::{Ran, Stage, tell};

/// The connection string that `up` printed last.
fn dsn(ran: &Ran) -> String {
    ran.stdout.lines().last().unwrap().to_owned()
}

/// Whether somebody listens at the address of a connection string.
fn answers(dsn: &str) -> bool {
    let address = dsn.split_once('@').unwrap().1.split_once('/').unwrap().0;
    TcpStream::connect(address).is_ok()
}

/// The container of a service of a stack.
pub fn container(stage: &Stage, stack: &str, service: &str) -> String {
    let shown = stage.run(&["show", stack, "--json"]).exits(0).json();
    let services = shown["services"].as_array().unwrap();
    let found = services.iter().find(|it| it["service"] == service).unwrap();
    found["container"].as_str().unwrap().to_owned()
}

fn ended(child: Child) -> Ran {
    let output: Output = child.wait_with_output().unwrap();
    output.into()
}

#[test]
fn a_stack_stands_is_looked_at_worked_on_and_goes_without_a_trace() {
    let stage = Stage::of_the_tests();
    let before = listing();
    let first = stage.run(&["up", "small", "--name", "pr-1"]).exits(0);
    assert!(dsn(&first).starts_with("postgresql://small:small-dev@127.0.0.1:"), "{}", first.stdout);
    assert!(answers(&dsn(&first)));
    let again = stage.run(&["up", "small", "--name", "pr-1"]).exits(0);
    assert_eq!(again.stdout, first.stdout, "it is found standing");
    assert!(again.stderr.contains("pr-1 stands already"), "{}", again.stderr);
    let other = stage.run(&["up", "small", "--name", "pr-2"]).exits(0);
    assert_ne!(dsn(&other), dsn(&first), "two instances of one environment, side by side");

    let list = stage.run(&["list", "--json"]).exits(0).json();
    let names: Vec<_> = list.as_array().unwrap().iter().map(|stack| stack["name"].clone()).collect();
    assert_eq!(names, ["pr-1", "pr-2"]);
    let list = stage.run(&["list"]).exits(0).stdout;
    assert!(list.lines().nth(1).unwrap().contains("running"), "{list}");
    stage.until_healthy("pr-1");
    let shown = stage.run(&["show", "pr-1"]).exits(0).stdout;
    assert!(shown.contains("running, healthy") && shown.contains(&dsn(&first)), "{shown}");
    let extended = stage.run(&["extend", "pr-1", "--ttl", "8h", "--json"]).exits(0).json();
    let hours = |value: &Value| value["until"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    assert!(hours(&extended) > hours(&list_entry(&stage, "pr-2")));

    let changed = format!("CREATE TABLE by_hand (id int); INSERT INTO by_hand VALUES ({})", 7);
    engine::psql(&container(&stage, "pr-1", "db"), "small", &changed);
    let diff = stage.run(&["diff", "pr-1", "--json"]).exits(0).json();
    let tables = diff[0]["tables"].as_array().unwrap();
    let by_hand = tables.iter().find(|table| table["table"] == "by_hand").unwrap();
    assert_eq!((&by_hand["gross"]["inserted"], &by_hand["net"]["new"]), (&1.into(), &1.into()));
    let made = &diff[0]["schema_changes"].as_array().unwrap()[..];
    let is_made = |it: &Value| it["event"] == "added" && it["kind"] == "table" && it["name"] == "by_hand";
    assert!(made.iter().any(is_made), "{made:?}");
    let untouched = stage.run(&["diff", "pr-2", "--json"]).exits(0).json();
    assert!(!untouched.to_string().contains("by_hand"), "the other one has its own data");
    let migrated = stage.run(&["migrate", "pr-1"]).exits(0);
    assert_eq!(migrated.stdout, "no migration is pending\n");
    stage.run(&["exec", "pr-1", "web", "--", "touch", "/scratch/of-a-volume-without-a-name"]).exits(0);
    let tested = stage.run(&["test", "pr-1"]).exits(0);
    assert!(tested.stdout.contains("suite passed"), "{}", tested.stdout);

    stage.run(&["down", "pr-1"]).exits(0);
    assert!(!answers(&dsn(&first)) && answers(&dsn(&other)), "only the one that was named goes");
    let gone = stage.run(&["down", "pr-1"]).exits(0);
    assert!(gone.stderr.contains("no stack pr-1 stands: nothing to do"), "{}", gone.stderr);
    let unknown = stage.run(&["show", "pr-1"]).exits(2);
    assert!(unknown.stderr.contains("there are: pr-2"), "{}", unknown.stderr);
    stage.run(&["down", "pr-2"]).exits(0);
    assert_same(&before, &listing(), "both are down");
}

fn list_entry(stage: &Stage, name: &str) -> Value {
    stage.run(&["show", name, "--json"]).exits(0).json()
}

#[test]
fn two_processes_never_work_on_one_instance_at_once() {
    let stage = Stage::of_the_tests();
    let before = listing();
    let arguments = ["up", "small", "--name", "pr-1"];
    let mut first = stage.spawn(&arguments);
    let locks = ["ps", "--all", "--quiet", "--filter", "name=^stage-lock.small.pr-1$"];
    while output_of("docker", &locks).is_empty() {
        assert_eq!(first.try_wait().unwrap(), None, "it ended before it had the lock");
    }
    let [first, refused] = [first, stage.spawn(&arguments)].map(ended);
    first.exits(0);
    assert!(refused.stderr.contains("another run works on pr-1"), "{}", refused.stderr);
    refused.exits(7);
    stage.run(&["down", "pr-1"]).exits(0);
    // Whoever of two is late finds it standing, if so late that the other is done.
    let racing = [stage.spawn(&arguments), stage.spawn(&arguments)].map(ended);
    let mut codes: Vec<_> = racing.iter().map(|ran| ran.code.unwrap()).collect();
    codes.sort_unstable();
    assert!(codes == [0, 7] || codes == [0, 0], "one stands it up: {codes:?}");
    for refused in racing.iter().filter(|ran| ran.code == Some(7)) {
        assert!(refused.stderr.contains("another run works on pr-1"), "{}", refused.stderr);
    }
    stage.run(&["down", "pr-1"]).exits(0);
    let waiting = ["up", "small", "--name", "pr-1", "--wait"];
    let both = [stage.spawn(&waiting), stage.spawn(&waiting)].map(|child| ended(child).exits(0));
    assert_eq!(dsn(&both[0]), dsn(&both[1]), "the second finds what the first stood up");
    stage.run(&["down", "pr-1"]).exits(0);
    assert_same(&before, &listing(), "down");
}

#[test]
fn what_a_restart_of_the_machine_stopped_is_started_again_with_its_data() {
    let stage = Stage::of_the_tests();
    let before = listing();
    stage.run(&["up", "small"]).exits(0);
    let db = container(&stage, "small", "db");
    engine::psql(&db, "small", "CREATE TABLE kept (id int)");
    let names = list_entry(&stage, "small");
    let names: Vec<_> = names["services"].as_array().unwrap().iter().map(|it| &it["container"]).collect();
    let mut stop = vec!["stop", "--time", "5"];
    stop.extend(names.iter().map(|name| name.as_str().unwrap()));
    output_of("docker", &stop);
    assert_eq!(list_entry(&stage, "small")["state"], "stopped");
    let woken = stage.run(&["up", "small"]).exits(0);
    assert!(answers(&dsn(&woken)));
    assert_eq!(engine::psql(&db, "small", "SELECT count(*) FROM kept").trim(), "0");
    assert_eq!(list_entry(&stage, "small")["state"], "running");
    stage.run(&["down", "small"]).exits(0);
    assert_same(&before, &listing(), "down");
}

/// How many stacks go up and down in a row. More than the networks that an engine has by itself are tried with
/// `STAGE_TEST_IN_A_ROW=40`, which takes a minute and a half.
fn in_a_row() -> u32 {
    std::env::var("STAGE_TEST_IN_A_ROW").map_or(8, |number| number.parse().unwrap())
}

#[test]
fn twelve_at_once_and_many_in_a_row_leave_nothing_and_never_run_out_of_addresses() {
    let stage = Stage::of_the_tests();
    let before = listing();
    let names: Vec<String> = (0..12).map(|number| format!("at-once-{number}")).collect();
    let all = |verb: &[&str]| {
        let start = |name: &String| {
            let arguments: Vec<&str> = verb.iter().copied().chain([name.as_str()]).collect();
            stage.spawn(&arguments)
        };
        let children: Vec<Child> = names.iter().map(start).collect();
        for child in children {
            ended(child).exits(0);
        }
    };
    let begun = std::time::Instant::now();
    all(&["up", "small", "--name"]);
    let up_s = begun.elapsed().as_secs_f64();
    assert_eq!(stage.run(&["list", "--json"]).exits(0).json().as_array().unwrap().len(), 12);
    all(&["down"]);
    assert_same(&before, &listing(), "twelve at once");
    let begun = std::time::Instant::now();
    for _ in 0..in_a_row() {
        stage.run(&["up", "small", "--name", "in-a-row"]).exits(0);
        stage.run(&["down", "in-a-row"]).exits(0);
    }
    let each_s = begun.elapsed().as_secs_f64() / f64::from(in_a_row());
    assert_same(&before, &listing(), "in a row");
    let number = in_a_row();
    tell(&format!(
        "12 stacks at once: up in {up_s:.1} s; {number} in a row: {each_s:.2} s each, up and down"
    ));
}
