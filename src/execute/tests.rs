//! Whatever happens to a plan, unwinding it leaves the world as it was: every step failing, repeated and crashed.

mod sample;

use jiff::Timestamp;
use tokio::sync::mpsc;

use self::sample::{CACHE, RUN, plan, world};
use super::{Run, Stop, apply, unwind};
use crate::model::call::{ServiceFailure, Undo};
use crate::model::error::{ErrorKind, Result};
use crate::model::name::RunId;
use crate::model::report::Teardown;
use crate::store::journal::Journal;
use crate::world::memory::{MemoryWorld, Moment};

fn run(world: &MemoryWorld, stop: Stop) -> Run {
    let state = world.world().state;
    let journal = Journal::open(state, &RunId(RUN.into()), "test", Timestamp::UNIX_EPOCH).unwrap();
    run_with(world, journal, stop)
}

fn run_with(world: &MemoryWorld, journal: Journal, stop: Stop) -> Run {
    Run { world: world.world(), journal, events: mpsc::unbounded_channel().0, stop }
}

/// Applies the plan and unwinds it, as every story does.
async fn applied_and_unwound(world: &MemoryWorld) -> (Result<Option<ServiceFailure>>, Teardown) {
    let run = run(world, Stop::new().1);
    let outcome = apply(&run, &plan()).await;
    let teardown = unwind(&run).await;
    // A dead process cannot close its journal; that is what the journal is for.
    let _ = run.journal.close();
    (outcome, teardown)
}

/// What the next `stage` does with runs that died.
async fn sweep(world: &MemoryWorld) -> Vec<Teardown> {
    let mut teardowns = Vec::new();
    for journal in Journal::take_over_crashed(&world.world().state).unwrap() {
        let run = run_with(world, journal, Stop::new().1);
        teardowns.push(unwind(&run).await);
        run.journal.close().unwrap();
    }
    teardowns
}

/// How many calls the plan and its unwinding make when nothing fails.
async fn calls() -> usize {
    let world = world();
    applied_and_unwound(&world).await.0.unwrap();
    assert!(world.calls() > plan().steps.len());
    world.calls()
}

#[track_caller]
fn assert_untouched(found: &MemoryWorld, what: &str) {
    assert_eq!(found.listing(), world().listing(), "{what}");
    assert!(found.state().names().is_empty(), "{what}: a journal stays: {:?}", found.state().names());
}

#[tokio::test]
async fn what_a_run_made_goes_and_what_is_kept_stays_when_everything_succeeded() {
    let world = world();
    let mut expected = world.listing();
    expected.push(format!("volume {CACHE}"));
    expected.sort();
    let (outcome, teardown) = applied_and_unwound(&world).await;
    assert_eq!(outcome.unwrap(), None);
    assert_eq!(world.listing(), expected);
    assert_eq!(teardown.left, Vec::<String>::new());
    assert_eq!(
        teardown.removed,
        ["clone data", "container db", "container job", "container web", "network net", "volume data"]
    );
    assert_eq!(world.started(), ["db", "job", "web"]);
    assert!(world.state().names().is_empty());
}

#[tokio::test]
async fn steps_that_do_not_wait_for_each_other_run_at_once() {
    let together = world();
    apply(&run(&together, Stop::new().1), &plan()).await.unwrap();
    assert!(together.most_calls_at_once() >= 2);
    let mut chain = plan();
    for id in 1..chain.steps.len() {
        chain.steps[id].after.push(id - 1);
    }
    let alone = world();
    apply(&run(&alone, Stop::new().1), &chain).await.unwrap();
    assert_eq!(alone.most_calls_at_once(), 1);
}

#[tokio::test]
async fn every_step_may_fail_and_the_world_is_as_it_was() {
    for number in 1..=plan().steps.len() {
        for fails_after in [false, true] {
            let what = format!("step {number} fails {}", if fails_after { "after" } else { "before" });
            let world = if fails_after { world().fail_after(number) } else { world().fail_call(number) };
            let (outcome, teardown) = applied_and_unwound(&world).await;
            assert_eq!(outcome.unwrap_err().kind, ErrorKind::Unreachable, "{what}");
            assert_eq!(teardown.left, Vec::<String>::new(), "{what}");
            assert_untouched(&world, &what);
        }
    }
}

#[tokio::test]
async fn every_removal_may_fail_once_and_is_tried_again() {
    for number in plan().steps.len() + 1..=calls().await {
        for world in [world().fail_call(number), world().fail_after(number)] {
            let (outcome, teardown) = applied_and_unwound(&world).await;
            outcome.unwrap();
            assert_eq!(teardown.left, Vec::<String>::new(), "call {number}");
            assert!(world.state().names().is_empty(), "call {number}");
        }
    }
}

#[tokio::test]
async fn every_call_may_be_carried_out_twice() {
    let (once, twice) = (world(), world().repeat(true));
    applied_and_unwound(&once).await.0.unwrap();
    let (outcome, teardown) = applied_and_unwound(&twice).await;
    assert_eq!(outcome.unwrap(), None);
    assert_eq!(teardown.left, Vec::<String>::new());
    assert_eq!(twice.listing(), once.listing());
    assert_eq!(twice.started(), once.started());
}

#[tokio::test]
async fn a_run_that_dies_around_any_call_is_unwound_by_the_next() {
    let steps = plan().steps.len();
    for number in 1..=calls().await {
        for moment in [Moment::Before, Moment::After] {
            let what = format!("dies {moment:?} call {number}");
            let world = world().crash_at(number, moment);
            assert_eq!(applied_and_unwound(&world).await.0.is_err(), number <= steps, "{what}");
            assert!(!world.state().names().is_empty(), "{what}: its journal is there");
            world.revive();
            let teardowns = sweep(&world).await;
            assert_eq!(teardowns.len(), 1, "{what}");
            assert_eq!(teardowns[0].left, Vec::<String>::new(), "{what}");
            if number > steps {
                // The plan had succeeded before the process died, so what is kept stays.
                world.world().engine.undo(&Undo::RemoveVolume { name: CACHE.into() }).await.unwrap();
            }
            assert_untouched(&world, &what);
        }
    }
}

#[tokio::test]
async fn what_cannot_be_removed_is_told_and_a_later_sweep_ends_it() {
    let world = world().cannot_remove("network net");
    let (outcome, teardown) = applied_and_unwound(&world).await;
    outcome.unwrap();
    assert_eq!(teardown.left, ["network net: could not remove network net: the engine refuses"]);
    assert_eq!(teardown.removed.len(), 5, "the others go on");
    assert!(world.listing().contains(&"network net".to_owned()));
    assert_eq!(world.state().names(), [format!("journals/{RUN}.jsonl")]);

    world.can_remove("network net");
    assert_eq!(sweep(&world).await[0].removed, ["network net"]);
    assert!(!world.listing().contains(&"network net".to_owned()));
    assert!(world.state().names().is_empty());
}

#[tokio::test]
async fn a_signal_at_any_call_ends_the_plan_and_nothing_stays() {
    // At the last step there is nothing left to interrupt: the plan succeeds.
    for number in 1..plan().steps.len() {
        let (switch, stop) = Stop::new();
        let world = world().at_call(number, move || switch.stop(15));
        let run = run(&world, stop);
        let error = apply(&run, &plan()).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Interrupted(15), "call {number}");
        unwind(&run).await;
        run.journal.close().unwrap();
        assert_untouched(&world, &format!("signal at call {number}"));
    }
}

#[tokio::test]
async fn a_signal_ends_a_wait_that_would_never_end() {
    let world = world().service_hangs("db");
    let (switch, stop) = Stop::new();
    let run = run(&world, stop);
    let plan = plan();
    let (outcome, ()) = tokio::join!(apply(&run, &plan), async {
        while world.started().is_empty() {
            tokio::task::yield_now().await;
        }
        switch.stop(2);
    });
    assert_eq!(outcome.unwrap_err().kind, ErrorKind::Interrupted(2));
    unwind(&run).await;
    run.journal.close().unwrap();
    assert_untouched(&world, "stopped while waiting");
}

#[tokio::test]
async fn a_service_that_does_not_come_up_is_a_fact_after_which_nothing_starts() {
    let cases: [(MemoryWorld, &str, &str, &[&str]); 2] = [
        (world().service_never_healthy("db"), "db", "not healthy after 9 s", &["db"]),
        (world().service_exits("job", 3), "job", "exited with 3", &["db", "job"]),
    ];
    for (world, service, reason, started) in cases {
        let (outcome, _) = applied_and_unwound(&world).await;
        let failure = outcome.unwrap().unwrap();
        assert_eq!((failure.service.as_str(), failure.reason.as_str()), (service, reason));
        assert_eq!(world.started(), started);
        assert_untouched(&world, service);
    }
}
