//! Change and suite to verdict. Each guard is one file, as data; pure.

mod evidence;
mod guard;
mod guards;
#[cfg(test)]
mod sample;

pub use evidence::Evidence;
pub use guard::Guard;

use crate::model::guard::Finding;
use crate::model::report::Verdict;

/// All guards, most severe first; their ids are [`crate::model::guard::GUARD_IDS`].
pub fn catalog() -> &'static [&'static Guard] {
    guards::ALL
}

/// The verdict, and every guard that was broken, most severe first.
///
/// Doubts about what was measured make a run unverified, unless it is blocked anyway: a broken guard stays broken.
pub fn judge(evidence: &Evidence) -> (Verdict, Vec<Finding>) {
    let findings: Vec<Finding> = catalog().iter().flat_map(|guard| (guard.check)(evidence)).collect();
    let verdict = if !findings.is_empty() {
        Verdict::Blocked
    } else if evidence.is_doubtful() {
        Verdict::Unverified
    } else {
        Verdict::Passed
    };
    (verdict, findings)
}

#[cfg(test)]
mod tests {
    use super::sample::{Sample, lost, seeded};
    use super::*;
    use crate::model::guard::GUARD_IDS;

    #[test]
    fn every_guard_says_what_it_is_and_what_to_do() {
        let ids: Vec<&str> = catalog().iter().map(|guard| guard.id).collect();
        assert_eq!(ids, GUARD_IDS);
        for guard in catalog() {
            for text in [guard.summary, guard.why, guard.hint] {
                assert!(text.len() > 20 && !text.ends_with('.'), "{}: {text:?}", guard.id);
            }
        }
    }

    #[test]
    fn nothing_pending_and_no_suite_is_a_pass() {
        assert_eq!(Sample::default().judge(), (Verdict::Passed, Vec::new()));
    }

    #[test]
    fn a_doubt_is_never_a_pass() {
        let sample =
            Sample::default().migration("0001", [seeded("item", 10)]).doubt("the log and the rows disagree");
        assert_eq!(sample.judge(), (Verdict::Unverified, Vec::new()));
    }

    #[test]
    fn traffic_that_tells_nothing_is_a_doubt() {
        let sample = Sample::default().migration("0001", []).doubt_of_traffic("it sent no statement");
        assert_eq!(sample.judge(), (Verdict::Unverified, Vec::new()));
    }

    #[test]
    fn a_broken_guard_blocks_in_spite_of_a_doubt() {
        let sample = Sample::default().migration("0001", [lost("item", 90, 100)]).doubt("half seen");
        let (verdict, findings) = sample.judge();
        assert_eq!(verdict, Verdict::Blocked);
        assert_eq!(findings.len(), 1);
    }

    #[test]
    fn migrations_that_did_not_run_without_a_reason_are_a_doubt() {
        let mut sample = Sample::default();
        sample.not_run.push("0002".to_owned());
        assert_eq!(sample.judge().0, Verdict::Unverified);
    }

    #[test]
    fn lost_rows_come_before_a_failed_suite() {
        let sample = Sample::default().migration("0001", [lost("item", 90, 100)]).suite_exited(1);
        let guards: Vec<&str> = sample.judge().1.iter().map(|finding| finding.guard).collect();
        assert_eq!(guards, ["rows_lost", "suite_failed"]);
    }
}
