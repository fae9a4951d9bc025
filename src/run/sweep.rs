//! The second and third net: crashed runs by their journals, then whatever labels say is over.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use futures_util::stream::{self, StreamExt};
use jiff::Timestamp;

use super::{Settings, down, idle};
use crate::execute::{self, Run};
use crate::model::error::Result;
use crate::model::event::Event;
use crate::model::label;
use crate::model::name::RunId;
use crate::model::quantity::age;
use crate::model::report::Teardown;
use crate::model::stack::Stack;
use crate::model::sweep::SweepBounds;
use crate::plan::{self, Doomed, Expired, Idleness, PoolListing, SweepScope};
use crate::store::journal::Journal;
use crate::world::World;
use crate::world::{Events, Stop, tell};

/// How long after a dead run's last word the engine may still carry out what it was asked: such a late arrival would
/// come after its own removal.
const LATE_ARRIVAL: Duration = Duration::from_secs(3);
/// How many dead runs are unwound at the same time: the engine mostly waits while one goes.
const AT_ONCE: usize = 6;

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
    let crashed = Journal::take_over_crashed(&world.state)?.into_iter();
    let mut unwound = stream::iter(crashed.map(|journal| unwind(world, events, journal))).buffered(AT_ONCE);
    let mut failed = Ok(());
    while let Some(run) = unwound.next().await {
        match run {
            Ok((teardown, written_at)) => {
                last_word = last_word.max(written_at);
                all.removed.extend(teardown.removed);
                all.left.extend(teardown.left);
            }
            // The others are unwound all the same.
            Err(error) => failed = failed.and(Err(error)),
        }
    }
    failed.map(|()| (all, last_word))
}

/// Unwinds one dead run and ends its journal: what was removed and left, and when it wrote its last line.
async fn unwind(world: &World, events: &Events, journal: Journal) -> Result<(Teardown, Option<Timestamp>)> {
    let written_at = journal.written_at()?;
    let (_switch, stop) = Stop::new();
    let run = Run { world: world.clone(), journal, events: events.clone(), stop };
    let mut all = execute::unwind(&run).await;
    let locks = execute::unlock(&run).await;
    all.removed.extend(locks.removed);
    all.left.extend(locks.left);
    run.journal.close()?;
    Ok((all, written_at))
}

/// What a sweep would do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Preview {
    /// What would go, and why, by what it is.
    pub going: BTreeMap<String, String>,
    /// Stacks that would be left for the next sweep, as `ENV/INSTANCE`.
    pub postponed: Vec<String>,
}

/// Everything that a sweep would take away, and what it would leave.
pub async fn preview(world: &World, settings: &Settings, bounds: &SweepBounds) -> Result<Preview> {
    let mut going: BTreeMap<String, String> = BTreeMap::new();
    if bounds.is_whole() {
        for journal in Journal::take_over_crashed(&world.state)? {
            let why = format!("run {} died", journal.run());
            going.extend(journal.remaining().iter().map(|(_, undo)| (undo.to_string(), why.clone())));
        }
    }
    let clones = world.engine.clones().await?;
    let Found { ended, mut postponed, .. } = look(world, bounds).await?;
    let inventory = world.engine.inventory(&[]).await?;
    for Ended { stack, why } in &ended {
        let nobody = RunId(String::new());
        let undos = plan::take_down(&inventory, &clones, &stack.environment, &stack.instance, &nobody);
        going.extend(undos.iter().map(|undo| (undo.to_string(), why.clone())));
    }
    let rest = SweepBounds { limit: bounds.limit - ended.len(), ..bounds.clone() };
    let overdue = overdue(world, settings, &rest).await?;
    going.extend(overdue.doomed.into_iter().map(|doomed| (doomed.undo.to_string(), doomed.why)));
    postponed.extend(overdue.postponed);
    Ok(Preview { going, postponed })
}

/// A stack that no longer has a right to stand.
struct Ended {
    stack: Stack,
    why: String,
}

/// What a sweep finds of stacks that stand.
#[derive(Default)]
struct Found {
    /// Those whose lease has run out or that are idle, as many as a sweep takes.
    ended: Vec<Ended>,
    /// Those that are too many, as `ENV/INSTANCE`.
    postponed: Vec<String>,
    /// Those that were in use since the last sweep looked.
    in_use: Vec<Stack>,
}

async fn look(world: &World, bounds: &SweepBounds) -> Result<Found> {
    let now = world.clock.now();
    let mut stacks = plan::standing(&world.engine.inventory(&[]).await?);
    stacks.retain(|stack| bounds.has(Some(&stack.environment), Some(&stack.instance)));
    let looked = stacks.into_iter().map(async |stack| {
        let idleness = if stack.until < now { None } else { idleness(world, &stack).await };
        (stack, idleness)
    });
    let mut found = Found::default();
    for (stack, idleness) in join_all(looked).await {
        let over_s = u64::try_from(now.duration_since(stack.until).as_secs()).unwrap_or(0);
        let why = match idleness {
            None if stack.until < now => {
                format!("the lease of {} ran out {} ago", stack.instance, age(over_s))
            }
            Some(Idleness::RunOut { for_s }) => format!("{} is idle for {}", stack.instance, age(for_s)),
            Some(Idleness::InUse) => {
                found.in_use.push(stack);
                continue;
            }
            Some(Idleness::Quiet) | None => continue,
        };
        found.ended.push(Ended { stack, why });
    }
    let too_many = found.ended.split_off(bounds.limit.min(found.ended.len()));
    let name = |it: &Ended| format!("{}/{}", it.stack.environment, it.stack.instance);
    found.postponed = too_many.iter().map(name).collect();
    Ok(found)
}

/// How idle a stack is; `None` if it cannot be, or could not be asked.
async fn idleness(world: &World, stack: &Stack) -> Option<Idleness> {
    if !plan::can_be_idle(stack) {
        return None;
    }
    let work = idle::work(world, stack).await.ok()?;
    Some(plan::idleness(stack, &work, world.clock.now()))
}

/// What a sweep does not touch although it is ours, as this build cannot read it, one line each: objects and seeds on the
/// engine. Journals are told as notes by every story.
pub async fn left_alone(world: &World) -> Result<Vec<String>> {
    Ok(plan::left_alone(&world.engine.inventory(&[]).await?))
}

/// What a sweep did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// What went, and what could not.
    pub teardown: Teardown,
    /// Stacks that were left for the next sweep, as `ENV/INSTANCE`.
    pub postponed: Vec<String>,
}

/// Takes away what crashed runs of this state folder left, and what is past its deadline on the engine, whoever made it, as
/// far as it is in `bounds`.
pub async fn sweep(
    world: &World,
    settings: &Settings,
    events: &Events,
    bounds: &SweepBounds,
) -> Result<Swept> {
    let (mut all, last_word) =
        if bounds.is_whole() { unwind_crashed(world, events).await? } else { Default::default() };
    let refused = std::mem::take(&mut all.left);
    if let Some(last_word) = last_word {
        let since = Duration::try_from(world.clock.now().duration_since(last_word)).unwrap_or_default();
        tokio::time::sleep(LATE_ARRIVAL.saturating_sub(since)).await;
    }
    let Found { ended, mut postponed, in_use } = look(world, bounds).await?;
    for stack in &in_use {
        // What it takes to note it, such as the lock, is nobody's business.
        all.left.extend(down::gone_idle(world, settings, events, stack).await?.left);
    }
    for Ended { stack, .. } in &ended {
        let taken = if stack.until < world.clock.now() {
            down::run_out(world, settings, events, stack).await?
        } else {
            down::gone_idle(world, settings, events, stack).await?
        };
        add(&mut all, taken);
    }
    let rest = SweepBounds { limit: bounds.limit - ended.len(), ..bounds.clone() };
    let overdue = overdue(world, settings, &rest).await?;
    postponed.extend(overdue.postponed);
    take(world, events, &overdue.doomed, &mut all).await?;
    if !refused.is_empty() {
        // What a late arrival stood in the way of goes once that one has gone.
        let again = unwind_crashed(world, events).await?.0;
        add(&mut all, again);
    }
    all.removed.sort();
    all.removed.dedup();
    Ok(Swept { teardown: all, postponed })
}

/// Takes away what belongs to no stack that stands.
async fn take(world: &World, events: &Events, doomed: &[Doomed], all: &mut Teardown) -> Result<()> {
    let id = world.clock.fresh_run_id();
    let journal = Journal::open(Arc::clone(&world.state), &id, "sweep", world.clock.now())?;
    for Doomed { undo, .. } in doomed {
        journal.intend(undo)?;
    }
    let (_switch, stop) = Stop::new();
    let run = Run { world: world.clone(), journal, events: events.clone(), stop };
    for teardown in [execute::unwind(&run).await, execute::unlock(&run).await] {
        add(all, teardown);
    }
    run.journal.close()
}

fn add(all: &mut Teardown, further: Teardown) {
    all.removed.extend(further.removed);
    all.left.extend(further.left);
}

async fn overdue(world: &World, settings: &Settings, bounds: &SweepBounds) -> Result<Expired> {
    // The living are looked up before and after: a run that begins in between is then known to live, and so is one that
    // ends in between and leaves a stack standing whose lease was not there yet when volumes were listed. Clones are listed
    // before volumes, and made after them, so that a clone without a volume was truly left behind.
    let mut living = Journal::living(&world.state)?;
    let mut clones = world.engine.clones().await?;
    let frozen_before = world.engine.frozen().await?;
    let mut denied = if bounds.is_whole() { world.engine.denied().await? } else { Vec::new() };
    let inventory = world.engine.inventory(&[]).await?;
    let frozen_after = world.engine.frozen().await?;
    let has_volume = |clone: &String| inventory.volumes.iter().any(|volume| volume.name == *clone);
    if !clones.iter().all(has_volume) {
        // A run that ended in between took its clone away before its volume: only what is still there was left behind.
        let after = world.engine.clones().await?;
        clones.retain(|clone| after.contains(clone));
    }
    let has_network = |bridge: &String| {
        inventory.networks.iter().any(|network| network.label(label::BRIDGE) == Some(bridge.as_str()))
    };
    if !denied.iter().all(has_network) {
        // A run that is ending forgets them a moment after its network.
        tokio::time::sleep(LATE_ARRIVAL).await;
        let after = world.engine.denied().await?;
        denied.retain(|bridge| after.contains(bridge));
    }
    let pool = PoolListing { clones, frozen_before, frozen_after };
    living.extend(Journal::living(&world.state)?);
    let scope = SweepScope { holder: settings.holder.clone(), living, now: world.clock.now(), denied };
    Ok(plan::expired(&inventory, &pool, &scope, bounds))
}
