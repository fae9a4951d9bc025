//! A plan: steps that can be printed, each one call with its cause and with what it waits for.

use std::fmt;

use super::call::Call;

/// The place of a step in its plan.
pub type StepId = usize;

/// Whether what a step made is undone at the end of a successful run as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lifetime {
    /// Undone when the run ends, however it ends.
    Run,
    /// Undone only if the plan fails; stays otherwise.
    Kept,
}

/// One call, why, and after what.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// The call.
    pub call: Call,
    /// Why it is needed, for people (`service web`, `seed of db`).
    pub cause: String,
    /// Steps that must be done before.
    pub after: Vec<StepId>,
    /// How long its effect stays.
    pub lifetime: Lifetime,
}

/// Steps in an order in which they could run one by one; those that do not wait for each other run at once.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// The steps.
    pub steps: Vec<Step>,
}

impl Plan {
    /// Adds a step after `after`, undone at the end, and returns its place.
    pub fn add(&mut self, call: Call, cause: impl Into<String>, after: &[StepId]) -> StepId {
        self.steps.push(Step { call, cause: cause.into(), after: after.to_vec(), lifetime: Lifetime::Run });
        self.steps.len() - 1
    }

    /// Adds a step whose effect stays when the plan succeeds, and returns its place.
    pub fn add_kept(&mut self, call: Call, cause: impl Into<String>, after: &[StepId]) -> StepId {
        self.steps.push(Step { call, cause: cause.into(), after: after.to_vec(), lifetime: Lifetime::Kept });
        self.steps.len() - 1
    }
}

impl fmt::Display for Plan {
    /// One line a step: place, call, cause, and what it waits for.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (id, step) in self.steps.iter().enumerate() {
            let after = step.after.iter().map(|id| (id + 1).to_string()).collect::<Vec<_>>().join(" ");
            let after = if after.is_empty() { String::new() } else { format!(" after {after}") };
            let kept = if step.lifetime == Lifetime::Kept { " (kept)" } else { "" };
            writeln!(f, "{:>3} {}{kept} — {}{after}", id + 1, step.call, step.cause)?;
        }
        Ok(())
    }
}
