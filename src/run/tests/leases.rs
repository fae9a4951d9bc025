//! Leases: what is kept, what is idle, and what a sweep leaves for the next one.

use std::sync::Arc;

use super::stacks::{on, up};
use super::story::{assert_clean, events, seeded, settings, shop, sweep, sweep_as};
use crate::model::call::Call;
use crate::model::environment::Environment;
use crate::model::stack::StackView;
use crate::model::sweep::SweepBounds;
use crate::run::{self, LeaseWish, Swept, Up, UpOrder};
use crate::world::memory::{MemoryWorld, Moment};
use crate::world::state::MemoryState;
use crate::world::{Stop, World};

const HOUR_S: i64 = 3600;

fn elsewhere(world: &MemoryWorld) -> World {
    World { state: Arc::new(MemoryState::default()), ..world.world() }
}

/// The shop, whose stacks may be idle for two hours and lease for a day.
fn idling() -> Environment {
    let mut shop = shop();
    shop.lease.ttl_s = 24 * 3600;
    shop.lease.idle_s = Some(2 * 3600);
    shop
}

async fn up_of(world: &MemoryWorld, environment: &Environment, keeps: bool) -> StackView {
    let settings = settings("here");
    let order = UpOrder {
        environment,
        instance: "pr-1",
        ttl_s: None,
        keeps,
        waits: false,
        settings: &settings,
        events: events(),
        stop: Stop::new().1,
    };
    match run::up(world.world(), order).await.unwrap() {
        Up::Stands(view, _) => *view,
        Up::Fell(report) => panic!("it fell: {report:?}"),
    }
}

async fn swept(world: &World, bounds: &SweepBounds) -> Swept {
    run::sweep(world, &settings("there"), &events(), bounds).await.unwrap()
}

/// How many stacks stand.
async fn standing(world: &MemoryWorld) -> usize {
    run::list_stacks(&world.world()).await.unwrap().len()
}

#[tokio::test]
async fn a_stack_that_is_kept_goes_at_its_hard_deadline_only() {
    let world = seeded().await;
    up(&world, "pr-1").await.unwrap();
    let (name, settings) = ("pr-1".parse().unwrap(), settings("here"));
    let wish = LeaseWish { ttl_s: 60, keeps: true };
    let view = run::extend(world.world(), on(&name, &settings), wish).await.unwrap();
    assert!(view.stack.kept && view.stack.until == view.stack.deadline && view.stack.leases.len() == 1);
    let again = run::extend(world.world(), on(&name, &settings), LeaseWish { ttl_s: 60, keeps: false });
    assert!(again.await.unwrap().stack.kept, "a renewal does not end it");
    let max_s = i64::try_from(shop().lease.max_s).unwrap();
    world.pass(max_s - 60);
    assert_eq!(sweep(&world).await.removed, Vec::<String>::new());
    world.pass(120);
    assert!(!sweep_as("there", &elsewhere(&world)).await.removed.is_empty());
    assert_clean(&world, "its deadline is over");
}

#[tokio::test]
async fn a_stack_that_nobody_asks_for_anything_goes_once_two_sweeps_have_seen_it_idle() {
    let world = seeded().await.works(false, "5");
    up_of(&world, &idling(), false).await;
    world.pass(10 * HOUR_S);
    assert_eq!(sweep(&world).await.removed, Vec::<String>::new(), "nobody knows since when");
    world.pass(HOUR_S);
    assert_eq!(sweep_as("there", &elsewhere(&world)).await.removed, Vec::<String>::new(), "one hour");
    world.pass(HOUR_S + 60);
    let bounds = SweepBounds::default();
    let preview = run::preview_sweep(&elsewhere(&world), &settings("there"), &bounds).await.unwrap();
    assert!(preview.going.values().all(|why| why == "pr-1 is idle for 2 h 1 min"), "{preview:?}");
    let removed = swept(&elsewhere(&world), &bounds).await.teardown.removed;
    assert!(preview.going.keys().all(|going| removed.contains(going)), "{removed:?}");
    assert_clean(&world, "idle");
}

#[tokio::test]
async fn whatever_is_asked_between_two_sweeps_begins_the_time_anew() {
    let world = seeded().await.works(false, "5");
    up_of(&world, &idling(), false).await;
    for work in ["6", "7", "8"] {
        sweep_as("there", &elsewhere(&world)).await;
        world.pass(3 * HOUR_S);
        world.works(false, work);
        assert_eq!(standing(&world).await, 1);
    }
    world.works(true, "7");
    sweep(&world).await;
    world.pass(3 * HOUR_S);
    sweep(&world).await;
    assert_eq!(standing(&world).await, 1, "a statement is under way");
    let notes = world.listing().into_iter().filter(|line| line.contains("-quiet-")).count();
    assert_eq!(notes, 1, "only the newest note stays");
}

#[tokio::test]
async fn a_renewal_begins_the_time_anew_and_what_is_kept_is_never_idle() {
    let world = seeded().await.works(false, "5");
    up_of(&world, &idling(), false).await;
    sweep(&world).await;
    world.pass(3 * HOUR_S);
    up_of(&world, &idling(), false).await;
    assert_eq!(sweep(&world).await.left, Vec::<String>::new());
    assert_eq!(standing(&world).await, 1, "somebody wants it");
    world.pass(HOUR_S);
    up_of(&world, &idling(), true).await;
    for _ in 0..3 {
        sweep(&world).await;
        world.pass(3 * HOUR_S);
    }
    assert_eq!(standing(&world).await, 1, "kept");
}

#[tokio::test]
async fn what_could_not_be_asked_is_not_taken() {
    let reference = seeded().await.works(false, "5");
    up_of(&reference, &idling(), false).await;
    sweep(&reference).await;
    reference.pass(3 * HOUR_S);
    let first = reference.calls();
    sweep(&reference).await;
    let calls = reference.calls() - first;
    assert_eq!(standing(&reference).await, 0);
    for number in 1..=calls {
        let world = seeded().await.works(false, "5");
        up_of(&world, &idling(), false).await;
        sweep(&world).await;
        world.pass(3 * HOUR_S);
        world.fail_call(world.calls() + number);
        // It may fail, or leave the stack to the next one; the stack is whole, or gone.
        let _ = run::sweep(&world.world(), &settings("here"), &events(), &SweepBounds::default()).await;
        sweep(&world).await;
        assert_clean(&world, &format!("call {number} failed, and swept again"));
    }

    let world = seeded().await.works(false, "5");
    let view = up_of(&world, &idling(), false).await;
    sweep(&world).await;
    world.pass(3 * HOUR_S);
    let database = view.stack.containers["db"].clone();
    let stop = Call::StopContainer { name: database, timeout_s: 5 };
    world.world().engine.perform(&stop).await.unwrap();
    assert_eq!(sweep(&world).await.removed, Vec::<String>::new(), "its database does not answer");
}

#[tokio::test]
async fn a_sweep_that_dies_over_an_idle_stack_is_ended_by_the_next() {
    let idle = async || {
        let world = seeded().await.works(false, "5");
        up_of(&world, &idling(), false).await;
        sweep(&world).await;
        world.pass(3 * HOUR_S);
        world
    };
    let reference = idle().await;
    let first = reference.calls();
    sweep(&reference).await;
    for number in first + 1..=reference.calls() {
        for moment in [Moment::Before, Moment::After] {
            let world = idle().await.crash_at(number, moment);
            let _ = run::sweep(&world.world(), &settings("here"), &events(), &SweepBounds::default()).await;
            world.revive();
            assert_eq!(sweep(&world).await.left, Vec::<String>::new(), "{moment:?} call {number}");
            assert_clean(&world, &format!("{moment:?} call {number}"));
        }
    }
}

#[tokio::test]
async fn a_sweep_takes_what_it_is_told_and_no_more_than_its_limit_and_names_the_rest() {
    let world = seeded().await;
    for instance in ["pr-1", "pr-2", "pr-3"] {
        up(&world, instance).await.unwrap();
    }
    world.pass(i64::try_from(shop().lease.ttl_s).unwrap() + 60);
    let there = elsewhere(&world);
    let one = SweepBounds { environment: Some("shop".into()), instance: Some("pr-2".into()), limit: 20 };
    let preview = run::preview_sweep(&there, &settings("there"), &one).await.unwrap();
    assert!(preview.going.values().all(|why| why == "the lease of pr-2 ran out 1 min ago"), "{preview:?}");
    swept(&there, &one).await;
    assert_eq!(standing(&world).await, 2);
    let none = SweepBounds { environment: Some("blog".into()), ..SweepBounds::default() };
    assert_eq!(swept(&there, &none).await, Swept::default());
    let first = swept(&there, &SweepBounds { limit: 1, ..SweepBounds::default() }).await;
    assert_eq!(first.postponed, ["shop/pr-3"]);
    assert_eq!(standing(&world).await, 1);
    assert_eq!(swept(&there, &SweepBounds::default()).await.postponed, Vec::<String>::new());
    assert_clean(&world, "all taken");
}
