//! Rows of the seed that have other values.

use super::rows_lost::{in_words, more_than_before};
use crate::judge::evidence::{Evidence, Stage};
use crate::judge::guard::Guard;
use crate::model::guard::Finding;
use crate::model::quantity::{Count, Share, rows};
use crate::model::step::StepTable;

/// Rows that are still there with other values, net.
pub(super) static GUARD: Guard = Guard {
    id: "rows_changed",
    summary: "more rows of a table have other values, net, than its limit allows",
    why: "an UPDATE without its condition leaves the number of rows as it was and the values wrong",
    hint: "look at the condition of the UPDATE; if the change is meant, give the table a limit of its own in \
           `stage.yaml`, under `guards`, `rows_changed`, `tables`",
    check,
};

fn check(evidence: &Evidence) -> Vec<Finding> {
    let found = |stage: &Stage| finding(evidence, stage);
    evidence.stages().iter().filter_map(found).collect()
}

fn finding(evidence: &Evidence, stage: &Stage) -> Option<Finding> {
    let change = stage.change;
    let (different, all) = (change.net.different, change.rows_in_seed);
    let limit = evidence.limits.rows_changed.of(&change.table);
    let is_broken = different > stage.before.different && limit.is_exceeded_by(different, all);
    if !is_broken || evidence.is_approved(GUARD.id, stage.migration) {
        return None;
    }
    let message = format!(
        "{} of {} of {} have other values ({}{}), the limit is {}",
        Count(different),
        rows(all),
        change.table,
        Share { part: different, whole: all },
        more_than_before(different, stage.before.different),
        in_words(limit),
    );
    Some(Finding {
        guard: GUARD.id,
        migration: Some(stage.migration.name.clone()),
        database: Some(stage.migration.database.clone()),
        steps: stage.steps(StepTable::may_differ),
        table: Some(change.table.clone()),
        message,
        hint: GUARD.hint.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use crate::judge::sample::{Sample, changed};
    use crate::model::guard::Limit;

    #[test]
    fn nothing_is_limited_unless_somebody_asks_for_it() {
        assert!(
            Sample::default()
                .migration("1", [changed("order", 1000, 1000)])
                .findings("rows_changed")
                .is_empty()
        );
    }

    #[test]
    fn changed_rows_beyond_the_limit_are_told_to_the_row() {
        let sample = |different| {
            Sample::default()
                .rows_changed(Limit::Percent(20.0))
                .migration("1", [changed("order", different, 1000)])
        };
        assert!(sample(200).findings("rows_changed").is_empty());
        assert_eq!(
            sample(201).findings("rows_changed"),
            ["1: 201 of 1,000 rows of order have other values (20.1 %), the limit is 20 %"]
        );
    }

    #[test]
    fn the_same_changed_rows_are_not_found_twice() {
        let sample = Sample::default()
            .rows_changed(Limit::Rows(0))
            .migration("1", [changed("order", 7, 10)])
            .migration("2", [changed("order", 7, 10)])
            .migration("3", [changed("order", 8, 10)]);
        let found = sample.findings("rows_changed");
        assert_eq!(found.len(), 2);
        assert!(
            found[1].starts_with("3: 8 of 10 rows of order have other values (80 %, 1 more"),
            "{}",
            found[1]
        );
    }

    #[test]
    fn an_approval_lifts_it() {
        let sample = Sample::default().rows_changed(Limit::Rows(0)).migration("1", [changed("order", 7, 10)]);
        assert!(sample.approve("rows_changed", "1", None).findings("rows_changed").is_empty());
    }
}
