//! Looks at a database every few milliseconds while a migration runs.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;
use tokio::task::JoinSet;

use crate::model::catalog::Catalog;
use crate::model::error::{Error, ErrorKind, Result};
use crate::observe::locks::Watch;
use crate::world::Database;

/// How often at most: a look costs the server a tenth of a millisecond.
const EVERY: Duration = Duration::from_millis(5);
/// A look that takes longer than usual, as there is much to see, is followed by a pause of so many times its length.
const PAUSE_PER_LOOK: u32 = 2;

/// What is looked at, and what it has come to so far.
pub(super) trait Looking: Send + 'static {
    /// One look.
    fn look(&mut self) -> impl Future<Output = Result<()>> + Send;
}

/// Looks in a task of its own, so that reading the log does not hold it up. Dropping it ends it.
pub(super) struct Lookout<L> {
    task: JoinSet<Result<L>>,
    ended: oneshot::Sender<()>,
}

impl<L: Looking> Lookout<L> {
    /// Begins to look.
    pub fn begin(looks: L) -> Self {
        let (ended, has_ended) = oneshot::channel();
        let mut task = JoinSet::new();
        task.spawn(follow(looks, has_ended));
        Self { task, ended }
    }

    /// Ends with a last look.
    pub async fn end(mut self) -> Result<L> {
        drop(self.ended);
        let ended = self.task.join_next().await;
        let panicked = || Error::new(ErrorKind::Bug, "watching a database panicked");
        ended.ok_or_else(panicked)?.map_err(|cause| panicked().because(cause))?
    }
}

async fn follow<L: Looking>(mut looks: L, mut has_ended: oneshot::Receiver<()>) -> Result<L> {
    let mut pause = EVERY;
    loop {
        let is_last = tokio::select! {
            _ = &mut has_ended => true,
            () = tokio::time::sleep(pause) => false,
        };
        let asked = Instant::now();
        looks.look().await?;
        if is_last {
            return Ok(looks);
        }
        let took = asked.elapsed();
        pause = EVERY.saturating_sub(took).max(took * PAUSE_PER_LOOK);
    }
}

/// Looks at locks.
pub(super) struct LockLooks {
    database: Arc<dyn Database>,
    /// What they have come to.
    pub watch: Watch,
}

impl LockLooks {
    /// A first look, behind which the migration may begin.
    pub async fn first(database: &Arc<dyn Database>, before: &Catalog) -> Result<Self> {
        let first = database.locks(None).await?;
        Ok(Self { database: Arc::clone(database), watch: Watch::new(before, first.at_us) })
    }
}

impl Looking for LockLooks {
    async fn look(&mut self) -> Result<()> {
        let sample = self.database.locks(Some(self.watch.begun_us())).await?;
        self.watch.sample(&sample);
        Ok(())
    }
}
