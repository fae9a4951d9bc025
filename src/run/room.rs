//! Room for what is about to be made: there, made by growing the pool, or refused before anything starts.

use std::convert::Infallible;
use std::time::Duration;

use crate::execute::{self, Run};
use crate::model::call::Call;
use crate::model::error::Result;
use crate::model::plan::Plan;
use crate::model::report::SeedUse;
use crate::model::seed::{SeedKey, SeedRecord};
use crate::plan::{self, Need, RoomDecision};

/// When a pool is looked at first: clones have had room made for what is written by then.
const FIRST_LOOK: Duration = Duration::from_millis(500);

/// Makes room for a seed. The pool is made if it is not there: only then there are facts.
pub async fn for_seed(run: &Run, need: &Need, has_pool: bool) -> Result<()> {
    if !has_pool {
        carry_out(run, Call::PreparePool, "clones need a pool").await?;
    }
    let room = run.world.engine.room().await?;
    let Some(room) = room else { return Ok(()) };
    make(run, plan::decide_room(&room, need), need, &[]).await
}

/// Makes room for the clones of `seeds`.
pub async fn for_clones<'a>(run: &Run, seeds: impl IntoIterator<Item = &'a SeedUse>) -> Result<()> {
    let seeds: Vec<&SeedRecord> = seeds.into_iter().map(|used| &used.seed).collect();
    let room = run.world.engine.room().await?;
    let Some(facts) = room else { return Ok(()) };
    let need = plan::clones_need(seeds.iter().copied(), facts.driver);
    let used: Vec<&SeedKey> = seeds.iter().map(|seed| &seed.key).collect();
    make(run, plan::decide_for_migrating(&facts, &need), &need, &used).await
}

/// Makes the pool larger whenever what is free runs low, for as long as it is polled: a migration may write as much as it
/// likes, and the log of all of it is kept. That the disk has no more is told by whoever writes.
pub async fn keep_growing(run: &Run) -> Result<Infallible> {
    let mut pause = FIRST_LOOK;
    loop {
        tokio::time::sleep(pause).await;
        let Some(facts) = run.world.engine.room().await? else { continue };
        if let Some(size_bytes) = plan::grow_in_time(&facts) {
            carry_out(run, Call::GrowPool { size_bytes }, "it runs low").await?;
        }
        pause = plan::look_again_in(&facts);
    }
}

async fn make(run: &Run, decision: RoomDecision, need: &Need, used: &[&SeedKey]) -> Result<()> {
    match decision {
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
