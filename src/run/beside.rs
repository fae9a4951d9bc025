//! The seed as it was, beside a stack that has stood for a while: what happened to it since, and meters that go on from
//! there.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use super::meter::Meter;
use super::migrations::{Meters, START_TIMEOUT};
use super::{database, egress, pick, room};
use crate::execute::{self, Run};
use crate::model::environment::Environment;
use crate::model::error::{Error, ErrorKind, Result};
use crate::model::migration::{Migration, MigrationRun};
use crate::model::report::{MigrationReport, SeedUse};
use crate::model::stack::Stack;
use crate::plan::{self, Identity};

/// How often a database is looked at that is written to meanwhile.
const LOOKS: usize = 4;

/// Stands the seed as it was beside each database, reads what happened since it was cloned, and leaves meters that count
/// from now on. The change since the seed is told as if one migration had made it, one a database. An error of kind
/// `Unreachable` if the container of one was removed.
pub async fn open_meters(
    run: &Run,
    environment: &Environment,
    identity: &Identity,
    stack: &Stack,
) -> Result<(Meters, Vec<MigrationReport>)> {
    pick::with_databases(stack)?;
    let seeds = seeds(run, stack).await?;
    room::for_clones(run, seeds.values()).await?;
    let wanted = plan::images(environment);
    let inventory = run.world.engine.inventory(&wanted).await?;
    let enclosure = egress::of_standing(run, environment, identity, stack).await?;
    let beside = plan::beside(environment, identity, &inventory, &stack.seeds, enclosure.as_ref());
    if let Some(failure) = execute::apply(run, &beside).await? {
        return Err(super::unfit(&failure));
    }
    let (mut meters, mut since) = (Meters::new(), Vec::new());
    for (name, seed) in &seeds {
        let Some(service) = environment.services.get(name) else { continue };
        let names = identity.names();
        let (live, before) = (names.container(name), names.before(name));
        let (live, before) = tokio::try_join!(
            database::connect(run, &live, &service.runtime, START_TIMEOUT),
            database::connect(run, &before, &service.runtime, START_TIMEOUT),
        )?;
        let (mut meter, mut change) =
            run.stop.or(Meter::since_seed(Arc::clone(&live), Arc::clone(&before), &seed.seed)).await?;
        for _ in 1..LOOKS {
            if change.doubts.is_empty() {
                break;
            }
            // The app wrote while we looked, and the witnesses saw different moments.
            (meter, change) =
                run.stop.or(Meter::since_seed(Arc::clone(&live), Arc::clone(&before), &seed.seed)).await?;
        }
        meters.insert(name.clone(), meter);
        let run = MigrationRun {
            migration: since_seed(name),
            duration_s: 0.0,
            failure: None,
            output_tail: None,
            statements: Vec::new(),
        };
        since.push(MigrationReport { run, change });
    }
    Ok((meters, since))
}

/// The seeds of a stack, by service. An error of kind `Config` if one of them was removed meanwhile: without it nothing
/// can be compared.
pub async fn seeds(run: &Run, stack: &Stack) -> Result<BTreeMap<String, SeedUse>> {
    let known = run.world.engine.inventory(&[]).await?.seeds;
    let mut seeds = BTreeMap::new();
    for (service, key) in &stack.seeds {
        let seed = known.iter().find(|seed| seed.key == *key).cloned().ok_or_else(|| {
            Error::new(
                ErrorKind::Config,
                format!("seed {key} of {service} is no longer there to compare with"),
            )
            .hint("`stage down`, then `stage up`, stands the stack on a seed that is there")
        })?;
        seeds.insert(service.clone(), SeedUse { seed, reused: true });
    }
    Ok(seeds)
}

/// What stands for everything that happened before.
fn since_seed(database: &str) -> Migration {
    Migration {
        database: database.to_owned(),
        version: String::new(),
        name: format!("{database} since its seed"),
        path: PathBuf::new(),
        sql: String::new(),
        checksum: String::new(),
        transactional: false,
    }
}
