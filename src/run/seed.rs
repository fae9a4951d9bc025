//! The seed of a database: reused by its content key, or built from the backup in one masked stream.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::backup::{self, ChosenBackup};
use super::fill::{BackupFile, SeedDatabase};
use super::{Settings, database, ending, images, room, subnet};
use crate::archive;
use crate::execute::{self, Run};
use crate::mask;
use crate::model::call::Call;
use crate::model::clones::CloneDriver;
use crate::model::environment::{DatabaseSpec, Environment};
use crate::model::error::{Error, ErrorKind, Result};
use crate::model::event::Event;
use crate::model::inventory::{ImageFacts, Inventory};
use crate::model::masking::ObjectMasking;
use crate::model::report::SeedUse;
use crate::model::seed::{SeedKey, SeedRecord, UnreadableSeed};
use crate::model::service::Service;
use crate::plan::{self, Identity, SeedOrder};
use crate::seed;
use crate::store::journal::Journal;
use crate::world::{Database, World};
use crate::world::{Events, Stop, tell};

/// How long a fresh cluster may take to be made and answer.
const INIT_TIMEOUT: Duration = Duration::from_mins(2);
/// How long to wait before looking again whether somebody else's build of the same seed is done.
const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// What a seed story needs besides the world.
pub struct SeedStory<'a> {
    /// The environment.
    pub environment: &'a Environment,
    /// This machine and its user.
    pub settings: &'a Settings,
    /// Its listeners.
    pub events: &'a Events,
    /// Whether it should end.
    pub stop: &'a Stop,
}

/// The seeds of all databases, in order of service; those that are missing are built, one after the other.
pub async fn build_all(world: &World, story: &SeedStory<'_>) -> Result<BTreeMap<String, SeedUse>> {
    let services =
        story.environment.databases.values().filter_map(|it| story.environment.services.get(&it.service));
    let mut images: BTreeSet<String> = services.map(|service| service.runtime.image.clone()).collect();
    images.insert(plan::HELPER_IMAGE.to_owned());
    let images: Vec<String> = images.into_iter().collect();
    Ok(ensure_all(world, story, &images, None).await?.0)
}

/// As [`build_all`], and the last look at the engine, in which all `images` are known, if no seed was built after it. What was
/// just `seen` of the engine is not looked at again, unless a backup was read in between.
pub async fn ensure_all(
    world: &World,
    story: &SeedStory<'_>,
    images: &[String],
    mut seen: Option<Inventory>,
) -> Result<(BTreeMap<String, SeedUse>, Option<Inventory>)> {
    plan::check_ports(&world.engine.facts())?;
    let mut chosen = Vec::new();
    for database in story.environment.databases.values() {
        chosen.push(backup::choose(world, database).await?);
    }
    if chosen.iter().any(|backup| backup.was_read) {
        seen = None;
    }
    let mut seeds = BTreeMap::new();
    for ((name, database), backup) in story.environment.databases.iter().zip(&chosen) {
        let used = ensure(world, story, (database, backup), (images, &mut seen)).await?;
        seeds.insert(name.clone(), used);
    }
    Ok((seeds, seen))
}

async fn ensure(
    world: &World,
    story: &SeedStory<'_>,
    (database, chosen): (&DatabaseSpec, &ChosenBackup),
    (images, latest): (&[String], &mut Option<Inventory>),
) -> Result<SeedUse> {
    let service = story.environment.services.get(&database.service).ok_or_else(|| {
        Error::new(
            ErrorKind::Bug,
            format!("the database service `{}` is not in the Compose file", database.service),
        )
    })?;
    loop {
        let inventory = inventory_with_driver(world, story, images, latest.take()).await?;
        let image = inventory.images.get(&service.runtime.image).cloned().unwrap_or_default();
        let key = key_of(chosen, database, story.settings, service, &image, driver_of(&inventory)?)?;
        if let Some(seed) = inventory.seeds.iter().find(|seed| seed.key == key) {
            tell(story.events, Event::Note { text: format!("seed {key} of {}: reused", database.service) });
            tell_kept(story.events, database);
            let used = SeedUse { seed: seed.clone(), reused: true };
            *latest = Some(inventory);
            return Ok(used);
        }
        if let Some(seed) = inventory.unreadable_seeds.iter().find(|seed| seed.volume == key.volume()) {
            return Err(in_the_way(seed));
        }
        if is_being_built(&inventory, &key) {
            tell(
                story.events,
                Event::Note { text: format!("seed {key} is being built by another run: waiting") },
            );
            let rest = async {
                tokio::time::sleep(LOOK_AGAIN).await;
                Ok(())
            };
            story.stop.or(rest).await?;
            continue;
        }
        let building = Building { story, database, service, image: &image, key: &key, chosen };
        match building.build(world, &inventory).await {
            Ok(seed) => return Ok(SeedUse { seed, reused: false }),
            // Somebody else was faster with the lock.
            Err(error) if error.kind == ErrorKind::NoRoom && was_held(world, &key).await? => {}
            Err(error) => return Err(error),
        }
    }
}

/// The server that is to be filled.
async fn stand_server(run: &Run, order: &SeedOrder<'_>, inventory: &Inventory) -> Result<()> {
    let mut taken = inventory.subnets.clone();
    for attempt in 0..subnet::TRIES {
        let chosen = plan::free_subnet(&taken, 1, &order.identity.run, attempt)?;
        match execute::apply(run, &plan::build_seed(order, &chosen)).await {
            Ok(None) => return Ok(()),
            Ok(Some(failure)) => return Err(super::unfit(&failure)),
            Err(error) => {
                if !subnet::was_taken(run, order.identity, &error, attempt).await? {
                    return Err(error);
                }
                taken = run.world.engine.inventory(&[]).await?.subnets;
            }
        }
    }
    Err(subnet::none_left())
}

/// An inventory in which the images are known, and how clones are made: the first to ask finds that out.
async fn inventory_with_driver(
    world: &World,
    story: &SeedStory<'_>,
    images: &[String],
    seen: Option<Inventory>,
) -> Result<Inventory> {
    let inventory = images::inventory_with(world, story, images, seen).await?;
    if inventory.clones.is_some() {
        return Ok(inventory);
    }
    tell(story.events, Event::Note { text: "preparing the pool of clones".to_owned() });
    world.engine.perform(&Call::PreparePool).await?;
    images::inventory_with(world, story, images, None).await
}

fn driver_of(inventory: &Inventory) -> Result<CloneDriver> {
    let driver = inventory.clones;
    driver.ok_or_else(|| Error::new(ErrorKind::Bug, "the pool is there and nobody knows how clones are made"))
}

fn key_of(
    chosen: &ChosenBackup,
    database: &DatabaseSpec,
    settings: &Settings,
    service: &Service,
    image: &ImageFacts,
    clones: CloneDriver,
) -> Result<SeedKey> {
    let cluster: Vec<(String, String)> = plan::cluster_settings(&service.runtime).into_iter().collect();
    seed::key(&seed::Ingredients {
        fingerprint: &chosen.fingerprint,
        masking: &database.masking,
        mask_key_id: &mask::key_id(&settings.mask_key),
        prepare: &database.prepare,
        image_id: &image.id,
        cluster: &cluster,
        clones,
    })
}

/// Says so, whenever a seed is used, if its large objects are production's own.
fn tell_kept(events: &Events, database: &DatabaseSpec) {
    if let Some(ObjectMasking::Keep { because }) = &database.masking.objects {
        let text = format!("large objects of {} are kept as in production: {because}", database.service);
        tell(events, Event::Note { text });
    }
}

/// The seed that is wanted exists, and this build cannot read it.
fn in_the_way(seed: &UnreadableSeed) -> Error {
    Error::new(ErrorKind::Config, seed.to_string())
        .hint(format!("`docker volume rm {}` removes it, then it is built again", seed.volume))
}

fn is_being_built(inventory: &Inventory, key: &SeedKey) -> bool {
    inventory.containers.iter().any(|container| container.name == key.lock())
}

async fn sealed(world: &World, key: &SeedKey) -> Result<Option<SeedRecord>> {
    Ok(world.engine.inventory(&[]).await?.seeds.into_iter().find(|seed| seed.key == *key))
}

async fn was_held(world: &World, key: &SeedKey) -> Result<bool> {
    let inventory = world.engine.inventory(&[]).await?;
    Ok(is_being_built(&inventory, key) || inventory.seeds.iter().any(|seed| seed.key == *key))
}

/// One build. It has a run and a journal of its own, so that its scaffolding is gone before the stack stands.
struct Building<'a> {
    story: &'a SeedStory<'a>,
    database: &'a DatabaseSpec,
    service: &'a Service,
    image: &'a ImageFacts,
    key: &'a SeedKey,
    chosen: &'a ChosenBackup,
}

impl Building<'_> {
    async fn build(&self, world: &World, inventory: &Inventory) -> Result<SeedRecord> {
        let id = world.clock.fresh_run_id();
        let identity = super::identity(self.story.environment, self.story.settings, &id, world.clock.now());
        let journal = Journal::open(Arc::clone(&world.state), &id, "seed build", world.clock.now())?;
        let run = Run {
            world: world.clone(),
            journal,
            events: self.story.events.clone(),
            stop: self.story.stop.clone(),
        };
        let result =
            self.steps(&run, &identity, inventory).await.map_err(|error| self.naming_the_backup(error));
        let teardown = ending::end(run).await;
        ending::or_left(result, &teardown)
    }

    async fn steps(&self, run: &Run, identity: &Identity, inventory: &Inventory) -> Result<SeedRecord> {
        let begun = Instant::now();
        // What can be refused is refused before anything starts.
        let source = Arc::new(BackupFile::new(Arc::clone(&run.world.files), &self.chosen.file));
        let opened = Arc::clone(&source);
        let archive =
            super::blocking(move || archive::open(seed::Source::open(opened.as_ref())?.as_mut())).await?;
        let archive = Arc::new(archive);
        Error::all(seed::check_masking(&archive, &self.database.masking))?;
        if archive.objects_made > 0 {
            tell_kept(&run.events, self.database);
        }

        let earlier: Vec<&SeedRecord> = inventory.seeds.iter().filter(|seed| self.is_earlier(seed)).collect();
        let is_plain = archive.format == archive::Format::Plain;
        let need = plan::seed_need(&self.service.name, self.chosen.file.size_bytes, is_plain, &earlier);
        room::for_seed(run, &need, inventory.has_pool).await?;

        let order = SeedOrder {
            identity,
            key: self.key,
            service: self.service,
            image: self.image,
            clones: driver_of(inventory)?,
        };
        execute::apply(run, &plan::lock_seed(&order)).await?;
        // Between the look and the lock somebody else may have finished the same seed.
        if let Some(seed) = sealed(&run.world, self.key).await? {
            return Ok(seed);
        }
        stand_server(run, &order, inventory).await?;
        let database =
            database::connect(run, &order.container(), &self.service.runtime, INIT_TIMEOUT).await?;
        // What it takes was only reckoned.
        let filling = self.fill(run, &archive, source, &database);
        let rows = Box::pin(room::growing_beside(run, filling)).await;
        let size = run.world.engine.clone_size_bytes(&order.clone_name()).await;
        database.close().await;
        let record = SeedRecord {
            key: self.key.clone(),
            environment: self.story.environment.name.clone(),
            database: self.service.name.clone(),
            backup_taken_at: archive.created_at.unwrap_or(self.chosen.file.modified_at),
            sealed_at: run.world.clock.now(),
            size_bytes: size?,
            build_s: begun.elapsed().as_secs_f64(),
            rows: rows?,
        };
        let json = serde_json::to_string(&record)
            .map_err(|cause| Error::new(ErrorKind::Bug, "a seed record does not serialize").because(cause))?;
        if let Some(failure) = execute::apply(run, &plan::seal_seed(&order, &record, json)).await? {
            return Err(super::unfit(&failure));
        }
        Ok(record)
    }

    /// Whether a seed is one of the same database, of another backup or under other rules.
    fn is_earlier(&self, seed: &SeedRecord) -> bool {
        seed.environment == self.story.environment.name && seed.database == self.service.name
    }

    /// Those who read a backup know its bytes, not its name.
    fn naming_the_backup(&self, mut error: Error) -> Error {
        if error.kind == ErrorKind::Backup {
            error.message = format!("`{}`: {}", self.chosen.file.path.display(), error.message);
        }
        error
    }

    /// Masked rows, prepare SQL, statistics: afterwards nothing is left to do for a server that starts on it.
    async fn fill(
        &self,
        run: &Run,
        archive: &Arc<archive::Archive>,
        source: Arc<BackupFile>,
        database: &Arc<dyn Database>,
    ) -> Result<BTreeMap<String, u64>> {
        let target = Arc::new(SeedDatabase(Arc::clone(database)));
        let events = run.events.clone();
        let progress = move |progress: seed::Progress| match progress {
            seed::Progress::Rows { table, rows, bytes_read, bytes_total } => {
                tell(
                    &events,
                    Event::SeedProgress { table: table.to_string(), rows, bytes_read, bytes_total },
                );
            }
            seed::Progress::Entry { title, done, total, .. } => {
                tell(&events, Event::SeedEntry { title, done, total });
            }
        };
        let parallel = std::thread::available_parallelism().map_or(2, usize::from).min(8);
        let masking = &self.database.masking;
        let filled =
            seed::fill(source, archive, masking, &self.story.settings.mask_key, target, parallel, progress);
        run.stop.or(filled).await?;
        for (path, sql) in &self.database.prepare {
            if let Err(failure) = run.stop.or(database.run(sql)).await? {
                return Err(database::sql_error(ErrorKind::Config, path, &failure));
            }
        }
        for statement in ["VACUUM (FREEZE, ANALYZE)", "CHECKPOINT"] {
            if let Err(failure) = run.stop.or(database.run(statement)).await? {
                return Err(Error::new(
                    ErrorKind::Backup,
                    format!("`{statement}` failed: {}", failure.message),
                ));
            }
        }
        let catalog = database.catalog().await?;
        let tables: Vec<_> = catalog
            .tables
            .values()
            .filter(|table| table.kind == 'r')
            .map(|table| table.name.clone())
            .collect();
        let counts = database.count(&tables).await?;
        Ok(tables.iter().map(ToString::to_string).zip(counts).collect())
    }
}
