//! The migrations once more, while traffic runs against the databases that they change: how long it waits for them.
//!
//! It runs on clones of its own, which nothing is measured on but waiting: so no row that the traffic writes can be taken for
//! the doing of a migration, and none of the witnesses has to tell the two apart.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::check::CheckOrder;
use super::command;
use super::database;
use super::ending::{self, Cleared};
use super::lookout::{Looking, Lookout};
use super::migrations::{self, Outset, START_TIMEOUT, Source};
use super::room;
use super::seed::SeedStory;
use super::stand::{self, Stood};
use crate::execute::{self, Run};
use crate::model::environment::Environment;
use crate::model::error::{Error, ErrorKind, Result};
use crate::model::migration::MigrationRun;
use crate::model::stack::ContainerStatus;
use crate::model::traffic::{MigrationTraffic, Traffic, TrafficSpec, Waits};
use crate::observe::traffic::TrafficWatch;
use crate::plan::{self, History, Identity, Twins};
use crate::world::Database;

/// How long the traffic may take to its first statement.
const START_PATIENCE: Duration = Duration::from_mins(1);
/// How often it is looked for until then.
const POLL: Duration = Duration::from_millis(20);
/// So many looks in a row find as many connections before they count as all.
const STEADY_LOOKS: usize = 3;
/// Lines of its output that are told when it has ended.
const TAIL_LINES: usize = 5;

/// Whether there is traffic, and something that it could wait for.
pub fn is_due<'a>(environment: &'a Environment, stood: &Stood) -> Option<&'a TrafficSpec> {
    let has_run_through = !stood.migrated.reports.is_empty() && !stood.migrated.has_failed();
    environment.traffic.as_ref().filter(|_| has_run_through)
}

/// Takes down what stands, and runs the migrations on fresh clones with the traffic. What was taken down is told in `cleared`,
/// also if the rest fails.
pub async fn traffic(
    run: &Run,
    order: &CheckOrder<'_>,
    identity: &Identity,
    (spec, migrated): (&TrafficSpec, &Stood),
    cleared: &mut Cleared,
) -> Result<Traffic> {
    *cleared = std::mem::take(cleared).then(ending::clear(run).await);
    let environment = order.environment;
    // Names of its own: those of the stack before it may still be on their way out.
    let identity = Identity { stack: run.world.clock.fresh_run_id(), ..identity.clone() };
    let sources = migrations::read(&run.world, environment).await?;
    let story = SeedStory { environment, settings: order.settings, events: &run.events, stop: &run.stop };
    let (inventory, enclosure) =
        stand::databases(run, &story, &identity, (&migrated.seeds, Twins::Absent), None).await?;
    let making = plan::make_traffic(environment, &identity, &inventory, spec, &enclosure);
    if let Some(failure) = execute::apply(run, &making).await? {
        return Err(super::unfit(&failure));
    }
    let mut traffic = Traffic { command: spec.to_string(), ..Traffic::default() };
    let databases = databases(run, environment, &identity).await?;
    let starting = plan::start_traffic(environment, &identity, spec);
    let started = execute::apply(run, &starting).await.map_err(|error| {
        error.hint(format!("is what `traffic:` names in the image of service `{}`?", spec.service()))
    })?;
    if let Some(failure) = stand::named(started, environment, &identity) {
        let doubt = format!("{} did not come up: {}", failure.service, failure.reason);
        traffic.doubts.push(doubt);
        return Ok(traffic);
    }
    let addresses = plan::traffic_addresses(environment, &identity, &enclosure);
    let outset = Outset { run, environment, identity: &identity, inventory: &inventory, is_alone: false };
    let rehearsal = Rehearsal { outset, addresses, databases };
    match rehearsal.first_statement().await? {
        None => Box::pin(room::growing_beside(run, rehearsal.run_all(&sources, &mut traffic))).await?,
        Some(doubt) => traffic.doubts.push(doubt),
    }
    for database in rehearsal.databases.into_values() {
        database.close().await;
    }
    Ok(traffic)
}

/// Every database that is migrated, by service.
async fn databases(
    run: &Run,
    environment: &Environment,
    identity: &Identity,
) -> Result<BTreeMap<String, Arc<dyn Database>>> {
    let mut databases = BTreeMap::new();
    for name in environment.databases.keys().filter(|name| environment.migrates(name)) {
        let Some(service) = environment.services.get(name) else { continue };
        let container = identity.names().container(name);
        let database = database::connect(run, &container, &service.runtime, START_TIMEOUT).await?;
        databases.insert(name.clone(), database);
    }
    Ok(databases)
}

/// The migrations, with traffic.
struct Rehearsal<'a> {
    outset: Outset<'a>,
    /// Where the traffic comes from.
    addresses: Vec<Ipv4Addr>,
    databases: BTreeMap<String, Arc<dyn Database>>,
}

impl Rehearsal<'_> {
    /// Waits until the traffic has sent a statement to a database that is migrated, and as many connections are there as before;
    /// why nothing comes of it, if so.
    async fn first_statement(&self) -> Result<Option<String>> {
        let deadline = Instant::now() + START_PATIENCE;
        let (mut sessions, mut steady) = (0, 0);
        loop {
            let mut now = 0;
            for database in self.databases.values() {
                let sample = self.outset.run.stop.or(database.traffic(&self.addresses)).await?;
                now += sample.sessions.iter().filter(|it| it.statement_us.is_some()).count();
            }
            steady = if now > 0 && now == sessions { steady + 1 } else { 0 };
            sessions = now;
            if steady + 1 >= STEADY_LOOKS {
                return Ok(None);
            }
            if sessions == 0
                && let Some(ended) = self.ended().await?
            {
                return Ok(Some(format!("the traffic {ended} before it sent any statement")));
            }
            if Instant::now() >= deadline {
                let patience_s = START_PATIENCE.as_secs();
                return Ok(Some(format!(
                    "the traffic sent no statement to a migrated database within {patience_s} s"
                )));
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// How the traffic ended, if it has.
    async fn ended(&self) -> Result<Option<String>> {
        let Outset { run, identity, .. } = &self.outset;
        let name = identity.names().traffic();
        let found = run.world.engine.containers(std::slice::from_ref(&name)).await?;
        let Some(ContainerStatus::Exited(code)) = found.first().map(|it| it.status) else { return Ok(None) };
        let tail = run.world.engine.output_tail(&name, TAIL_LINES).await?;
        let tail = tail.split_whitespace().collect::<Vec<_>>().join(" ");
        let said = if tail.is_empty() { String::new() } else { format!(" (`{tail}`)") };
        Ok(Some(format!("exited with {code}{said}")))
    }

    /// Runs what is pending until one fails, as it ran without traffic.
    async fn run_all(&self, sources: &[Source], traffic: &mut Traffic) -> Result<()> {
        for source in sources {
            match source {
                Source::Folder { database: name, layout, migrations } => {
                    let database = self.database(name)?;
                    let applied = database.applied(*layout).await?;
                    let history = History { layout: *layout, all: migrations, applied: &applied };
                    for migration in history.pending() {
                        let migrating = database.apply(*layout, migration, migrations);
                        self.rehearse(name, migrating, traffic).await?;
                        if !self.goes_on(traffic).await? {
                            return Ok(());
                        }
                    }
                }
                Source::Command { command, number } => {
                    let Outset { environment, inventory, .. } = self.outset;
                    let migration = plan::command_migration(environment, command, inventory);
                    let database = self.database(&command.database)?;
                    let migrating = command::run(&self.outset, (command, *number), migration, database);
                    self.rehearse(&command.database, migrating, traffic).await?;
                    if !self.goes_on(traffic).await? {
                        return Ok(());
                    }
                }
            }
        }
        Ok(())
    }

    /// Whether there is any use in the next migration.
    async fn goes_on(&self, traffic: &mut Traffic) -> Result<bool> {
        let Some(last) = traffic.migrations.last() else { return Ok(true) };
        if last.failure.is_some() {
            return Ok(false);
        }
        let Some(ended) = self.ended().await? else { return Ok(true) };
        traffic.doubts.push(format!("the traffic {ended} while {} ran", last.migration));
        Ok(false)
    }

    fn database(&self, name: &str) -> Result<Arc<dyn Database>> {
        let found = self.databases.get(name).cloned();
        found.ok_or_else(|| {
            Error::new(ErrorKind::Bug, format!("migrations of `{name}`, which is no database"))
        })
    }

    /// One migration, and what of the traffic waits for it.
    async fn rehearse(
        &self,
        name: &str,
        migrating: impl Future<Output = Result<MigrationRun>>,
        traffic: &mut Traffic,
    ) -> Result<()> {
        let run = self.outset.run;
        let database = self.database(name)?;
        let catalog = database.catalog().await?;
        let first = database.traffic(&self.addresses).await?;
        let addresses = self.addresses.clone();
        let looks = Looks { database, addresses, watch: TrafficWatch::new(&catalog, &first) };
        let lookout = Lookout::begin(looks);
        let ran = run.stop.or(Box::pin(migrating)).await?;
        let watch = lookout.end().await?.watch;
        let migration = MigrationTraffic {
            database: name.to_owned(),
            migration: ran.migration.name,
            duration_s: ran.duration_s,
            failure: ran.failure,
            seen: 0,
            all: Waits::default(),
            tables: Vec::new(),
        };
        traffic.migrations.push(watch.finish(migration));
        Ok(())
    }
}

/// Looks at the traffic again and again.
struct Looks {
    database: Arc<dyn Database>,
    addresses: Vec<Ipv4Addr>,
    watch: TrafficWatch,
}

impl Looking for Looks {
    async fn look(&mut self) -> Result<()> {
        let sample = self.database.traffic(&self.addresses).await?;
        self.watch.sample(&sample);
        Ok(())
    }
}
