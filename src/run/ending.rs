//! How every story ends: what it made is taken back, and that is proved by looking.

use std::collections::BTreeSet;

use crate::execute::{self, Run};
use crate::model::error::{Error, ErrorKind, Result};
use crate::model::inventory::Listed;
use crate::model::label;
use crate::model::name::is_instance_lock;
use crate::model::report::Teardown;

/// Unwinds everything of the run and looks whether anything with its label is still there; only then it lets go of the
/// instance that it worked on. The journal ends if nothing is left.
pub async fn end(run: Run) -> Teardown {
    let mut teardown = execute::unwind(&run).await;
    match run.world.engine.inventory(&[]).await {
        Ok(inventory) => {
            let made_here = |listed: &&Listed| listed.label(label::RUN) == Some(run.journal.run().0.as_str());
            let stays: BTreeSet<String> = run.journal.stays().iter().map(ToString::to_string).collect();
            let kinds = [
                ("container", &inventory.containers),
                ("network", &inventory.networks),
                ("volume", &inventory.volumes),
            ];
            for (kind, listed) in kinds {
                for found in listed.iter().filter(made_here) {
                    // A lease carries the run of its stack, whoever renewed it meanwhile.
                    let is_lease = found.label(label::LEASE).is_some();
                    let is_known = stays.contains(&format!("{kind} {}", found.name));
                    if is_known || is_lease || is_instance_lock(&found.name) {
                        continue;
                    }
                    let text = format!("{kind} {}: still there", found.name);
                    if !teardown.left.iter().any(|left| left.starts_with(&format!("{kind} {}:", found.name)))
                    {
                        teardown.left.push(text);
                    }
                }
            }
        }
        // A run that made nothing has nothing to prove; one that did is told what could not be looked at.
        Err(error) if !teardown.removed.is_empty() || !teardown.left.is_empty() => {
            teardown.left.push(format!("the engine could not be looked at: {error}"));
        }
        Err(_) => {}
    }
    let unlocked = execute::unlock(&run).await;
    teardown.removed.extend(unlocked.removed);
    teardown.left.extend(unlocked.left);
    if let Err(error) = run.journal.close() {
        teardown.left.push(format!("journal: {error}"));
    }
    teardown
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
