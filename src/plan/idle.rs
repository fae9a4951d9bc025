//! Whether a stack is idle: nobody asked its databases for anything for as long as its environment allows.
//!
//! No daemon watches. A sweep asks the servers how much work they have done in all, and notes that on the engine, where every
//! machine sees it; a later sweep that finds the very same figure knows that nothing was asked in between.

use jiff::Timestamp;

use crate::model::stack::{Stack, Work};

/// What comes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Idleness {
    /// Something was asked since the last sweep looked, or none has looked yet: that is noted.
    InUse,
    /// It is idle, and not yet long enough.
    Quiet,
    /// It is idle for so many seconds, and counts as run out.
    RunOut {
        /// For how long.
        for_s: u64,
    },
}

/// How idle a stack is at `now`. One that is kept, or whose environment does not say how long it may be idle, is never
/// asked; one that could not be asked is not idle.
pub fn idleness(stack: &Stack, work: &Work, now: Timestamp) -> Idleness {
    let newest = stack.quiet.iter().max_by_key(|quiet| quiet.since);
    let Some(quiet) = newest.filter(|quiet| quiet.work == work.done && !work.is_under_way) else {
        return Idleness::InUse;
    };
    let for_s = u64::try_from(now.duration_since(quiet.since).as_secs()).unwrap_or(0);
    match stack.idle_s {
        Some(limit_s) if for_s >= limit_s => Idleness::RunOut { for_s },
        _ => Idleness::Quiet,
    }
}

/// Whether a sweep asks a stack at all.
pub fn can_be_idle(stack: &Stack) -> bool {
    stack.idle_s.is_some() && !stack.kept && !stack.seeds.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::stack::Quiet;
    use crate::plan::samples;

    fn check(quiet: &[(i64, &str)], work: (bool, &str), expected: Idleness) {
        let at = |second| Timestamp::from_second(second).unwrap();
        let quiet = quiet.iter().map(|(since, work)| Quiet {
            volume: format!("quiet-{since}"),
            since: at(*since),
            work: (*work).to_owned(),
        });
        let stack = Stack { idle_s: Some(100), quiet: quiet.collect(), ..samples::standing() };
        let work = Work { is_under_way: work.0, done: work.1.to_owned() };
        assert_eq!(idleness(&stack, &work, at(1000)), expected);
    }

    #[test]
    fn a_stack_is_idle_only_between_two_looks_that_saw_the_same() {
        check(&[], (false, "7"), Idleness::InUse);
        check(&[(950, "7")], (false, "7"), Idleness::Quiet);
        check(&[(900, "7")], (false, "7"), Idleness::RunOut { for_s: 100 });
        check(&[(900, "7")], (false, "8"), Idleness::InUse);
        check(&[(900, "7")], (true, "7"), Idleness::InUse);
        check(&[(100, "7"), (950, "7")], (false, "7"), Idleness::Quiet);
        check(&[(100, "7"), (800, "8")], (false, "7"), Idleness::InUse);
    }

    #[test]
    fn what_is_kept_or_has_no_limit_is_never_asked() {
        let stack = Stack { idle_s: Some(100), ..samples::standing() };
        assert!(can_be_idle(&stack));
        assert!(!can_be_idle(&Stack { kept: true, ..stack.clone() }));
        assert!(!can_be_idle(&Stack { idle_s: None, ..stack }));
    }
}
