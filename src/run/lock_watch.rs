//! Looks at the locks of a database every few milliseconds while a migration runs.

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

/// A watch in a task of its own, so that reading the log does not hold it up. Dropping it ends it.
pub(super) struct LockWatch {
    task: JoinSet<Result<Watch>>,
    ended: oneshot::Sender<()>,
}

impl LockWatch {
    /// Begins with a first look, behind which the migration may begin.
    pub async fn begin(database: &Arc<dyn Database>, before: &Catalog) -> Result<Self> {
        let first = database.locks(None).await?;
        let watch = Watch::new(before, first.at_us);
        let (ended, has_ended) = oneshot::channel();
        let mut task = JoinSet::new();
        task.spawn(follow(Arc::clone(database), watch, has_ended));
        Ok(Self { task, ended })
    }

    /// Ends with a last look.
    pub async fn end(mut self) -> Result<Watch> {
        drop(self.ended);
        let ended = self.task.join_next().await;
        let panicked = || Error::new(ErrorKind::Bug, "watching locks panicked");
        ended.ok_or_else(panicked)?.map_err(|cause| panicked().because(cause))?
    }
}

async fn follow(
    database: Arc<dyn Database>,
    mut watch: Watch,
    mut has_ended: oneshot::Receiver<()>,
) -> Result<Watch> {
    let mut pause = EVERY;
    loop {
        let is_last = tokio::select! {
            _ = &mut has_ended => true,
            () = tokio::time::sleep(pause) => false,
        };
        let asked = Instant::now();
        watch.sample(&database.locks(Some(watch.begun_us())).await?);
        if is_last {
            return Ok(watch);
        }
        let took = asked.elapsed();
        pause = EVERY.saturating_sub(took).max(took * PAUSE_PER_LOOK);
    }
}
