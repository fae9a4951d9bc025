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

    /// The steps of which `is_later` is not true, and then the others with those that wait for them: what the second plan
    /// waits for in the first counts as done.
    #[must_use]
    pub fn split(self, is_later: impl Fn(&Call) -> bool) -> (Self, Self) {
        let (mut first, mut second) = (Self::default(), Self::default());
        // Where each step went: to the second plan, or else the first, and its place there.
        let mut places: Vec<(bool, StepId)> = Vec::new();
        for mut step in self.steps {
            let waits =
                |late: bool| step.after.iter().map(|&id| places[id]).filter(move |place| place.0 == late);
            let is_late = is_later(&step.call) || waits(true).next().is_some();
            let after: Vec<StepId> = waits(is_late).map(|(_, id)| id).collect();
            step.after = after;
            let steps = if is_late { &mut second.steps } else { &mut first.steps };
            places.push((is_late, steps.len()));
            steps.push(step);
        }
        (first, second)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_is_split_where_something_begins_and_what_waits_for_it_goes_along() {
        let start = |name: &str| Call::StartContainer { name: name.into() };
        let mut plan = Plan::default();
        let pool = plan.add(Call::PreparePool, "a", &[]);
        let first = plan.add(start("x"), "b", &[pool]);
        let grown = plan.add(Call::GrowPool { size_bytes: 1_000_000 }, "c", &[pool]);
        plan.add(Call::AwaitHealthy { name: "x".into(), timeout_s: 1 }, "d", &[grown, first]);
        let (making, starting) = plan.split(|call| matches!(call, Call::StartContainer { .. }));
        assert_eq!(making.to_string(), "  1 prepare pool — a\n  2 grow pool to 1.0 MB — c after 1\n");
        assert_eq!(starting.to_string(), "  1 start x — b\n  2 await health of x — d after 1\n");
    }
}
