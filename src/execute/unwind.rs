//! Takes back what a journal still holds. One code path for success, failure, signals and crashed runs.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::sync::Arc;

use tokio::task::JoinSet;

use super::Run;
use crate::model::call::Undo;
use crate::model::error::{Error, ErrorKind, Result};
use crate::model::event::Event;
use crate::model::name::is_instance_lock;
use crate::model::report::Teardown;
use crate::store::journal::IntentId;
use crate::world::{Events, tell};

/// How often an undo is tried: what stands in its way is often on its own way out.
const TRIES: usize = 3;

/// Undoes everything that the run's journal holds but the locks of instances: containers first, then what they used, then
/// the volumes, then frozen seeds. A failed undo is recorded and the others go on; what is left stays in the journal.
pub async fn unwind(run: &Run) -> Teardown {
    waves(run, 0..=LAST_WAVE).await
}

/// Lets go of instances: nobody else may work on one before all that was done to it is done or taken back.
pub async fn unlock(run: &Run) -> Teardown {
    waves(run, LOCKS..=LOCKS).await
}

async fn waves(run: &Run, waves: RangeInclusive<u8>) -> Teardown {
    let Run { world, journal, events, .. } = run;
    let mut teardown = Teardown::default();
    let remaining = journal.remaining();
    // Volumes that stay: a frozen seed whose volume does is one that others find, and must be able to clone.
    let mut registered: BTreeSet<String> = BTreeSet::new();
    for wave in waves {
        let mut tasks: JoinSet<(IntentId, Undo, Result<()>)> = JoinSet::new();
        for (id, undo) in remaining.iter().filter(|(_, undo)| wave_of(undo) == wave).cloned() {
            if let Undo::DeleteSeed { key } = &undo
                && registered.contains(&key.volume())
            {
                let kept = Error::new(ErrorKind::Leftover, "its volume is still there");
                leave(&mut teardown, events, &undo.to_string(), &kept);
                continue;
            }
            let engine = Arc::clone(&world.engine);
            tasks.spawn(async move {
                let begun = std::time::Instant::now();
                let mut result = engine.undo(&undo).await;
                for _ in 1..TRIES {
                    if result.is_ok() {
                        break;
                    }
                    result = engine.undo(&undo).await;
                }
                tracing::debug!(undo = %undo, took_ms = begun.elapsed().as_millis(), "undo ended");
                (id, undo, result)
            });
        }
        while let Some(joined) = tasks.join_next().await {
            match joined {
                Ok((id, undo, Ok(()))) => match journal.undone(id) {
                    Ok(()) => teardown.removed.push(undo.to_string()),
                    Err(error) => leave(&mut teardown, events, &undo.to_string(), &error),
                },
                Ok((_, undo, Err(error))) => {
                    leave(&mut teardown, events, &undo.to_string(), &error);
                    if let Undo::RemoveVolume { name } = undo {
                        registered.insert(name);
                    }
                }
                Err(panicked) => teardown.left.push(format!("an undo panicked: {panicked}")),
            }
        }
    }
    teardown.removed.sort();
    teardown.left.sort();
    teardown
}

fn leave(teardown: &mut Teardown, events: &Events, what: &str, error: &Error) {
    let text = format!("{what}: {error}");
    tell(events, Event::Left { text: text.clone() });
    teardown.left.push(text);
}

const LAST_WAVE: u8 = 3;
/// The wave of the locks of instances.
const LOCKS: u8 = LAST_WAVE + 1;

/// A container holds on to its network and volumes, and a volume says which clone belongs to a living stack, so it goes
/// after the clone. A frozen seed goes after the volume that registers it.
fn wave_of(undo: &Undo) -> u8 {
    match undo {
        Undo::RemoveContainer { name, .. } if is_instance_lock(name) => LOCKS,
        Undo::RemoveContainer { .. } => 0,
        Undo::RemoveNetwork { .. } | Undo::DeleteClone { .. } => 1,
        // Rules go after their interface: whoever is still about to lay them finds that there is none, and lays none.
        Undo::RemoveVolume { .. } | Undo::ForgetEgress { .. } => 2,
        Undo::DeleteSeed { .. } => LAST_WAVE,
    }
}
