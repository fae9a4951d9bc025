//! The proof of a teardown: counted before and after, and never better than what is there.

use super::stacks::{down, up};
use super::story::{check, seeded, world};
use crate::model::proof::{MadeKind, Remains};
use crate::model::report::Teardown;

fn counts(teardown: &Teardown) -> Vec<(MadeKind, usize, usize)> {
    let counts = |it: &Remains| (it.kind, it.before, it.after);
    teardown.proof.iter().map(counts).filter(|(_, before, _)| *before > 0).collect()
}

#[tokio::test]
async fn a_check_counts_what_it_made_and_that_it_is_gone() {
    let teardown = check(&world()).await.unwrap().teardown;
    assert_eq!(
        counts(&teardown),
        [
            (MadeKind::Container, 6, 0),
            (MadeKind::Network, 1, 0),
            (MadeKind::Egress, 1, 0),
            (MadeKind::Volume, 3, 0),
            (MadeKind::Clone, 2, 0),
            (MadeKind::File, 1, 0),
        ]
    );
    assert_eq!(teardown.left, Vec::<String>::new());
}

#[tokio::test]
async fn a_port_that_goes_on_answering_is_left_behind() {
    let world = seeded().await.port_sticks(5432);
    up(&world, "pr-1").await.unwrap();
    let teardown = down(&world, "pr-1").await.unwrap().unwrap();
    let is_port = |left: &String| left.starts_with("port 127.") && left.ends_with(":5432: still there");
    assert!(teardown.left.iter().any(is_port), "{teardown:?}");
    assert!(counts(&teardown).contains(&(MadeKind::Port, 1, 1)), "{teardown:?}");
}

#[tokio::test]
async fn images_that_were_fetched_are_named_as_kept() {
    let world = world().with_image("another:1");
    let images = check(&world).await.unwrap().teardown.images;
    assert!(images.iter().any(|image| image.starts_with("postgres")), "{images:?}");
    assert!(check(&seeded().await).await.unwrap().teardown.images.is_empty());
}

#[tokio::test]
async fn down_counts_the_whole_stack() {
    let world = seeded().await;
    up(&world, "pr-1").await.unwrap();
    let teardown = down(&world, "pr-1").await.unwrap().unwrap();
    let containers = counts(&teardown).into_iter().find(|(kind, ..)| *kind == MadeKind::Container);
    assert_eq!(containers, Some((MadeKind::Container, 4, 0)));
    assert!(counts(&teardown).iter().all(|(_, _, after)| *after == 0));
}
