//! Room for what is about to be made: there, made by growing the pool, or refused before anything starts.

use std::pin::pin;
use std::time::Duration;

use crate::execute::{self, Run};
use crate::model::call::Call;
use crate::model::clones::Room;
use crate::model::error::Result;
use crate::model::event::Event;
use crate::model::plan::Plan;
use crate::model::report::SeedUse;
use crate::model::seed::{SeedKey, SeedRecord};
use crate::plan::{self, Need, RoomDecision};
use crate::world::tell;

/// When a pool is looked at first, once something is written: so much is written by then that there surely is room for.
const FIRST_LOOK: Duration = Duration::from_secs(1);

/// Makes room for a seed. The pool is made if it is not there: only then there are facts.
pub async fn for_seed(run: &Run, need: &Need, has_pool: bool) -> Result<()> {
    if !has_pool {
        carry_out(run, Call::PreparePool, "clones need a pool").await?;
    }
    let room = run.world.engine.room().await?;
    let Some(room) = room else { return Ok(()) };
    make(run, plan::decide_room(&room, need), need, &[]).await.map(|_| ())
}

/// Makes room for the clones of `seeds`, and for what is then written to them if the disk has it.
pub async fn for_clones<'a>(run: &Run, seeds: impl IntoIterator<Item = &'a SeedUse>) -> Result<()> {
    let seeds: Vec<&SeedRecord> = seeds.into_iter().map(|used| &used.seed).collect();
    let room = run.world.engine.room().await?;
    let Some(facts) = room else { return Ok(()) };
    let need = plan::clones_need(seeds.iter().copied(), facts.driver);
    let used: Vec<&SeedKey> = seeds.iter().map(|seed| &seed.key).collect();
    if make(run, plan::decide_room(&facts, &need), &need, &used).await? == Grown::Not {
        grow_in_time(run, &facts, need.bytes).await;
    }
    Ok(())
}

/// Does what writes to clones, and meanwhile makes the pool larger whenever what is free runs low: a migration may write as much
/// as it likes, and the log of all of it is kept. If the pool cannot grow that is told once; that it is full, by whoever
/// writes.
pub async fn growing_beside<T>(run: &Run, work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    let mut pause = FIRST_LOOK;
    loop {
        tokio::select! {
            done = &mut work => return done,
            () = tokio::time::sleep(pause) => {}
        }
        let mut look = pin!(look(run));
        let next = tokio::select! {
            done = &mut work => {
                // What was begun is not left behind half done.
                look.await;
                return done;
            }
            next = &mut look => next,
        };
        let Some(next) = next else { return work.await };
        pause = next;
    }
}

/// Looks at the pool and makes it larger if need be; when to look again, if it can grow.
async fn look(run: &Run) -> Option<Duration> {
    let facts = match run.world.engine.room().await {
        Ok(facts) => facts?,
        Err(error) => {
            tell(
                &run.events,
                Event::Note { text: format!("whether the pool runs low is not known: {error}") },
            );
            return None;
        }
    };
    grow_in_time(run, &facts, 0).await.then(|| plan::look_at_room_in(&facts))
}

/// Makes the pool larger before it has to be. False if it cannot be, which is told.
async fn grow_in_time(run: &Run, facts: &Room, spoken_for_bytes: u64) -> bool {
    let Some(size_bytes) = plan::grow_room_in_time(facts, spoken_for_bytes) else { return true };
    let grown = carry_out(run, Call::GrowPool { size_bytes }, "it runs low").await;
    if let Err(error) = &grown {
        let text = format!("the pool runs low and could not be made larger: {error}");
        tell(&run.events, Event::Note { text });
    }
    grown.is_ok()
}

/// Whether the pool was made larger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Grown {
    Now,
    Not,
}

async fn make(run: &Run, decision: RoomDecision, need: &Need, used: &[&SeedKey]) -> Result<Grown> {
    match decision {
        RoomDecision::Enough => Ok(Grown::Not),
        RoomDecision::Grow { size_bytes } => {
            carry_out(run, Call::GrowPool { size_bytes }, &format!("{} would not fit", need.what)).await?;
            Ok(Grown::Now)
        }
        RoomDecision::Refuse(shortage) => {
            let seeds = run.world.engine.inventory(&[]).await?.seeds;
            Err(plan::no_room(&shortage, &seeds, used, run.world.clock.now()))
        }
    }
}

async fn carry_out(run: &Run, call: Call, cause: &str) -> Result<()> {
    let mut plan = Plan::default();
    plan.add(call, cause, &[]);
    execute::apply(run, &plan).await.map(|_| ())
}
