//! Engines that stand elsewhere, and what on an engine or in the state folder this build cannot read.

use tokio::sync::mpsc;

use super::story::{check, check_until, journals, only_seed, preview_as, seeded, sweep, world};
use crate::model::call::Call;
use crate::model::container::{Labels, VolumeSource, VolumeSpec};
use crate::model::engine::{EngineFacts, EnginePlace};
use crate::model::error::ErrorKind;
use crate::model::event::Event;
use crate::model::label;
use crate::run;
use crate::world::memory::MemoryWorld;
use crate::world::{StateFiles, Stop};

async fn with_foreign_seed(world: &MemoryWorld, volume: &str) {
    let labels = [(label::KIND, label::KIND_SEED), (label::FORMAT, "9")];
    let labels: Labels = labels.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
    let spec = VolumeSpec { name: volume.to_owned(), source: VolumeSource::Plain, labels };
    world.world().engine.perform(&Call::CreateVolume(spec)).await.unwrap();
}

#[tokio::test]
async fn databases_that_cannot_be_reached_are_told_before_anything_is_made() {
    let facts = EngineFacts {
        address: "tcp://farm:2376".into(),
        place: EnginePlace::Elsewhere,
        ..EngineFacts::default()
    };
    let world = world().with_engine(facts);
    let error = check(&world).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unreachable);
    assert_eq!(error.to_string(), "databases on the engine at tcp://farm:2376 cannot be reached from here");
    assert_eq!((world.done(), journals(&world)), (Vec::new(), Vec::new()));
}

#[tokio::test]
async fn a_seed_of_another_format_is_in_nobodys_way_who_does_not_need_it() {
    let world = world();
    with_foreign_seed(&world, "stage-seed-of-tomorrow").await;
    assert_eq!(check(&world).await.unwrap().exit_code(), 0);
    assert_eq!(sweep(&world).await.removed, Vec::<String>::new());
    assert_eq!(
        run::left_alone(&world.world()).await.unwrap(),
        ["seed volume stage-seed-of-tomorrow: it has format 9, and this stage reads format 1"]
    );
    assert_eq!(only_seed(&world).await.environment, "shop");
}

#[tokio::test]
async fn a_seed_of_another_format_that_is_needed_is_named() {
    let volume = only_seed(&seeded().await).await.key.volume();
    let world = world();
    with_foreign_seed(&world, &volume).await;
    let error = check(&world).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Config);
    assert_eq!(
        error.to_string(),
        format!("seed volume {volume}: it has format 9, and this stage reads format 1")
    );
    assert!(error.hints[0].contains(&format!("docker volume rm {volume}")));
    assert_eq!(world.listing(), [format!("volume {volume}")]);
}

#[tokio::test]
async fn a_journal_that_cannot_be_read_is_named_and_stops_nothing() {
    let world = world();
    let file = "journals/r0.jsonl";
    world.state().append(file, "garbage").unwrap();
    let (events, mut heard) = mpsc::unbounded_channel();
    assert_eq!(check_until(&world, Stop::new().1, events).await.unwrap().exit_code(), 0);
    let mut notes = Vec::new();
    while let Some(event) = heard.recv().await {
        if let Event::Note { text } = event {
            notes.push(text);
        }
    }
    assert!(notes.iter().any(|note| note.starts_with("left alone: ") && note.contains(file)), "{notes:?}");
    assert_eq!(preview_as("here", &world.world()).await, Vec::<String>::new());
    assert_eq!(journals(&world), [file]);
}
