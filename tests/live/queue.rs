//! An engine that several share: how many stacks it holds, what one may take of its memory, and who waits for whom.

use super::bad_input::replace;
use super::engine::{assert_same, container, listing, output_of};
use super::stage::{Heard, Stage, changed};

#[test]
fn a_stack_that_is_one_too_many_waits_for_its_turn_or_says_who_has_the_room() {
    let stage = Stage::of_the_tests();
    stage.run(&["seed", "build", "tiny"]).exits(0);
    let before = listing();
    stage.run(&["up", "tiny", "--name", "first"]).exits(0);
    let standing = listing();
    let full = ["up", "tiny", "--name", "second", "--max-stacks", "1", "--queue-timeout"];
    let refused = stage.run(&[&full[..], &["0s"]].concat()).exits(7);
    assert!(refused.stderr.contains("1 stack before it: first"), "{}", refused.stderr);
    assert!(refused.stderr.contains("--max-stacks"), "{}", refused.stderr);
    assert_same(&standing, &listing(), "refused");

    let mut waiting = stage.spawn(&[&full[..], &["60s"]].concat());
    let told = "waiting for room on this engine, 1 stack before it: first";
    let heard = Heard::until(&mut waiting, |line| line.contains(told));
    stage.run(&["down", "first"]).exits(0);
    let said = heard.rest();
    assert_eq!(waiting.wait().unwrap().code(), Some(0), "{said}");
    stage.run(&["down", "second"]).exits(0);
    assert_same(&before, &listing(), "down");
}

#[test]
fn services_have_the_memory_that_compose_lets_them_and_go_before_anything_else() {
    let (_environments, stage) = changed("limited", |folder| {
        let limited = "command: [sleep, \"300\"]\n    mem_limit: 64m\n    cpus: 0.5";
        replace(&folder.join("compose.yaml"), "command: [sleep, \"300\"]", limited);
    });
    stage.run(&["seed", "build", "limited"]).exits(0);
    stage.run(&["up", "limited"]).exits(0);
    let limits = |name: &str| {
        let form = "{{.HostConfig.Memory}} {{.HostConfig.NanoCpus}} {{.HostConfig.OomScoreAdj}}";
        output_of("docker", &["inspect", "--format", form, name])
    };
    assert_eq!(limits(&container("stage-limited-", "-web")).trim(), "67108864 500000000 500");
    assert_eq!(limits(&container("stage-limited-", "-db")).trim(), "0 0 500");
    stage.run(&["down", "limited"]).exits(0);

    let (_environments, stage) = {
        drop(stage);
        changed("huge", |folder| {
            let huge = "command: [sleep, \"300\"]\n    mem_limit: 4000g";
            replace(&folder.join("compose.yaml"), "command: [sleep, \"300\"]", huge);
        })
    };
    let before = listing();
    let refused = stage.run(&["check", "huge"]).exits(7);
    assert!(refused.stderr.contains("the stack is reckoned with 4.3 TB of memory"), "{}", refused.stderr);
    assert_same(&before, &listing(), "refused");
}
