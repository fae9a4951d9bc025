//! Waiting for one's turn on an engine that holds as many stacks as it can.

use std::time::Duration;

use tokio::time::Instant;

use super::sweep;
use crate::execute::Run;
use crate::model::error::Result;
use crate::model::event::Event;
use crate::model::queue::QueueTerms;
use crate::plan::{self, Turn};
use crate::world::tell;

const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// A stack that has its network, and so its place.
pub struct Waiting<'a> {
    /// The run that stands it up.
    pub run: &'a Run,
    /// Its network.
    pub network: String,
    /// The memory that it is reckoned with, in bytes.
    pub wanted: u64,
    /// How the user wants stacks to share the engine.
    pub terms: QueueTerms,
}

impl Waiting<'_> {
    /// Whether it is its turn.
    pub async fn look(&self) -> Result<Turn> {
        let queue = self.run.world.engine.queue().await?;
        plan::turn(&queue, &self.network, self.wanted, self.terms.most_stacks)
    }

    /// Returns once it is its turn, after a first look. What died on this machine meanwhile is swept, as it would be waited
    /// for without end. An error of kind `NoRoom` if its turn does not come in time.
    pub async fn turn(&self, mut turn: Turn) -> Result<()> {
        let begun = Instant::now();
        let mut was_told = false;
        loop {
            let Turn::After { ahead } = &turn else { return Ok(()) };
            if begun.elapsed() >= Duration::from_secs(self.terms.timeout_s) {
                return Err(plan::turn_missed(ahead, self.terms.timeout_s));
            }
            if !was_told {
                let text = format!("waiting for room on this engine, {}", plan::waiting_for(ahead));
                tell(&self.run.events, Event::Note { text });
                was_told = true;
            }
            self.run.stop.or(pause()).await?;
            sweep::recover(&self.run.world, &self.run.events).await?;
            turn = self.look().await?;
        }
    }
}

async fn pause() -> Result<()> {
    tokio::time::sleep(LOOK_AGAIN).await;
    Ok(())
}
