//! Asking the databases of a stack whether anybody uses it.

use std::time::Duration;

use super::up::let_stay;
use crate::execute::{self, Run};
use crate::model::call::Undo;
use crate::model::error::{Error, ErrorKind, Result};
use crate::model::stack::{ContainerFacts, Stack, Work};
use crate::plan::{self, Identity};
use crate::world::{Address, World};

/// How long a server may take to answer that is said to run.
const PATIENCE: Duration = Duration::from_secs(2);

/// How much all databases of a stack have worked. One that does not answer is an error: what could not be asked is not idle.
pub async fn work(world: &World, stack: &Stack) -> Result<Work> {
    let names: Vec<String> =
        stack.seeds.keys().filter_map(|service| stack.containers.get(service)).cloned().collect();
    let found = world.engine.containers(&names).await?;
    if found.len() < stack.seeds.len() {
        return Err(Error::new(ErrorKind::Unreachable, format!("{} lacks a database", stack.instance)));
    }
    let mut all = Work::default();
    for database in &found {
        let work = ask(world, database).await?;
        all.is_under_way |= work.is_under_way;
        all.done = [all.done, work.done].join(" ");
    }
    Ok(all)
}

async fn ask(world: &World, container: &ContainerFacts) -> Result<Work> {
    let socket = world.engine.reach(&container.name, plan::POSTGRES_PORT).await?;
    let (user, password, database) = container.login();
    // Not from the database that is asked about: the question would be an answer.
    let from = if database == "postgres" { "template1" } else { "postgres" };
    let password = password.unwrap_or_default().into();
    let at = Address { socket, user, password, database: from.to_owned() };
    let database = world.databases.connect(&at, PATIENCE).await?;
    let work = database.work().await;
    database.close().await;
    work
}

/// Notes on the engine that a stack was in use until now, instead of what was noted before.
pub async fn note(run: &Run, identity: &Identity, stack: &Stack, work: &Work) -> Result<()> {
    let now = run.world.clock.now();
    let volume = identity.names().quiet(now.as_second());
    execute::apply(run, &plan::quiet(identity, now, &work.done)).await?;
    let_stay(run, &volume)?;
    let former = stack.quiet.iter().filter(|quiet| quiet.volume != volume);
    let former: Vec<_> = former.map(|quiet| Undo::RemoveVolume { name: quiet.volume.clone() }).collect();
    run.journal.intend_together(&former)
}
