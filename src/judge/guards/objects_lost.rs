//! Large objects of the seed that are gone.

use std::collections::BTreeMap;

use super::rows_lost::more_than_before;
use crate::judge::evidence::Evidence;
use crate::judge::guard::Guard;
use crate::model::guard::{Finding, Limit};
use crate::model::object::ObjectCounts;
use crate::model::quantity::{Count, Share, counted};
use crate::model::report::MigrationReport;

/// Large objects that were in production and are no longer there, net.
pub(super) static GUARD: Guard = Guard {
    id: "objects_lost",
    summary: "more large objects are gone, net, than the limit allows",
    why: "a large object is in no table, so that no foreign key keeps it and no count of rows misses it",
    hint: "look at what calls `lo_unlink`, be it a trigger; if the loss is meant, set `objects_lost` under `guards` in \
           `stage.yaml`",
    check,
};

fn check(evidence: &Evidence) -> Vec<Finding> {
    // What is gone is gone after every later migration, too.
    let mut missing: BTreeMap<&str, u64> = BTreeMap::new();
    let mut findings = Vec::new();
    for report in evidence.migrations {
        let (migration, counts) = (&report.run.migration, report.change.objects);
        if counts.is_none() {
            continue;
        }
        let before = missing.insert(&migration.database, counts.missing).unwrap_or_default();
        let is_broken = counts.missing > before
            && evidence.limits.objects_lost.is_exceeded_by(counts.missing, counts.in_seed);
        if is_broken && !evidence.is_approved(GUARD.id, migration) {
            findings.push(finding(report, counts, before, evidence.limits.objects_lost));
        }
    }
    findings
}

fn finding(report: &MigrationReport, counts: ObjectCounts, before: u64, limit: Limit) -> Finding {
    let ObjectCounts { missing, in_seed, .. } = counts;
    let limit = match limit {
        Limit::Rows(limit) => Count(limit).to_string(),
        Limit::Percent(_) | Limit::Off => limit.to_string(),
    };
    let all = counted(usize::try_from(in_seed).unwrap_or(usize::MAX), "large object", "large objects");
    let share = Share { part: missing, whole: in_seed };
    Finding {
        guard: GUARD.id,
        migration: Some(report.run.migration.name.clone()),
        database: Some(report.run.migration.database.clone()),
        steps: Vec::new(),
        table: None,
        message: format!(
            "{} of {all} are gone ({share}{}), the limit is {limit}",
            Count(missing),
            more_than_before(missing, before)
        ),
        hint: GUARD.hint.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use crate::judge::sample::Sample;
    use crate::model::guard::Limit;

    #[test]
    fn large_objects_beyond_the_limit_are_told_where_it_is_passed_first() {
        let sample = Sample::default()
            .migration("1", [])
            .objects_lost(100, 1000)
            .migration("2", [])
            .objects_lost(101, 1000)
            .migration("3", [])
            .migration("4", [])
            .objects_lost(101, 1000)
            .migration("5", [])
            .objects_lost(1000, 1000);
        assert_eq!(
            sample.findings("objects_lost"),
            [
                "2: 101 of 1,000 large objects are gone (10.1 %, 1 more than before it), the limit is 10 %",
                "5: 1,000 of 1,000 large objects are gone (100 %, 899 more than before it), the limit is 10 %",
            ]
        );
    }

    #[test]
    fn the_limit_is_a_number_a_share_or_off_and_an_approval_lifts_it() {
        let sample = || Sample::default().migration("1", []).objects_lost(1, 1);
        assert_eq!(
            sample().limit_objects_lost(Limit::Rows(0)).findings("objects_lost"),
            ["1: 1 of 1 large object are gone (100 %), the limit is 0"]
        );
        for limit in [Limit::Rows(1), Limit::Off, Limit::Percent(100.0)] {
            assert!(sample().limit_objects_lost(limit).findings("objects_lost").is_empty(), "{limit}");
        }
        assert!(sample().approve("objects_lost", "1", None).findings("objects_lost").is_empty());
    }

    #[test]
    fn those_of_two_databases_are_not_mixed() {
        let sample = Sample::default()
            .migration("1", [])
            .objects_lost(500, 1000)
            .database("other")
            .migration("2", [])
            .objects_lost(200, 1000);
        assert_eq!(sample.findings("objects_lost").len(), 2);
    }
}
