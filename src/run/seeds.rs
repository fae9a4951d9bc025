//! The seeds that are on an engine: told, and removed.

use std::sync::Arc;

use super::ending;
use crate::execute::Run;
use crate::model::call::Undo;
use crate::model::error::{Error, ErrorKind, Result};
use crate::model::seed::{SeedRecord, UnreadableSeed};
use crate::store::journal::Journal;
use crate::world::{Events, Stop, World};

/// The seeds on this engine, newest first.
pub async fn list(world: &World) -> Result<Vec<SeedRecord>> {
    let mut seeds = world.engine.inventory(&[]).await?.seeds;
    seeds.sort_by_key(|seed| std::cmp::Reverse(seed.sealed_at));
    Ok(seeds)
}

/// Volumes on this engine that are labelled as seeds and cannot be read.
pub async fn unreadable(world: &World) -> Result<Vec<UnreadableSeed>> {
    Ok(world.engine.inventory(&[]).await?.unreadable_seeds)
}

/// Removes the seed whose key begins with `prefix`. Clones made of it live on. Returns what was removed.
pub async fn remove(world: &World, prefix: &str, events: &Events) -> Result<SeedRecord> {
    let inventory = world.engine.inventory(&[]).await?;
    // Nothing is no name: a variable that is not set in a script must not remove the only seed.
    let is_meant = |seed: &&SeedRecord| !prefix.is_empty() && seed.key.0.starts_with(prefix);
    let mut matching = inventory.seeds.iter().filter(is_meant);
    let seed = match (matching.next(), matching.next()) {
        (Some(seed), None) => seed.clone(),
        (None, _) => {
            return Err(Error::new(
                ErrorKind::Usage,
                format!("no seed has a key that begins with `{prefix}`"),
            )
            .hint("`stage seed list` names them"));
        }
        (Some(_), Some(_)) => {
            return Err(Error::new(
                ErrorKind::Usage,
                format!("more than one seed has a key that begins with `{prefix}`"),
            )
            .hint("write more digits of it"));
        }
    };
    let id = world.clock.fresh_run_id();
    let journal = Journal::open(Arc::clone(&world.state), &id, "seed remove", world.clock.now())?;
    // One without the other is no seed: data that nobody finds, or a seed that is found and cannot be cloned.
    journal.intend_together(&[
        Undo::RemoveVolume { name: seed.key.volume() },
        Undo::DeleteSeed { key: seed.key.clone() },
    ])?;
    let (_switch, stop) = Stop::new();
    let run = Run { world: world.clone(), journal, events: events.clone(), stop };
    let teardown = ending::end(run).await;
    ending::or_left(Ok(seed), &teardown)
}
