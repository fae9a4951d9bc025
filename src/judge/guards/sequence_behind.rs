//! Sequences that have yet to give values that their column holds already.

use std::collections::BTreeMap;

use crate::judge::evidence::Evidence;
use crate::judge::guard::Guard;
use crate::model::guard::Finding;
use crate::model::migration::Migration;
use crate::model::name::TableName;
use crate::model::quantity::Whole;
use crate::model::sequence::{Behind, SequenceChange};

/// A sequence that the migrations leave behind a unique column, where in the seed it was ahead of it.
pub(super) static GUARD: Guard = Guard {
    id: "sequence_behind",
    summary: "a sequence has yet to give values that a unique column holds already",
    why: "every insert that takes its value from the sequence fails, and no test notices that begins with few rows",
    hint: "let the migration end with `SELECT setval(SEQUENCE, max(COLUMN)) FROM TABLE`; if nothing takes values from the \
           sequence, set `allow_sequence_behind: true` under `guards` in `stage.yaml`",
    check,
};

fn check(evidence: &Evidence) -> Vec<Finding> {
    if evidence.limits.allow_sequence_behind {
        return Vec::new();
    }
    // What one migration leaves behind another one may mend.
    let mut left: BTreeMap<(&str, &TableName), (&Migration, i64, &Behind)> = BTreeMap::new();
    for report in evidence.migrations {
        let migration = &report.run.migration;
        for SequenceChange { sequence, next_after, behind, .. } in &report.change.sequences {
            let sequence = (migration.database.as_str(), sequence);
            match behind.as_ref().zip(*next_after) {
                Some((behind, next)) => {
                    let first = left.get(&sequence).map_or(migration, |(first, ..)| first);
                    left.insert(sequence, (first, next, behind));
                }
                None => drop(left.remove(&sequence)),
            }
        }
    }
    let is_found =
        |(_, (migration, ..)): &(_, (&Migration, i64, &Behind))| !evidence.is_approved(GUARD.id, migration);
    left.into_iter().filter(is_found).map(|((_, sequence), told)| finding(sequence, told)).collect()
}

fn finding(sequence: &TableName, (migration, next, behind): (&Migration, i64, &Behind)) -> Finding {
    let Behind { table, column, reach } = behind;
    Finding {
        guard: GUARD.id,
        migration: Some(migration.name.clone()),
        database: Some(migration.database.clone()),
        steps: Vec::new(),
        table: Some(table.clone()),
        message: format!(
            "{sequence} gives {} next, but {column} of {table} is at {} already: inserts will fail",
            Whole(next),
            Whole(*reach)
        ),
        hint: GUARD.hint.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use crate::judge::sample::Sample;

    #[test]
    fn a_sequence_that_stays_behind_is_found_by_the_migration_that_left_it() {
        let sample = Sample::default()
            .migration("1", [])
            .sequence("people", Some(21), Some(1), Some(20))
            .migration("2", [])
            .sequence("people", Some(1), Some(2), Some(20))
            .migration("3", [])
            .sequence("orders", Some(4), Some(7), None);
        assert_eq!(
            sample.findings("sequence_behind"),
            ["1: people_id_seq gives 2 next, but id of people is at 20 already: inserts will fail"]
        );
    }

    #[test]
    fn what_a_later_migration_mends_or_drops_is_no_finding() {
        let behind = || {
            Sample::default()
                .migration("1", [])
                .sequence("people", Some(21), Some(1), Some(20))
                .migration("2", [])
        };
        assert_eq!(behind().findings("sequence_behind").len(), 1);
        assert!(behind().sequence("people", Some(1), Some(21), None).findings("sequence_behind").is_empty());
        assert!(behind().sequence("people", Some(1), None, None).findings("sequence_behind").is_empty());
    }

    #[test]
    fn it_can_be_allowed_for_all_or_approved_for_one() {
        let behind =
            || Sample::default().migration("1", []).sequence("people", None, Some(-5), Some(-70_000));
        assert_eq!(
            behind().findings("sequence_behind"),
            ["1: people_id_seq gives -5 next, but id of people is at -70,000 already: inserts will fail"]
        );
        assert!(behind().allow_sequence_behind().findings("sequence_behind").is_empty());
        assert!(behind().approve("sequence_behind", "1", None).findings("sequence_behind").is_empty());
    }
}
