//! The pending changes, one by one under the meter.

use std::collections::BTreeMap;
use std::time::Duration;

use super::command;
use super::database;
use super::meter::Meter;
use super::room;
use crate::execute::Run;
use crate::model::environment::{Environment, MigrationCommand, MigrationSource};
use crate::model::error::{Error, ErrorKind, Result};
use crate::model::event::Event;
use crate::model::inventory::Inventory;
use crate::model::migration::{Migration, MigrationLayout};
use crate::model::report::{MigrationReport, SeedUse};
use crate::plan::{self, History, Identity};
use crate::world::World;
use crate::world::tell;

/// How long a server may take to answer on its clone.
pub const START_TIMEOUT: Duration = Duration::from_mins(1);

/// An entry of `migrations`, as read.
pub enum Source {
    /// A directory of SQL files.
    Folder {
        /// The service whose database they change.
        database: String,
        /// Whose layout it has.
        layout: MigrationLayout,
        /// What is in it, in order.
        migrations: Vec<Migration>,
    },
    /// A command.
    Command {
        /// What to run.
        command: MigrationCommand,
        /// Its number among all entries, from 1.
        number: usize,
    },
}

/// What the migrations did.
#[derive(Default)]
pub struct Migrated {
    /// Those that ran, in order.
    pub reports: Vec<MigrationReport>,
    /// Names of those that did not, as an earlier one failed.
    pub not_run: Vec<String>,
}

impl Migrated {
    /// Whether the last one failed.
    pub fn has_failed(&self) -> bool {
        self.reports.last().is_some_and(|report| report.run.failure.is_some())
    }
}

/// Reads all directories of migrations, in the order in which they run.
pub async fn read(world: &World, environment: &Environment) -> Result<Vec<Source>> {
    let mut sources = Vec::new();
    for (place, source) in environment.migrations.iter().enumerate() {
        sources.push(match source {
            MigrationSource::Folder(folder) => {
                let (layout, migrations) = world.files.migrations(folder).await?;
                Source::Folder { database: folder.database.clone(), layout, migrations }
            }
            MigrationSource::Command(command) => {
                Source::Command { command: command.clone(), number: place + 1 }
            }
        });
    }
    Ok(sources)
}

/// The meters of all databases, by service.
pub type Meters = BTreeMap<String, Meter>;

/// Opens the meter of every database that is migrated as soon as its server and the untouched one answer. The others
/// are waited for.
pub async fn open_meters(
    run: &Run,
    environment: &Environment,
    identity: &Identity,
    seeds: &BTreeMap<String, SeedUse>,
) -> Result<Meters> {
    let mut meters = Meters::new();
    for (name, seed) in seeds {
        let Some(service) = environment.services.get(name) else { continue };
        let names = identity.names();
        let (live, before) = (names.container(name), names.before(name));
        if !environment.migrates(name) {
            database::connect(run, &live, &service.runtime, START_TIMEOUT).await?.close().await;
            continue;
        }
        let (live, before) = tokio::try_join!(
            database::connect(run, &live, &service.runtime, START_TIMEOUT),
            database::connect(run, &before, &service.runtime, START_TIMEOUT),
        )?;
        meters.insert(name.clone(), Meter::open(live, before, &seed.seed).await?);
    }
    Ok(meters)
}

/// What runs, and where.
pub struct Outset<'a> {
    /// The run.
    pub run: &'a Run,
    /// The environment.
    pub environment: &'a Environment,
    /// Who the run is on the engine.
    pub identity: &'a Identity,
    /// What is on the engine: a command is known by its image.
    pub inventory: &'a Inventory,
    /// Whether nobody but the migrations works on the databases: on a stack that stands the app does.
    pub is_alone: bool,
}

/// Runs what is pending until one fails, and closes the meters. A failure is a fact of the report.
pub async fn run_all(outset: &Outset<'_>, meters: Meters, sources: &[Source]) -> Result<Migrated> {
    Box::pin(room::growing_beside(outset.run, run_sources(outset, meters, sources))).await
}

async fn run_sources(outset: &Outset<'_>, mut meters: Meters, sources: &[Source]) -> Result<Migrated> {
    let mut migrated = Migrated::default();
    for source in sources {
        match source {
            Source::Folder { database, layout, migrations } => {
                let meter = meter_of(&mut meters, database)?;
                run_folder(outset.run, meter, *layout, migrations, &mut migrated).await?;
            }
            Source::Command { command, number } => {
                let migration = plan::command_migration(outset.environment, command, outset.inventory);
                if migrated.has_failed() {
                    migrated.not_run.push(migration.name);
                    continue;
                }
                let meter = meter_of(&mut meters, &command.database)?;
                let database = meter.database();
                let name = migration.name.clone();
                let migrating = command::run(outset, (command, *number), migration, database);
                migrated.reports.push(measured(outset.run, &name, meter.measure_command(migrating)).await?);
            }
        }
    }
    for meter in meters.into_values() {
        meter.close().await;
    }
    Ok(migrated)
}

fn meter_of<'m>(meters: &'m mut Meters, database: &str) -> Result<&'m mut Meter> {
    meters.get_mut(database).ok_or_else(|| {
        Error::new(ErrorKind::Bug, format!("migrations of `{database}`, which is no database"))
    })
}

/// Runs what is pending of one directory, one by one.
async fn run_folder(
    run: &Run,
    meter: &mut Meter,
    layout: MigrationLayout,
    all: &[Migration],
    migrated: &mut Migrated,
) -> Result<()> {
    let database = meter.database();
    let applied = database.applied(layout).await?;
    let history = History { layout, all, applied: &applied };
    // After a failure nothing runs anyway, and golang-migrate's own note of it would be taken for production's.
    if let Some(refusal) = history.refusal().filter(|_| !migrated.has_failed()) {
        return Err(refusal);
    }
    for migration in history.pending() {
        if migrated.has_failed() {
            migrated.not_run.push(migration.name.clone());
            continue;
        }
        let migrating = database.apply(layout, migration, all);
        migrated.reports.push(measured(run, &migration.name, meter.measure(migrating)).await?);
    }
    Ok(())
}

/// One migration under its meter, told as it begins and ends.
async fn measured(
    run: &Run,
    name: &str,
    measuring: impl Future<Output = Result<MigrationReport>>,
) -> Result<MigrationReport> {
    tell(&run.events, Event::MigrationStarted { name: name.to_owned() });
    let report = run.stop.or(Box::pin(measuring)).await?;
    let took = Duration::from_secs_f64(report.run.duration_s);
    let applied = report.run.failure.is_none();
    tell(&run.events, Event::MigrationEnded { name: name.to_owned(), took, applied });
    Ok(report)
}
