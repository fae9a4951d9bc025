//! Columns that are dropped with the values that they held.

use std::collections::BTreeSet;

use crate::judge::evidence::{Evidence, Stage};
use crate::judge::guard::Guard;
use crate::model::guard::Finding;
use crate::model::name::TableName;
use crate::model::quantity::{Count, rows};

/// A column of the seed that is gone and was not empty.
pub(super) static GUARD: Guard = Guard {
    id: "values_lost",
    summary: "a column of production that holds values is dropped",
    why: "DROP COLUMN keeps every row and says nothing about how many values it takes with it",
    hint: "move its values before it goes; if nothing needs them any more, set `allow_values_lost: true` under `guards` in \
           `stage.yaml`",
    check,
};

fn check(evidence: &Evidence) -> Vec<Finding> {
    if evidence.limits.allow_values_lost {
        return Vec::new();
    }
    // What one migration dropped is gone after every later one, too.
    let mut told: BTreeSet<(&str, &TableName, &str)> = BTreeSet::new();
    let mut findings = Vec::new();
    for stage in evidence.stages() {
        for (column, values) in &stage.change.values_lost {
            let is_first =
                told.insert((stage.migration.database.as_str(), &stage.change.table, column.as_str()));
            if is_first && !stage.is_dropped() && !evidence.is_approved(GUARD.id, stage.migration) {
                findings.push(finding(&stage, column, *values));
            }
        }
    }
    findings
}

fn finding(stage: &Stage, column: &str, values: u64) -> Finding {
    let change = stage.change;
    let word = if values == 1 { "value" } else { "values" };
    Finding {
        guard: GUARD.id,
        migration: Some(stage.migration.name.clone()),
        database: Some(stage.migration.database.clone()),
        steps: stage.steps(|_| true),
        table: Some(change.table.clone()),
        message: format!(
            "column {column} of {} is dropped, and with it the {word} of {} of {}",
            change.table,
            Count(values),
            rows(change.rows_in_seed),
        ),
        hint: GUARD.hint.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use crate::judge::sample::{Sample, gone, seeded, without};

    #[test]
    fn a_dropped_column_is_found_with_the_values_that_it_held() {
        let sample = Sample::default().migration("1", [without("fax", 15, seeded("customer", 1000))]);
        assert_eq!(
            sample.findings("values_lost"),
            ["1: column fax of customer is dropped, and with it the values of 15 of 1,000 rows"]
        );
    }

    #[test]
    fn a_column_that_held_nothing_is_no_loss() {
        assert!(Sample::default().migration("1", [seeded("customer", 9)]).findings("values_lost").is_empty());
    }

    #[test]
    fn it_is_found_once_by_the_migration_that_dropped_it() {
        let lost = || without("fax", 15, seeded("customer", 1000));
        let sample = Sample::default().migration("1", [lost()]).migration("2", [lost()]);
        assert_eq!(sample.findings("values_lost").len(), 1);
        let other = Sample::default().migration("1", [lost()]).migration("2", [without("tel", 1, lost())]);
        assert_eq!(
            other.findings("values_lost")[1],
            "2: column tel of customer is dropped, and with it the value of 1 of 1,000 rows"
        );
    }

    #[test]
    fn a_table_that_goes_as_a_whole_is_left_to_its_own_guard() {
        let sample = Sample::default().migration("1", [without("fax", 15, gone("customer", 1000))]);
        assert!(sample.findings("values_lost").is_empty());
    }

    #[test]
    fn it_can_be_allowed_for_all_or_approved_for_one() {
        let sample = || Sample::default().migration("1", [without("fax", 15, seeded("customer", 1000))]);
        assert!(sample().allow_values_lost().findings("values_lost").is_empty());
        assert!(sample().approve("values_lost", "1", None).findings("values_lost").is_empty());
        assert_eq!(sample().approve("rows_lost", "1", None).findings("values_lost").len(), 1);
    }
}
