//! A signal in any phase ends the check, and what it made goes.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use tokio::sync::mpsc;

use super::story::{assert_clean, check, check_until, events, world};
use crate::model::error::ErrorKind;
use crate::model::event::Event;
use crate::world::Stop;

#[tokio::test]
async fn a_signal_at_any_call_ends_the_check_and_nothing_stays() {
    let reference = world();
    check(&reference).await.unwrap();
    let calls = reference.calls();
    let mut interrupted = BTreeSet::new();
    let mut reported = BTreeSet::new();
    for number in 1..=calls {
        let what = format!("signal at call {number}");
        let (switch, stop) = Stop::new();
        let (events, mut told) = mpsc::unbounded_channel();
        let phase = Arc::new(Mutex::new("none"));
        let seen = Arc::clone(&phase);
        let world = world().at_call(number, move || {
            while let Ok(event) = told.try_recv() {
                if let Event::PhaseStarted { phase } = event {
                    *seen.lock().unwrap() = phase;
                }
            }
            switch.stop(15);
        });
        let result = check_until(&world, stop, events).await;
        let phase = *phase.lock().unwrap();
        match result {
            Ok(_) => reported.insert(phase),
            Err(error) => {
                assert_eq!(error.kind, ErrorKind::Interrupted(15), "{what}: {error}");
                interrupted.insert(phase)
            }
        };
        assert_clean(&world, &what);
    }
    println!("signals: {calls} points");
    assert_eq!(interrupted, BTreeSet::from(["migrations", "seed", "services", "stack", "suite"]));
    // When the suite has exited all is known, and taking down goes on whatever anybody asks.
    assert_eq!(reported, BTreeSet::from(["suite", "teardown"]));
}

#[tokio::test]
async fn a_signal_ends_a_wait_that_would_never_end() {
    for service in ["warmup", "web", "tests"] {
        let world = world().service_hangs(service);
        let (switch, stop) = Stop::new();
        let (result, ()) = tokio::join!(check_until(&world, stop, events()), async {
            while !world.started().iter().any(|name| name.ends_with(service)) {
                tokio::time::sleep(std::time::Duration::from_millis(1)).await;
            }
            switch.stop(2);
        });
        assert_eq!(result.unwrap_err().kind, ErrorKind::Interrupted(2), "{service}");
        assert_clean(&world, service);
    }
}
