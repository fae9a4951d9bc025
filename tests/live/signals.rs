//! SIGINT, SIGTERM and SIGHUP: the run ends at once, says so, and leaves nothing.

use rustix::process::{Pid, Signal, kill_process};

use super::engine::{assert_same, listing};
use super::stage::{Heard, Stage};

/// Sends signals, one right behind the other, as soon as stderr shows `moment`, and returns the exit code and the rest of stderr.
fn interrupt(stage: &Stage, moment: &str, signals: &[Signal]) -> (Option<i32>, String) {
    let mut child = stage.spawn(&["check", "small"]);
    let heard = Heard::until(&mut child, |line| line.starts_with(moment));
    for signal in signals {
        kill_process(Pid::from_child(&child), *signal).unwrap();
    }
    let said = heard.rest();
    (child.wait().unwrap().code(), said)
}

#[test]
fn a_signal_at_any_phase_ends_the_run_with_its_code_and_nothing_is_left() {
    let stage = Stage::of_the_tests();
    stage.run(&["seed", "build", "small"]).exits(0);
    let before = listing();
    for (moment, signals, code) in [
        ("seed", &[Signal::INT][..], 130),
        ("stack", &[Signal::TERM], 143),
        // As a wrapper does that signals the process and then its group.
        ("migrations", &[Signal::INT, Signal::INT], 130),
        ("services", &[Signal::HUP], 129),
    ] {
        let (ended, said) = interrupt(&stage, moment, signals);
        assert_eq!(ended, Some(code), "after {moment}: {said}");
        assert!(said.contains("stopped by signal"), "after {moment}: {said}");
        assert_same(&before, &listing(), &format!("signal {code} after {moment}"));
    }
}
