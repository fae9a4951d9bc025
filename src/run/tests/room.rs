//! What does not fit is refused before anything starts, and what would fit a larger pool makes it larger.

use std::time::Duration;

use tokio::sync::mpsc;

use super::super::instance;
use super::super::room::growing_beside;
use super::story::{assert_clean, check, only_seed, seeded, world};
use crate::model::clones::{CloneDriver, DriverFinding, Extent, Room};
use crate::model::diagnosis::{Diagnosis, Health};
use crate::model::error::ErrorKind;
use crate::model::event::Event;
use crate::model::name::RunId;
use crate::model::survey::{HostFacts, Survey};
use crate::run;
use crate::world::Stop;
use crate::world::memory::MemoryWorld;

const GIB: u64 = 1 << 30;

fn room(pool: (u64, u64), disk: (u64, u64)) -> Room {
    let extent = |(size, free): (u64, u64)| Extent { size_bytes: size, free_bytes: free };
    Room { driver: CloneDriver::Btrfs, pool: Some(extent(pool)), disk: extent(disk) }
}

#[tokio::test]
async fn a_full_disk_refuses_a_seed_and_a_check_before_anything_starts() {
    let full = room((8 * GIB, 7 * GIB), (100 * GIB, 5 * GIB));
    let world = world().with_room(full);
    let error = check(&world).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::NoRoom);
    assert!(error.to_string().starts_with("no room for a seed of db"), "{error}");
    assert_eq!(world.started(), Vec::<String>::new());
    assert_clean(&world, "no room for a seed");

    let world = seeded().await;
    let (seed, started) = (only_seed(&world).await, world.started().len());
    let error = check(&world.with_room(full)).await.unwrap_err();
    assert!(error.to_string().starts_with("no room for the clones"), "{error}");
    assert!(!error.hints.iter().any(|hint| hint.contains(seed.key.short())), "it is the one that is used");
    assert_eq!(world.started().len(), started);
    assert_clean(&world, "no room for clones");
}

#[tokio::test]
async fn a_pool_that_is_nearly_full_grows_and_is_not_grown_again() {
    let world = world().with_room(room((GIB, GIB / 4), (100 * GIB, 50 * GIB)));
    check(&world).await.unwrap();
    let grown =
        |world: &MemoryWorld| world.done().iter().filter(|line| line.starts_with("grow pool")).count();
    assert_eq!(grown(&world), 1);
    check(&world).await.unwrap();
    assert_eq!(grown(&world), 1);
    assert_clean(&world, "grown");
}

#[tokio::test]
async fn a_pool_that_runs_low_grows_beside_what_writes_to_it_and_if_it_cannot_that_is_told() {
    let world = seeded().await.with_room(room((8 * GIB, 2 * GIB), (100 * GIB, 50 * GIB)));
    let (events, mut told) = mpsc::unbounded_channel();
    let run =
        instance::begin(&world.world(), "writing", &RunId("r1".into()), (&events, &Stop::new().1)).unwrap();
    // It measures the pool first.
    let world = world.fail_call(world.calls() + 2);
    let note = async {
        loop {
            if let Event::Note { text } = told.recv().await.unwrap() {
                break text;
            }
        }
    };
    let text = growing_beside(&run, note).await;
    assert!(text.starts_with("the pool runs low and could not be made larger: "), "{text}");

    let is_grown = || world.done().iter().any(|line| line.starts_with("grow pool to 17 GB"));
    let writing = async {
        while !is_grown() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let grown = tokio::time::timeout(Duration::from_mins(1), growing_beside(&run, writing)).await;
    assert!(grown.is_ok(), "{:#?}", world.done());
    run.journal.close().unwrap();
}

async fn doctor(survey: Survey) -> Diagnosis {
    let world = seeded().await.with_survey(survey);
    let (calls, listing) = (world.done().len(), world.listing());
    let diagnosis = run::doctor(&world.world()).await.unwrap();
    assert_eq!((world.done().len(), world.listing()), (calls, listing), "it only looks");
    diagnosis
}

fn finding(driver: CloneDriver, works: bool) -> DriverFinding {
    DriverFinding { driver, works, why: "tried".into() }
}

#[tokio::test]
async fn doctor_says_which_driver_is_taken_and_why_each_other_is_not() {
    let survey = Survey {
        host: HostFacts { memory_bytes: 8 << 30, ..HostFacts::default() },
        has_helper: true,
        driver: Some(CloneDriver::Btrfs),
        driver_why: "a pool of it is there".into(),
        drivers: vec![
            finding(CloneDriver::Reflink, false),
            finding(CloneDriver::Btrfs, true),
            finding(CloneDriver::Copy, true),
        ],
        ..Survey::default()
    };
    let diagnosis = doctor(survey.clone()).await;
    assert_eq!(diagnosis.exit_code(), 0);
    let text = |name: &str| {
        let found = diagnosis.findings.iter().find(|finding| finding.name == name);
        found.unwrap_or_else(|| panic!("{diagnosis:#?}")).text.clone()
    };
    assert_eq!(text("clones"), "btrfs: a pool of it is there; tried");
    assert_eq!(text("clones by reflink"), "passed over: tried");
    assert_eq!(text("clones by copy"), "not taken, but would work: tried");
    assert_eq!(text("seeds"), "1 seed, 1.0 MB in all");
    assert!(diagnosis.findings.iter().all(|finding| finding.health == Health::Good), "{diagnosis:#?}");

    let forced = Survey { driver: Some(CloneDriver::Reflink), ..survey.clone() };
    assert_eq!(doctor(forced).await.exit_code(), 2, "what was forced does not work");
    let bare = Survey { has_helper: false, driver: None, drivers: Vec::new(), ..survey };
    assert_eq!(doctor(bare).await.exit_code(), 5, "the helper image is not there");
}
