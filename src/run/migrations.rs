//! The pending changes, one by one under the meter.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::database;
use super::meter::Meter;
use crate::execute::Run;
use crate::model::environment::Environment;
use crate::model::error::{Error, ErrorKind, Result};
use crate::model::event::Event;
use crate::model::migration::{Migration, MigrationLayout};
use crate::model::report::{MigrationReport, SeedUse};
use crate::plan::Identity;
use crate::world::tell;
use crate::world::{Database, World};

/// How long a server may take to answer on its clone.
pub const START_TIMEOUT: Duration = Duration::from_mins(1);

/// A directory of migrations, as read.
pub struct Source {
    database: String,
    layout: MigrationLayout,
    migrations: Vec<Migration>,
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
    for source in &environment.migrations {
        let (layout, migrations) = world.files.migrations(source).await?;
        sources.push(Source { database: source.database.clone(), layout, migrations });
    }
    Ok(sources)
}

/// The meters of all databases, by service.
pub type Meters = BTreeMap<String, Meter>;

/// Opens the meter of every database as soon as its server and the untouched one answer.
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
        let (live, before) = tokio::try_join!(
            database::connect(run, &live, &service.runtime, START_TIMEOUT),
            database::connect(run, &before, &service.runtime, START_TIMEOUT),
        )?;
        meters.insert(name.clone(), Meter::open(live, before, &seed.seed).await?);
    }
    Ok(meters)
}

/// Runs what is pending until one fails, and closes the meters. A failure is a fact of the report.
pub async fn run_all(run: &Run, mut meters: Meters, sources: &[Source]) -> Result<Migrated> {
    let mut migrated = Migrated::default();
    for source in sources {
        let meter = meters.get_mut(source.database.as_str()).ok_or_else(|| {
            Error::new(ErrorKind::Bug, format!("migrations of `{}`, which is no database", source.database))
        })?;
        for migration in pending(meter.database(), source).await? {
            if migrated.has_failed() {
                migrated.not_run.push(migration.name.clone());
                continue;
            }
            tell(&run.events, Event::MigrationStarted { name: migration.name.clone() });
            let report = run.stop.or(meter.measure(source.layout, migration, &source.migrations)).await?;
            tell(
                &run.events,
                Event::MigrationEnded {
                    name: migration.name.clone(),
                    took: Duration::from_secs_f64(report.run.duration_s),
                    applied: report.run.failure.is_none(),
                },
            );
            migrated.reports.push(report);
        }
    }
    for meter in meters.into_values() {
        meter.close().await;
    }
    Ok(migrated)
}

/// What the version table lacks, in order.
async fn pending<'a>(database: &dyn Database, source: &'a Source) -> Result<Vec<&'a Migration>> {
    let applied: BTreeSet<String> =
        database.applied(source.layout).await?.into_iter().map(|applied| applied.version).collect();
    Ok(source.migrations.iter().filter(|migration| !applied.contains(&migration.version)).collect())
}
