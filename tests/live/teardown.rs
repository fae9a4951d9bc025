//! The proof of a teardown, against what the engine and this machine say.

use std::net::TcpStream;

use serde_json::Value;

use super::engine::{assert_same, listing};
use super::stage::Stage;

/// How many of a kind there were before and after.
fn counts(report: &Value, kind: &str) -> (u64, u64) {
    let proof = report["proof"].as_array().unwrap_or_else(|| panic!("no proof: {report}"));
    let row = proof.iter().find(|row| row["kind"] == kind).unwrap_or_else(|| panic!("no {kind}: {report}"));
    (row["before"].as_u64().unwrap(), row["after"].as_u64().unwrap())
}

#[test]
fn a_check_and_a_down_count_what_there_was_and_that_it_is_gone() {
    let stage = Stage::of_the_tests();
    let before = listing();
    let report = stage.run(&["check", "small", "--json"]).exits(0).json();
    let teardown = &report["teardown"];
    assert_eq!(counts(teardown, "networks"), (1, 0));
    assert_eq!(counts(teardown, "clones"), (2, 0));
    assert_eq!(counts(teardown, "ports"), (0, 0), "nobody but this run reaches a stack that is about to go");
    assert_eq!(counts(teardown, "temporary files"), (1, 0));
    assert_eq!(teardown["left"].as_array().unwrap().len(), 0);

    let up = stage.run(&["up", "small", "--json"]).exits(0).json();
    let dsn = up.to_string();
    let at = dsn.split('@').nth(1).unwrap().split('/').next().unwrap().to_owned();
    TcpStream::connect(&at).unwrap();
    let labelled = listing().iter().filter(|line| line.starts_with("container stage-small-")).count();
    let down = stage.run(&["down", "small", "--json"]).exits(0).json();
    assert_eq!(counts(&down, "containers"), (labelled as u64, 0));
    assert_eq!(counts(&down, "ports"), (1, 0));
    assert!(TcpStream::connect(&at).is_err(), "{at} answers still");
    assert_same(&before, &listing(), "taken down");
}
