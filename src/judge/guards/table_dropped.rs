//! Tables that are gone, or that have none of their rows left.

use std::collections::BTreeSet;

use crate::judge::evidence::{Evidence, Stage};
use crate::judge::guard::Guard;
use crate::model::database::DatabaseEvent;
use crate::model::guard::Finding;
use crate::model::quantity::{Count, counted, rows};
use crate::model::step::StepTable;

/// A table of the seed that does not exist any more, or none of whose rows is left.
pub(super) static GUARD: Guard = Guard {
    id: "table_dropped",
    summary: "a table or a database of production is dropped, or none of a table's rows is left",
    why: "DROP TABLE and TRUNCATE say nothing about how much they take with them",
    hint: "move its rows before it goes; if nothing needs them any more, set `allow_table_dropped: true` under `guards` \
           in `stage.yaml`",
    check,
};

fn check(evidence: &Evidence) -> Vec<Finding> {
    if evidence.limits.allow_table_dropped {
        return Vec::new();
    }
    let found = |stage: &Stage| finding(evidence, stage);
    let tables = evidence.stages();
    tables.iter().filter_map(found).chain(databases(evidence)).collect()
}

/// Databases of production that are dropped, each with all its tables.
fn databases(evidence: &Evidence) -> Vec<Finding> {
    let (mut own, mut findings) = (BTreeSet::new(), Vec::new());
    for report in evidence.migrations {
        let migration = &report.run.migration;
        for change in &report.change.databases {
            let database = (migration.database.as_str(), change.name.as_str());
            match &change.event {
                DatabaseEvent::Created => drop(own.insert(database)),
                DatabaseEvent::Renamed { from } if own.remove(&(database.0, from.as_str())) => {
                    own.insert(database);
                }
                DatabaseEvent::Dropped { tables, rows: held } if !own.contains(&database) => {
                    if !evidence.is_approved(GUARD.id, migration) {
                        let tables = counted(*tables, "table", "tables");
                        findings.push(Finding {
                            guard: GUARD.id,
                            migration: Some(migration.name.clone()),
                            database: Some(migration.database.clone()),
                            steps: Vec::new(),
                            table: None,
                            message: format!(
                                "the database {} is dropped, with {tables} and {}",
                                change.name,
                                rows(*held)
                            ),
                            hint: GUARD.hint.to_owned(),
                        });
                    }
                }
                DatabaseEvent::Renamed { .. } | DatabaseEvent::Dropped { .. } => {}
            }
        }
    }
    findings
}

fn finding(evidence: &Evidence, stage: &Stage) -> Option<Finding> {
    if stage.is_own || evidence.is_approved(GUARD.id, stage.migration) {
        return None;
    }
    let change = stage.change;
    // With its database, which is told as a whole.
    if stage.is_dropped()
        && change.table.database.as_ref().is_some_and(|of| stage.dropped.contains(&of.as_str()))
    {
        return None;
    }
    let message = if stage.is_dropped() {
        match change.rows_in_seed {
            0 => format!("{} is dropped; it was empty", change.table),
            all => format!("{} is dropped, and {} with it", change.table, rows(all)),
        }
    } else if stage.is_emptied() {
        let new = match change.net.new {
            0 => String::new(),
            new => format!("; {} new", Count(new)),
        };
        format!("none of the {} of {} is left{new}", rows(change.rows_in_seed), change.table)
    } else {
        return None;
    };
    Some(Finding {
        guard: GUARD.id,
        migration: Some(stage.migration.name.clone()),
        database: Some(stage.migration.database.clone()),
        steps: stage.steps(StepTable::may_lose),
        table: Some(change.table.clone()),
        message,
        hint: GUARD.hint.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use crate::judge::sample::{Sample, created, gone, lost};

    #[test]
    fn a_dropped_table_is_found_with_what_it_held() {
        let sample = Sample::default().migration("1", [gone("audit", 12_345), gone("scratch", 0)]);
        assert_eq!(
            sample.findings("table_dropped"),
            ["1: audit is dropped, and 12,345 rows with it", "1: scratch is dropped; it was empty"]
        );
    }

    #[test]
    fn a_table_without_any_of_its_rows_is_as_good_as_dropped() {
        let mut emptied = lost("audit", 1000, 1000);
        assert_eq!(
            Sample::default().migration("1", [emptied.clone()]).findings("table_dropped"),
            ["1: none of the 1,000 rows of audit is left"]
        );
        emptied.net.new = 12;
        assert_eq!(
            Sample::default().migration("1", [emptied]).findings("table_dropped"),
            ["1: none of the 1,000 rows of audit is left; 12 new"]
        );
        assert!(
            Sample::default().migration("1", [lost("audit", 999, 1000)]).findings("table_dropped").is_empty()
        );
    }

    #[test]
    fn an_empty_table_cannot_be_emptied() {
        assert!(Sample::default().migration("1", [lost("audit", 0, 0)]).findings("table_dropped").is_empty());
    }

    #[test]
    fn an_emptied_table_is_found_once_until_it_is_dropped() {
        let sample = Sample::default()
            .migration("1", [lost("audit", 10, 10)])
            .migration("2", [lost("audit", 10, 10)])
            .migration("3", [gone("audit", 10)]);
        let found = sample.findings("table_dropped");
        assert_eq!(found.len(), 2);
        assert!(found[0].starts_with("1: none") && found[1].starts_with("3: audit is dropped"), "{found:?}");
    }

    #[test]
    fn what_a_migration_made_a_later_one_may_drop() {
        let sample =
            Sample::default().migration("1", [created("copy", 500)]).migration("2", [gone("copy", 0)]);
        assert!(sample.findings("table_dropped").is_empty());
    }

    #[test]
    fn it_can_be_allowed_for_all_or_approved_for_one() {
        let sample = || Sample::default().migration("1", [gone("audit", 10)]);
        assert!(sample().allow_table_dropped().findings("table_dropped").is_empty());
        assert!(sample().approve("table_dropped", "1", None).findings("table_dropped").is_empty());
        assert_eq!(sample().approve("rows_lost", "1", None).findings("table_dropped").len(), 1);
    }
}
