//! Walks a plan: each step as soon as what it waits for is done, its undo journaled before its call.

use std::sync::Arc;
use std::time::Instant;

use tokio::task::JoinSet;

use super::Run;
use crate::model::call::{Call, Performed, ServiceFailure};
use crate::model::error::{Error, ErrorKind, Result};
use crate::model::event::Event;
use crate::model::plan::{Lifetime, Plan, StepId};
use crate::store::journal::IntentId;
use crate::world::Engine;
use crate::world::tell;

/// Carries out `plan`. `Ok(Some(…))` is a service that did not come up, after which nothing more was started. What was
/// made stays in the journal until it is unwound; what is to be kept leaves it when the whole plan has succeeded.
pub async fn apply(run: &Run, plan: &Plan) -> Result<Option<ServiceFailure>> {
    let mut walk = Walk::new(plan);
    let mut running: JoinSet<(StepId, Result<Performed>)> = JoinSet::new();
    let mut kept: Vec<IntentId> = Vec::new();
    let mut outcome: Result<Option<ServiceFailure>> = Ok(None);
    loop {
        if matches!(outcome, Ok(None)) {
            if let Err(stopped) = run.stop.check() {
                outcome = Err(stopped);
            } else {
                while let Some(id) = walk.next_ready() {
                    match begin(run, plan, id, &mut running) {
                        Ok(intent) if plan.steps[id].lifetime == Lifetime::Kept => kept.extend(intent),
                        Ok(_) => {}
                        Err(failed) => {
                            outcome = Err(failed);
                            break;
                        }
                    }
                }
            }
        }
        let Some(joined) = running.join_next().await else { break };
        match joined {
            Ok((id, Ok(Performed::Done))) => walk.done(id),
            Ok((_, Ok(Performed::Unfit(failure)))) if matches!(outcome, Ok(None)) => {
                outcome = Ok(Some(failure));
            }
            Ok((_, Err(failed))) if outcome.is_ok() => outcome = Err(failed),
            // The first failure is the one to tell; steps that were already under way end as they may.
            Ok(_) => {}
            Err(panicked) => {
                outcome = Err(Error::new(ErrorKind::Bug, "a step of the plan panicked").because(panicked));
            }
        }
    }
    if matches!(outcome, Ok(None)) {
        if !walk.is_finished() {
            return Err(Error::new(ErrorKind::Bug, "the plan waits for itself"));
        }
        if !kept.is_empty() {
            run.journal.kept(&kept)?;
        }
    }
    outcome
}

fn begin(
    run: &Run,
    plan: &Plan,
    id: StepId,
    running: &mut JoinSet<(StepId, Result<Performed>)>,
) -> Result<Option<IntentId>> {
    let step = &plan.steps[id];
    let intent = step.call.undo(run.journal.run()).map(|undo| run.journal.intend(&undo)).transpose()?;
    let engine: Arc<dyn Engine> = Arc::clone(&run.world.engine);
    let call = step.call.clone();
    let text = format!("{call} ({})", step.cause);
    let events = run.events.clone();
    let wish = run.stop.clone();
    running.spawn(async move {
        tell(&events, Event::StepStarted { text: text.clone() });
        let begun = Instant::now();
        let result = if leaves_nothing(&call) {
            wish.or(engine.perform(&call)).await
        } else {
            engine.perform(&call).await
        };
        let took = begun.elapsed();
        tracing::debug!(step = text, took_ms = took.as_millis(), "step ended");
        tell(&events, Event::StepEnded { text, took });
        (id, result)
    });
    Ok(intent)
}

/// Whether a call may be dropped in the middle: it only waits.
fn leaves_nothing(call: &Call) -> bool {
    matches!(call, Call::AwaitHealthy { .. } | Call::AwaitCompletion { .. } | Call::PullImage { .. })
}

/// Which steps are ready, begun and done.
struct Walk<'plan> {
    plan: &'plan Plan,
    begun: Vec<bool>,
    done: Vec<bool>,
}

impl<'plan> Walk<'plan> {
    fn new(plan: &'plan Plan) -> Self {
        let steps = plan.steps.len();
        Self { plan, begun: vec![false; steps], done: vec![false; steps] }
    }

    fn next_ready(&mut self) -> Option<StepId> {
        let ready =
            self.plan.steps.iter().enumerate().position(|(id, step)| {
                !self.begun[id] && step.after.iter().all(|&earlier| self.done[earlier])
            })?;
        self.begun[ready] = true;
        Some(ready)
    }

    fn done(&mut self, id: StepId) {
        self.done[id] = true;
    }

    fn is_finished(&self) -> bool {
        self.done.iter().all(|&done| done)
    }
}
