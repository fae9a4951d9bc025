//! The second and third net: crashed runs by their journals, then whatever labels say is over.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::{Settings, down};
use crate::execute::{self, Run};
use crate::model::error::Result;
use crate::model::event::Event;
use crate::model::name::RunId;
use crate::model::report::Teardown;
use crate::plan::{self, PoolListing, SweepScope};
use crate::store::journal::Journal;
use crate::world::World;
use crate::world::{Events, Stop, tell};

/// How long after a dead run's last word the engine may still carry out what it was asked: such a late arrival would
/// come after its own removal.
const LATE_ARRIVAL: Duration = Duration::from_secs(3);

/// Unwinds the runs of this state folder that crashed. Any story does this first.
pub async fn recover(world: &World, events: &Events) -> Result<Teardown> {
    Ok(unwind_crashed(world, events).await?.0)
}

/// What was removed and left, and when the last of the dead runs wrote its last line.
async fn unwind_crashed(world: &World, events: &Events) -> Result<(Teardown, Option<Timestamp>)> {
    let mut all = Teardown::default();
    let mut last_word = None;
    for error in Journal::unreadable(&world.state)? {
        tell(events, Event::Note { text: format!("left alone: {error}") });
    }
    for journal in Journal::take_over_crashed(&world.state)? {
        last_word = last_word.max(journal.written_at()?);
        let (_switch, stop) = Stop::new();
        let run = Run { world: world.clone(), journal, events: events.clone(), stop };
        for teardown in [execute::unwind(&run).await, execute::unlock(&run).await] {
            all.removed.extend(teardown.removed);
            all.left.extend(teardown.left);
        }
        run.journal.close()?;
    }
    Ok((all, last_word))
}

/// Everything that a sweep would take away, one line each.
pub async fn preview(world: &World, settings: &Settings) -> Result<Vec<String>> {
    let mut lines: BTreeSet<String> = BTreeSet::new();
    for journal in Journal::take_over_crashed(&world.state)? {
        lines.extend(journal.remaining().iter().map(|(_, undo)| undo.to_string()));
    }
    lines.extend(overdue(world, settings).await?.iter().map(ToString::to_string));
    let clones = world.engine.clones().await?;
    let inventory = world.engine.inventory(&[]).await?;
    for stack in plan::run_out(&inventory, world.clock.now()) {
        let nobody = RunId(String::new());
        let undos = plan::take_down(&inventory, &clones, &stack.environment, &stack.instance, &nobody);
        lines.extend(undos.iter().map(ToString::to_string));
    }
    Ok(lines.into_iter().collect())
}

/// What a sweep does not touch although it is ours, as this build cannot read it, one line each: objects and seeds on the
/// engine. Journals are told as notes by every story.
pub async fn left_alone(world: &World) -> Result<Vec<String>> {
    Ok(plan::left_alone(&world.engine.inventory(&[]).await?))
}

/// Takes away what crashed runs of this state folder left, and what is past its deadline on the engine, whoever made it.
pub async fn sweep(world: &World, settings: &Settings, events: &Events) -> Result<Teardown> {
    let (mut all, last_word) = unwind_crashed(world, events).await?;
    let refused = std::mem::take(&mut all.left);
    if let Some(last_word) = last_word {
        let since = Duration::try_from(world.clock.now().duration_since(last_word)).unwrap_or_default();
        tokio::time::sleep(LATE_ARRIVAL.saturating_sub(since)).await;
    }
    for stack in plan::run_out(&world.engine.inventory(&[]).await?, world.clock.now()) {
        let teardown = down::run_out(world, settings, events, &stack).await?;
        all.removed.extend(teardown.removed);
        all.left.extend(teardown.left);
    }
    let undos = overdue(world, settings).await?;
    let id = world.clock.fresh_run_id();
    let journal = Journal::open(Arc::clone(&world.state), &id, "sweep", world.clock.now())?;
    for undo in &undos {
        journal.intend(undo)?;
    }
    let (_switch, stop) = Stop::new();
    let run = Run { world: world.clone(), journal, events: events.clone(), stop };
    for teardown in [execute::unwind(&run).await, execute::unlock(&run).await] {
        all.removed.extend(teardown.removed);
        all.left.extend(teardown.left);
    }
    run.journal.close()?;
    if !refused.is_empty() {
        // What a late arrival stood in the way of goes once that one has gone.
        let again = unwind_crashed(world, events).await?.0;
        all.left.extend(again.left);
        all.removed.extend(again.removed);
    }
    all.removed.sort();
    all.removed.dedup();
    Ok(all)
}

async fn overdue(world: &World, settings: &Settings) -> Result<Vec<crate::model::call::Undo>> {
    // The living are looked up before and after: a run that begins in between is then known to live, and so is one that
    // ends in between and leaves a stack standing whose lease was not there yet when volumes were listed. Clones are listed before volumes, and made after them, so that a clone without a
    // volume was truly left behind.
    let mut living = Journal::living(&world.state)?;
    let clones = world.engine.clones().await?;
    let frozen_before = world.engine.frozen().await?;
    let inventory = world.engine.inventory(&[]).await?;
    let frozen_after = world.engine.frozen().await?;
    let pool = PoolListing { clones, frozen_before, frozen_after };
    living.extend(Journal::living(&world.state)?);
    let scope = SweepScope { holder: settings.holder.clone(), living, now: world.clock.now() };
    Ok(plan::expired(&inventory, &pool, &scope))
}
