//! Room for what is about to be made: there, made by growing the pool, or refused before anything starts.

use std::convert::Infallible;
use std::time::Duration;

use crate::execute::{self, Run};
use crate::model::call::Call;
use crate::model::clones::Room;
use crate::model::error::Result;
use crate::model::plan::Plan;
use crate::model::report::SeedUse;
use crate::model::seed::{SeedKey, SeedRecord};
use crate::plan::{self, Need, RoomDecision};

/// How often a pool that is written to is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Makes room for a seed. The pool is made if it is not there: only then there are facts.
pub async fn for_seed(run: &Run, need: &Need, has_pool: bool) -> Result<()> {
    if !has_pool {
        carry_out(run, Call::PreparePool, "clones need a pool").await?;
    }
    let room = run.world.engine.room().await?;
    make(run, room, need, &[]).await
}

/// Makes room for the clones of `seeds`.
pub async fn for_clones<'a>(run: &Run, seeds: impl IntoIterator<Item = &'a SeedUse>) -> Result<()> {
    let seeds: Vec<&SeedRecord> = seeds.into_iter().map(|used| &used.seed).collect();
    let room = run.world.engine.room().await?;
    let Some(facts) = room else { return Ok(()) };
    let need = plan::clones_need(seeds.iter().copied(), facts.driver);
    let used: Vec<&SeedKey> = seeds.iter().map(|seed| &seed.key).collect();
    make(run, room, &need, &used).await
}

/// Makes the pool larger whenever what is free runs low, for as long as it is polled: a migration may write as much as it
/// likes, and the log of all of it is kept. That the disk has no more is told by whoever writes.
pub async fn keep_growing(run: &Run) -> Result<Infallible> {
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        let room = run.world.engine.room().await?;
        if let Some(facts) = room
            && let RoomDecision::Grow { size_bytes } = plan::decide_room(&facts, &plan::headroom())
        {
            carry_out(run, Call::GrowPool { size_bytes }, "it runs low").await?;
        }
    }
}

async fn make(run: &Run, room: Option<Room>, need: &Need, used: &[&SeedKey]) -> Result<()> {
    let Some(room) = room else { return Ok(()) };
    match plan::decide_room(&room, need) {
        RoomDecision::Enough => Ok(()),
        RoomDecision::Grow { size_bytes } => {
            carry_out(run, Call::GrowPool { size_bytes }, &format!("{} would not fit", need.what)).await
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
