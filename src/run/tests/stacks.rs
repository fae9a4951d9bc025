//! Stacks that stand: whole or not at all, until their lease has run out, whoever dies over them.

use std::sync::Arc;
use std::time::Duration;

use super::story::{assert_clean, check, events, journals, seeded, settings, shop, sweep, sweep_as};
use crate::model::call::Undo;
use crate::model::environment::Environment;
use crate::model::error::{ErrorKind, Result};
use crate::model::report::Teardown;
use crate::model::stack::{StackName, StackState, StackView};
use crate::run::{self, LeaseWish, Settings, StackOrder, Up, UpOrder};
use crate::world::memory::{MemoryWorld, Moment};
use crate::world::state::MemoryState;
use crate::world::{Stop, World};

async fn up_as(world: World, holder: &str, instance: &str, waits: bool) -> Result<Up> {
    up_with(&shop(), world, holder, instance, waits).await
}

async fn up_with(
    environment: &Environment,
    world: World,
    holder: &str,
    instance: &str,
    waits: bool,
) -> Result<Up> {
    let settings = settings(holder);
    let order = UpOrder {
        environment,
        instance,
        ttl_s: None,
        keeps: false,
        waits,
        settings: &settings,
        events: events(),
        stop: Stop::new().1,
    };
    run::up(world, order).await
}

pub(super) async fn up(world: &MemoryWorld, instance: &str) -> Result<StackView> {
    up_of(&shop(), world, instance).await
}

pub(super) fn name_of(instance: &str) -> StackName {
    instance.parse().unwrap()
}

pub(super) async fn up_of(
    environment: &Environment,
    world: &MemoryWorld,
    instance: &str,
) -> Result<StackView> {
    match up_with(environment, world.world(), "here", instance, false).await? {
        Up::Stands(view, _) => Ok(*view),
        Up::Fell(report) => panic!("{instance} fell: {report:?}"),
    }
}

pub(super) async fn down(world: &MemoryWorld, instance: &str) -> Result<Option<Teardown>> {
    let (name, settings) = (instance.parse().unwrap(), settings("here"));
    run::down(world.world(), on(&name, &settings), false).await
}

async fn extend(world: &MemoryWorld, instance: &str, ttl_s: u64) -> Result<StackView> {
    let (name, settings) = (instance.parse().unwrap(), settings("here"));
    run::extend(world.world(), on(&name, &settings), LeaseWish { ttl_s, keeps: false }).await
}

pub(super) fn on<'a>(name: &'a StackName, settings: &'a Settings) -> StackOrder<'a> {
    StackOrder { name, waits: false, settings, events: events(), stop: Stop::new().1 }
}

fn elsewhere(world: &MemoryWorld) -> World {
    World { state: Arc::new(MemoryState::default()), ..world.world() }
}

/// Lines of the listing that are neither the seed's nor on it before.
fn made(world: &MemoryWorld) -> Vec<String> {
    let is_seed = |line: &String| line.starts_with("frozen seed") || line.contains("stage-seed-");
    world.listing().into_iter().filter(|line| !is_seed(line)).collect()
}

#[tokio::test]
async fn a_stack_stands_without_what_served_the_run_alone_and_goes_as_a_whole() {
    let world = seeded().await;
    let view = up(&world, "pr-1").await.unwrap();
    assert_eq!(view.state(world.world().clock.now()), StackState::Running);
    assert_eq!(journals(&world), Vec::<String>::new());
    let run = &view.stack.run;
    let mut expected = vec![
        format!("clone stage-shop-{run}-db-data"),
        format!("container stage-shop-{run}-db"),
        format!("container stage-shop-{run}-warmup"),
        format!("container stage-shop-{run}-web"),
        format!("container stage-shop-{run}-worker"),
        format!("egress rules of {}", view.stack.bridge.as_deref().unwrap()),
        format!("network stage-shop-{run}"),
        format!("volume stage-shop-{run}-db-data"),
        format!("volume stage-shop-{run}.files"),
        format!("volume {}", view.stack.leases[0]),
    ];
    expected.sort();
    assert_eq!(made(&world), expected);
    assert_eq!(sweep(&world).await.removed, Vec::<String>::new(), "a lease that runs is honoured");
    assert_eq!(sweep_as("there", &elsewhere(&world)).await.removed, Vec::<String>::new());
    let teardown = down(&world, "pr-1").await.unwrap().unwrap();
    assert_eq!(teardown.left, Vec::<String>::new());
    assert_clean(&world, "down");
    assert!(down(&world, "pr-1").await.unwrap().is_none(), "what is gone already is no failure");
}

#[tokio::test]
async fn two_instances_of_one_environment_stand_side_by_side() {
    let world = seeded().await;
    let (one, other) = (up(&world, "pr-1").await.unwrap(), up(&world, "pr-2").await.unwrap());
    assert_ne!(one.stack.run, other.stack.run);
    down(&world, "pr-1").await.unwrap().unwrap();
    let standing = run::list_stacks(&world.world()).await.unwrap();
    assert_eq!(standing, [other]);
    down(&world, "pr-2").await.unwrap().unwrap();
    assert_clean(&world, "both down");
}

#[tokio::test]
async fn up_again_finds_the_stack_and_renews_its_lease() {
    let world = seeded().await;
    let first = up(&world, "pr-1").await.unwrap();
    let listing = world.listing().len();
    world.pass(3600);
    let again = up(&world, "pr-1").await.unwrap();
    assert_eq!(again.stack.run, first.stack.run);
    assert!(again.stack.until > first.stack.until);
    assert_eq!(again.stack.leases.len(), 1);
    assert_eq!(world.listing().len(), listing);
}

#[tokio::test]
async fn a_stack_goes_once_its_lease_has_run_out_and_a_renewal_is_seen_by_every_machine() {
    let world = seeded().await;
    let ttl_s = i64::try_from(shop().lease.ttl_s).unwrap();
    up(&world, "pr-1").await.unwrap();
    extend(&world, "pr-1", 2 * shop().lease.ttl_s).await.unwrap();
    world.pass(ttl_s + 60);
    assert_eq!(sweep_as("there", &elsewhere(&world)).await.removed, Vec::<String>::new());
    world.pass(ttl_s);
    assert!(!sweep_as("there", &elsewhere(&world)).await.removed.is_empty());
    assert_clean(&world, "the lease has run out");
}

#[tokio::test]
async fn no_lease_goes_beyond_the_deadline_and_none_is_cut_short() {
    let world = seeded().await;
    up(&world, "pr-1").await.unwrap();
    let view = extend(&world, "pr-1", 10 * shop().lease.max_s).await.unwrap();
    assert_eq!(view.stack.until, view.stack.deadline);
    let again = up(&world, "pr-1").await.unwrap();
    assert_eq!(
        again.stack.until, view.stack.until,
        "a shorter wish does not shorten what somebody asked for"
    );
    world.pass(i64::try_from(shop().lease.max_s).unwrap() + 60);
    let error = up(&world, "pr-1").await.unwrap_err();
    assert!(error.hints[0].contains("stage down pr-1"), "{error:?}");
    assert_eq!(extend(&world, "pr-1", 60).await.unwrap_err().kind, ErrorKind::Usage);
}

#[tokio::test]
async fn a_lease_that_runs_out_while_somebody_works_on_the_stack_is_nobodys_to_sweep() {
    let world = seeded().await;
    up(&world, "pr-1").await.unwrap();
    world.pass(i64::try_from(shop().lease.ttl_s).unwrap() + 60);
    let (name, settings) = ("pr-1".parse().unwrap(), settings("here"));
    let ports = world.world();
    let work = run::hold_stack(&ports, on(&name, &settings), "work", async |_, _, _| {
        let before = world.listing();
        assert_eq!(sweep_as("there", &elsewhere(&world)).await.removed, Vec::<String>::new());
        assert_eq!(world.listing(), before);
        Ok(())
    });
    work.await.unwrap();
    let removed = sweep_as("there", &elsewhere(&world)).await.removed;
    assert!(removed.len() > 5, "{removed:?}");
    assert_clean(&world, "swept once nobody works on it");
}

#[tokio::test]
async fn down_takes_what_a_dead_up_left_and_a_lock_that_nobody_will_let_go() {
    let reference = seeded().await;
    let first = reference.calls();
    up(&reference, "pr-1").await.unwrap();
    let middle = first + (reference.calls() - first) / 2;
    let world = seeded().await.crash_at(middle, Moment::After);
    assert!(up(&world, "pr-1").await.is_err());
    world.revive();
    // Its state folder went with the machine.
    let ports = elsewhere(&world);
    let (name, settings) = ("pr-1".parse().unwrap(), settings("there"));
    let error = run::down(ports.clone(), on(&name, &settings), false).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::NoRoom);
    assert!(error.hints.iter().any(|hint| hint.contains("--force")), "{error:?}");
    let teardown = run::down(ports, on(&name, &settings), true).await.unwrap().unwrap();
    assert_eq!(teardown.left, Vec::<String>::new());
    assert_eq!(made(&world), Vec::<String>::new());
}

#[tokio::test]
async fn a_stack_that_lost_a_container_is_not_said_to_stand() {
    let world = seeded().await;
    let view = up(&world, "pr-1").await.unwrap();
    let name = view.stack.containers["web"].clone();
    let gone = Undo::RemoveContainer { name, run: view.stack.run.0.clone() };
    world.world().engine.undo(&gone).await.unwrap();
    let error = up(&world, "pr-1").await.unwrap_err();
    assert!(error.message.contains("stands without web"), "{error}");
    down(&world, "pr-1").await.unwrap().unwrap();
    assert_clean(&world, "down");
}

#[tokio::test]
async fn those_that_wait_for_each_other_all_come_to_their_end() {
    let world = seeded().await;
    let (one, other) = tokio::join!(
        up_as(world.world(), "here", "pr-1", true),
        up_as(elsewhere(&world), "there", "pr-1", true)
    );
    for stood in [one.unwrap(), other.unwrap()] {
        assert!(matches!(stood, Up::Stands(view, _) if view.containers.len() == 4));
    }
    assert_eq!(run::list_stacks(&world.world()).await.unwrap().len(), 1);
    let (name, here) = ("pr-1".parse().unwrap(), settings("here"));
    let waiting = StackOrder { waits: true, ..on(&name, &here) };
    let (gone, stood) = tokio::join!(
        run::down(world.world(), waiting, false),
        up_as(elsewhere(&world), "there", "pr-1", true)
    );
    assert_eq!(gone.unwrap().unwrap().left, Vec::<String>::new());
    assert!(matches!(stood.unwrap(), Up::Stands(view, _) if view.containers.len() == 4));
    // Whoever was first: it stands whole, or nothing of it does.
    down(&world, "pr-1").await.unwrap();
    assert_clean(&world, "all at their end");
}

#[tokio::test]
async fn nobody_works_on_an_instance_that_another_run_works_on() {
    let world = seeded().await.service_hangs("web");
    let others = async {
        while !world.listing().contains(&"container stage-lock.shop.pr-1".to_owned()) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        for ports in [world.world(), elsewhere(&world)] {
            let error = up_as(ports, "there", "pr-1", false).await.err().unwrap();
            assert_eq!(error.kind, ErrorKind::NoRoom);
            assert!(error.message.starts_with("another run works on pr-1"), "{error}");
        }
    };
    tokio::select! {
        _ = up_as(world.world(), "here", "pr-1", false) => panic!("it did not wait for its service"),
        () = others => {}
    }
}

#[tokio::test]
async fn up_that_dies_around_any_call_leaves_a_whole_stack_or_what_a_sweep_takes() {
    let reference = seeded().await;
    let first = reference.calls();
    up(&reference, "pr-1").await.unwrap();
    let calls = reference.calls();
    for number in first + 1..=calls {
        for moment in [Moment::Before, Moment::After] {
            let what = format!("dies {moment:?} call {number}");
            let world = seeded().await.crash_at(number, moment);
            // Whatever it says: it is dead.
            let _ = up(&world, "pr-1").await;
            world.revive();
            assert_eq!(sweep(&world).await.left, Vec::<String>::new(), "{what}");
            if let Some(view) = run::list_stacks(&world.world()).await.unwrap().first() {
                assert_eq!(view.state(world.world().clock.now()), StackState::Running, "{what}");
                assert_eq!(made(&world).len(), made(&reference).len(), "{what}: {:?}", made(&world));
            } else {
                assert_clean(&world, &what);
            }
            up(&world, "pr-1").await.unwrap();
            assert_eq!(made(&world).len(), made(&reference).len(), "{what}, up again");
            down(&world, "pr-1").await.unwrap().unwrap();
            assert_clean(&world, &format!("{what}, up and down again"));
        }
    }
    println!("deaths of up around calls: {} points", 2 * (calls - first));
}

#[tokio::test]
async fn every_call_of_up_may_fail() {
    let reference = seeded().await;
    let first = reference.calls();
    up(&reference, "pr-1").await.unwrap();
    for number in first + 1..=reference.calls() {
        for after in [false, true] {
            let world = seeded().await;
            let what = format!("call {number} fails {}", if after { "after" } else { "before" });
            if after {
                world.fail_after(number)
            } else {
                world.fail_call(number)
            };
            let stood = up(&world, "pr-1").await.is_ok();
            assert_eq!(sweep(&world).await.left, Vec::<String>::new(), "{what}");
            let standing = run::list_stacks(&world.world()).await.unwrap();
            assert!(standing.len() == 1 || !stood, "{what}: it says that it stands");
            if standing.is_empty() {
                assert_clean(&world, &what);
            }
            up(&world, "pr-1").await.unwrap();
            down(&world, "pr-1").await.unwrap().unwrap();
            assert_clean(&world, &format!("{what}, up and down again"));
        }
    }
}

#[tokio::test]
async fn down_and_extend_that_die_around_any_call_are_ended_by_the_next() {
    for extends in [false, true] {
        let act = async |world: &MemoryWorld| {
            // Whatever they say: they may be dead.
            if extends {
                let _ = extend(world, "pr-1", 7200).await;
            } else {
                let _ = down(world, "pr-1").await;
            }
        };
        let standing = async || {
            let world = seeded().await;
            up(&world, "pr-1").await.unwrap();
            world
        };
        let reference = standing().await;
        let first = reference.calls();
        act(&reference).await;
        for number in first + 1..=reference.calls() {
            for moment in [Moment::Before, Moment::After] {
                let what = format!("dies {moment:?} call {number}, extends: {extends}");
                let world = standing().await.crash_at(number, moment);
                act(&world).await;
                world.revive();
                sweep(&world).await;
                let found = run::list_stacks(&world.world()).await.unwrap();
                assert!(!extends || found.len() == 1, "{what}: a stack is lost");
                down(&world, "pr-1").await.unwrap();
                sweep(&world).await;
                assert_clean(&world, &what);
            }
        }
    }
}

#[tokio::test]
async fn a_failing_service_takes_the_stack_down_again_and_tells_why() {
    let world = seeded().await.service_never_healthy("web");
    let Up::Fell(report) = up_as(world.world(), "here", "pr-1", false).await.unwrap() else {
        panic!("it stands")
    };
    assert_eq!(report.service_failure.unwrap().service, "web");
    assert_clean(&world, "fallen");
    check(&world).await.unwrap();
}
