//! A small shop with a backup and two migrations, the stories told on it, and what must hold after any of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use secrecy::SecretBox;
use tokio::sync::mpsc;

use crate::model::environment::{Environment, MigrationFolder, MigrationSource};
use crate::model::error::{ErrorKind, Result};
use crate::model::masking::{MaskKey, MaskRule, Masking, TableMasking};
use crate::model::migration::{Migration, MigrationLayout};
use crate::model::name::TableName;
use crate::model::queue::QueueTerms;
use crate::model::report::{Report, Teardown};
use crate::model::seed::SeedRecord;
use crate::model::sweep::SweepBounds;
use crate::plan::samples;
use crate::run::{self, CheckOrder, Settings};
use crate::world::memory::MemoryWorld;
use crate::world::{Events, Stop, World};

const DIRECTORY: &str = "/environments/shop/migrations";
const BACKUP: &str = "--
-- PostgreSQL database dump
--

SET client_encoding = 'UTF8';

CREATE TABLE public.people (
    id integer NOT NULL,
    email text
);

COPY public.people (id, email) FROM stdin;
1\tada@private.example
2\tbob@private.example
3\t\\N
\\.

ALTER TABLE ONLY public.people
    ADD CONSTRAINT people_pkey PRIMARY KEY (id);

--
-- PostgreSQL database dump complete
--
";

/// The shop of the planning tests, with masks for its backup and a directory of migrations.
pub(super) fn shop() -> Environment {
    let mut shop = samples::shop();
    let rule = |id: &str| MaskRule { id: id.into(), parameters: BTreeMap::new(), location: None };
    let columns = BTreeMap::from([("id".to_owned(), rule("keep")), ("email".to_owned(), rule("email"))]);
    shop.databases.get_mut("db").unwrap().masking = Masking {
        tables: BTreeMap::from([(TableName::new("public", "people"), TableMasking::Columns(columns))]),
        ..Masking::default()
    };
    shop.migrations.push(MigrationSource::Folder(MigrationFolder {
        database: "db".into(),
        directory: DIRECTORY.into(),
        layout: None,
    }));
    shop
}

fn migration(name: &str) -> Migration {
    Migration {
        database: "db".into(),
        version: name.into(),
        name: name.into(),
        path: format!("{DIRECTORY}/{name}").into(),
        sql: "SELECT 1".into(),
        checksum: "00".into(),
        transactional: true,
    }
}

/// An engine on which nothing is, a backup, and two pending migrations, `1.sql`, which makes an enum, and `2.sql`.
pub(super) fn world() -> MemoryWorld {
    let migrations = vec![migration("1.sql"), migration("2.sql")];
    MemoryWorld::new()
        .with_file("/backups/shop.dump", BACKUP, Timestamp::UNIX_EPOCH)
        .with_migrations(DIRECTORY, MigrationLayout::Plain, migrations)
        .with_enum_made("state", &["new", "paid"])
}

/// As [`world`], after a check that built the seed.
pub(super) async fn seeded() -> MemoryWorld {
    let world = world();
    check(&world).await.unwrap();
    world
}

/// This machine, by the id of its state folder.
pub(super) fn settings(holder: &str) -> Settings {
    let mask_key = MaskKey(Arc::new(SecretBox::new(Box::new([7; 16]))));
    Settings { holder: holder.into(), mask_key, queue: QueueTerms::default() }
}

/// Nobody listens.
pub(super) fn events() -> Events {
    mpsc::unbounded_channel().0
}

/// A check that nobody asks to stop.
pub(super) async fn check(world: &MemoryWorld) -> Result<Report> {
    check_until(world, Stop::new().1, events()).await
}

/// A check that may be asked to stop.
pub(super) async fn check_until(world: &MemoryWorld, stop: Stop, events: Events) -> Result<Report> {
    check_of(&shop(), world, stop, events).await
}

/// A check of another environment.
pub(super) async fn check_of(
    environment: &Environment,
    world: &MemoryWorld,
    stop: Stop,
    events: Events,
) -> Result<Report> {
    let settings = settings("here");
    let order = CheckOrder { environment, settings: &settings, approvals: &[], events, stop };
    run::check(world.world(), order).await
}

/// A check by somebody who wants it in another way.
pub(super) async fn check_ordered(
    environment: &Environment,
    settings: &Settings,
    world: &MemoryWorld,
    events: Events,
) -> Result<Report> {
    let order = CheckOrder { environment, settings, approvals: &[], events, stop: Stop::new().1 };
    run::check(world.world(), order).await
}

/// A sweep by this machine.
pub(super) async fn sweep(world: &MemoryWorld) -> Teardown {
    sweep_as("here", &world.world()).await
}

/// A sweep by any machine.
pub(super) async fn sweep_as(holder: &str, world: &World) -> Teardown {
    run::sweep(world, &settings(holder), &events(), &SweepBounds::default()).await.unwrap().teardown
}

/// What a sweep by any machine would take away.
pub(super) async fn preview_as(holder: &str, world: &World) -> Vec<String> {
    let preview = run::preview_sweep(world, &settings(holder), &SweepBounds::default()).await.unwrap();
    preview.going.into_keys().collect()
}

/// The one seed on the engine.
pub(super) async fn only_seed(world: &MemoryWorld) -> SeedRecord {
    let mut seeds = run::list_seeds(&world.world()).await.unwrap();
    assert_eq!(seeds.len(), 1);
    seeds.remove(0)
}

/// What a check says it left behind, in its report or its error.
pub(super) fn left(result: &Result<Report>) -> Option<String> {
    match result {
        Ok(report) if report.exit_code() == 4 => Some(report.teardown.left.join("; ")),
        Err(error) if error.kind == ErrorKind::Leftover => Some(error.message.clone()),
        _ => None,
    }
}

/// How many calls a check makes, and how many writes to the state folder, from `world` on.
pub(super) async fn effort(world: &MemoryWorld) -> (usize, usize) {
    let before = (world.calls(), world.writes());
    check(world).await.unwrap();
    (world.calls() - before.0, world.writes() - before.1)
}

/// Journals in the state folder.
pub(super) fn journals(world: &MemoryWorld) -> Vec<String> {
    world.state().names().into_iter().filter(|name| name.starts_with("journals/")).collect()
}

/// Whether nothing is on the engine but perhaps the seed, and that whole: its frozen copy and the volume that registers
/// it.
pub(super) fn only_whole_seeds(world: &MemoryWorld) -> bool {
    let listing = world.listing();
    let key = listing.first().and_then(|line| line.strip_prefix("frozen seed ")).unwrap_or_default();
    let whole = [format!("frozen seed {key}"), format!("volume stage-seed-{key}")];
    listing.is_empty() || listing == whole
}

/// Only whole seeds are left, and no journal.
#[track_caller]
pub(super) fn assert_clean(world: &MemoryWorld, what: &str) {
    assert!(only_whole_seeds(world), "{what}: {:#?}", world.listing());
    assert_eq!(journals(world), Vec::<String>::new(), "{what}");
}
