//! An engine that holds as many stacks as it can: the next one waits for its turn, or is told who has the room.

use super::stacks::{down, up};
use super::story::{assert_clean, check_ordered, events, seeded, settings, shop};
use crate::model::error::{Error, ErrorKind, Result};
use crate::model::queue::QueueTerms;
use crate::model::report::Report;
use crate::model::survey::{HostFacts, Survey};
use crate::plan;
use crate::run::Settings;
use crate::world::memory::MemoryWorld;

async fn check_in_queue(world: &MemoryWorld, queue: QueueTerms) -> Result<Report> {
    let settings = Settings { queue, ..settings("here") };
    check_ordered(&shop(), &settings, world, events()).await
}

fn with_memory(world: &MemoryWorld, memory_bytes: u64) -> MemoryWorld {
    let host = HostFacts { memory_bytes, ..HostFacts::default() };
    world.with_survey(Survey { host, ..Survey::default() })
}

async fn refused(world: &MemoryWorld, most_stacks: Option<usize>) -> Error {
    let (started, listing) = (world.started().len(), world.listing());
    let error = check_in_queue(world, QueueTerms { most_stacks, timeout_s: 0 }).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::NoRoom, "{error}");
    assert_eq!(
        (world.started().len(), world.listing()),
        (started, listing),
        "nothing started, nothing stays"
    );
    error
}

#[tokio::test]
async fn a_stack_for_which_there_is_no_memory_left_starts_nothing_and_says_who_has_it() {
    let wanted = plan::memory_wanted(&shop());
    let world = with_memory(&seeded().await, wanted * 2);
    up(&world, "pr-1").await.unwrap();
    let error = refused(&world, None).await;
    assert!(error.to_string().ends_with("1 stack before it: pr-1"), "{error}");
    down(&world, "pr-1").await.unwrap();
    check_in_queue(&world, QueueTerms::default()).await.unwrap();
    assert_clean(&world, "checked once there was room");

    let error = refused(&with_memory(&world, wanted), None).await;
    assert!(error.to_string().contains("is reckoned with"), "{error}");
}

#[tokio::test]
async fn a_cap_lets_the_next_stack_wait_until_one_has_gone() {
    let world = seeded().await;
    up(&world, "pr-1").await.unwrap();
    refused(&world, Some(1)).await;
    let terms = QueueTerms { most_stacks: Some(1), timeout_s: 60 };
    let (checked, gone) = tokio::join!(check_in_queue(&world, terms), down(&world, "pr-1"));
    gone.unwrap();
    assert_eq!(checked.unwrap().teardown.left, Vec::<String>::new());
    assert_clean(&world, "both have gone");
}
