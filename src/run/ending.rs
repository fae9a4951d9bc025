//! How every story ends: what it made is taken back, and that is proved by looking.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

use super::proof::Standing;
use crate::execute::{self, Run};
use crate::model::error::{Error, ErrorKind, Result};
use crate::model::inventory::{Inventory, Listed};
use crate::model::label;
use crate::model::name::is_instance_lock;
use crate::model::proof::{MadeKind, Remains};
use crate::model::report::Teardown;
use crate::store::journal::Journal;

/// Unwinds everything of the run and looks whether any of it is still there; only then it lets go of the instance that it
/// worked on. The journal ends if nothing is left.
pub async fn end(run: Run) -> Teardown {
    let begun = Instant::now();
    let standing = Standing::of(&run).await;
    tracing::debug!(took_ms = begun.elapsed().as_millis(), "what stands was looked at");
    end_of(run, &standing).await
}

/// What a story took back before its end.
#[derive(Default)]
pub struct Cleared {
    standing: Option<Standing>,
    removed: Vec<String>,
}

impl Cleared {
    /// This, and then what was taken back later.
    #[must_use]
    pub fn then(mut self, later: Self) -> Self {
        self.standing = match (later.standing, self.standing) {
            (Some(later), Some(earlier)) => Some(later.and(earlier)),
            (later, earlier) => later.or(earlier),
        };
        self.removed.extend(later.removed);
        self
    }
}

/// Takes back everything that the run has made so far, while the story goes on. What cannot be removed now is tried again
/// at the end.
pub async fn clear(run: &Run) -> Cleared {
    let standing = Standing::of(run).await;
    let removed = execute::unwind(run).await.removed;
    Cleared { standing: Some(standing), removed }
}

/// As [`end`], of a run that took some of it back already.
pub async fn end_after(run: Run, cleared: Cleared) -> Teardown {
    let Some(earlier) = cleared.standing else { return end(run).await };
    let standing = Standing::of(&run).await.and(earlier);
    let mut teardown = end_of(run, &standing).await;
    teardown.removed.extend(cleared.removed);
    teardown.removed.sort();
    teardown
}

/// As [`end`], of what stood before some of it was unwound.
pub async fn end_of(run: Run, standing: &Standing) -> Teardown {
    let mut teardown = execute::unwind(&run).await;
    let engine = &run.world.engine;
    let begun = Instant::now();
    match tokio::join!(engine.inventory(&[]), standing.unlisted(&run.world)) {
        (Ok(inventory), Ok(unlisted)) => {
            let (proof, left) = standing.look(&run.world, &inventory, &unlisted).await;
            teardown.proof = proof;
            for found in left.into_iter().chain(labelled(&run, &inventory)) {
                let start = format!("{found}:");
                if !teardown.left.iter().any(|left| left.starts_with(&start)) {
                    teardown.left.push(format!("{found}: still there"));
                }
            }
        }
        // A run that made nothing has nothing to prove; one that did is told what could not be looked at.
        (Err(error), _) | (_, Err(error)) if !teardown.removed.is_empty() || !teardown.left.is_empty() => {
            teardown.left.push(format!("the engine could not be looked at: {error}"));
        }
        _ => {}
    }
    tracing::debug!(took_ms = begun.elapsed().as_millis(), "what is left was looked at");
    teardown.images = engine.pulled();
    let unlocked = execute::unlock(&run).await;
    teardown.removed.extend(unlocked.removed);
    teardown.left.extend(unlocked.left);
    close(run, &mut teardown);
    teardown
}

/// What carries the run's label and was not let stay, as an undo names it: also what no journal knows of.
fn labelled(run: &Run, inventory: &Inventory) -> Vec<String> {
    let made_here = |listed: &&Listed| listed.label(label::RUN) == Some(run.journal.run().0.as_str());
    let stays: BTreeSet<String> = run.journal.stays().iter().map(ToString::to_string).collect();
    let kinds = [
        ("container", &inventory.containers),
        ("network", &inventory.networks),
        ("volume", &inventory.volumes),
    ];
    let found = kinds.into_iter().flat_map(|(kind, listed)| {
        // A lease carries the run of its stack, whoever renewed it meanwhile.
        let is_meant = |it: &&Listed| it.label(label::LEASE).is_none() && !is_instance_lock(&it.name);
        listed.iter().filter(made_here).filter(is_meant).map(move |it| format!("{kind} {}", it.name))
    });
    found.filter(|line| !stays.contains(line)).collect()
}

/// Ends the journal, the one file that only this run needed.
fn close(run: Run, teardown: &mut Teardown) {
    let (state, id) = (Arc::clone(&run.world.state), run.journal.run().clone());
    if let Err(error) = run.journal.close() {
        teardown.left.push(format!("journal: {error}"));
    }
    if !teardown.proof.is_empty() {
        let after = Journal::files_of(&state, &id).unwrap_or(1);
        teardown.proof.push(Remains { kind: MadeKind::File, before: 1, after });
    }
}

/// The story's result, or what was left behind, which is worse than any failure.
pub fn or_left<T>(result: Result<T>, teardown: &Teardown) -> Result<T> {
    if teardown.left.is_empty() {
        return result;
    }
    let mut error = Error::new(
        ErrorKind::Leftover,
        format!("{} could not be removed: {}", count(teardown.left.len()), teardown.left.join("; ")),
    )
    .hint("run `stage sweep` once the engine answers again");
    if let Err(cause) = result {
        error = error.because(cause);
    }
    Err(error)
}

fn count(things: usize) -> String {
    if things == 1 { "1 thing".to_owned() } else { format!("{things} things") }
}
