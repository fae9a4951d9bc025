//! Rows of the seed that are gone.

use crate::judge::evidence::{Evidence, Stage};
use crate::judge::guard::Guard;
use crate::model::guard::{Finding, Limit};
use crate::model::quantity::{Count, Share, rows};
use crate::model::step::StepTable;

/// Rows that were in production and are no longer there, net: what is deleted and inserted again under its key is not lost.
pub(super) static GUARD: Guard = Guard {
    id: "rows_lost",
    summary: "more rows of a table are gone, net, than its limit allows",
    why: "deleted rows come back only from a backup, and tests rarely look at the rows that they did not make",
    hint: "look at the condition of the DELETE, and at joins that match more than meant; if the loss is meant, give the \
           table a limit of its own in `stage.yaml`, under `guards`, `rows_lost`, `tables`",
    check,
};

fn check(evidence: &Evidence) -> Vec<Finding> {
    let found = |stage: &Stage| finding(evidence, stage);
    evidence.stages().iter().filter_map(found).collect()
}

fn finding(evidence: &Evidence, stage: &Stage) -> Option<Finding> {
    let (change, limits) = (stage.change, evidence.limits);
    let (missing, all) = (change.lost(), change.rows_in_seed);
    // The guard `table_dropped` speaks for a whole table, in the same numbers; once is enough.
    if stage.is_dropped() || (stage.is_emptied() && !limits.allow_table_dropped) {
        return None;
    }
    let limit = limits.rows_lost.of(&change.table);
    let is_broken = missing > stage.before.missing && limit.is_exceeded_by(missing, all);
    if !is_broken || evidence.is_approved(GUARD.id, stage.migration) {
        return None;
    }
    let message = format!(
        "{} of {} of {} are gone ({}{}), the limit is {}",
        Count(missing),
        rows(all),
        change.table,
        Share { part: missing, whole: all },
        more_than_before(missing, stage.before.missing),
        in_words(limit),
    );
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

/// What this migration adds to what earlier ones did; nothing if it is the first.
pub(super) fn more_than_before(now: u64, before: u64) -> String {
    if before == 0 { String::new() } else { format!(", {} more than before it", Count(now - before)) }
}

/// A limit with separators.
pub(super) fn in_words(limit: Limit) -> String {
    match limit {
        Limit::Rows(limit) => rows(limit),
        Limit::Percent(_) | Limit::Off => limit.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use crate::judge::sample::{Sample, change, gone, lost};
    use crate::model::change::{GrossRows, NetRows, TableChange};
    use crate::model::guard::Limit;

    #[test]
    fn the_incident_is_told_to_the_row() {
        let sample = Sample::default()
            .rows_lost(Limit::Percent(1.0))
            .migration("0002_cleanup", [lost("item_datafeed", 873_511, 1_000_000)]);
        assert_eq!(
            sample.findings("rows_lost"),
            ["0002_cleanup: 873,511 of 1,000,000 rows of item_datafeed are gone (87.4 %), the limit is 1 %"]
        );
    }

    #[test]
    fn of_a_command_those_steps_are_named_that_may_have_lost_rows() {
        let deleted = |deleted| GrossRows { deleted, ..GrossRows::default() };
        let updated = GrossRows { updated: 7, ..GrossRows::default() };
        let command = || Sample::default().migration("alembic", [lost("item", 900, 1000)]);
        let steps_of = |sample: Sample| sample.judge().1.remove(0).steps;
        assert!(steps_of(command()).is_empty());
        let sample = command().ran_steps([
            ("1_add", "item", updated),
            ("2_purge", "item", deleted(850)),
            ("3_log", "log", deleted(99)),
            ("4_purge", "item", deleted(50)),
        ]);
        assert_eq!(steps_of(sample), ["2_purge", "4_purge"]);
        let unknown = command().ran_steps([("1_add", "item", updated), ("2_log", "log", deleted(9))]);
        assert_eq!(
            steps_of(unknown),
            ["1_add"],
            "whoever touched the table, where none is known to have lost rows"
        );
    }

    #[test]
    fn a_limit_that_is_just_reached_holds() {
        let percent = |missing| Sample::default().migration("1", [lost("item", missing, 1000)]);
        assert!(percent(100).findings("rows_lost").is_empty());
        assert_eq!(percent(101).findings("rows_lost").len(), 1);
        let counted = |missing| percent(missing).rows_lost(Limit::Rows(5));
        assert!(counted(5).findings("rows_lost").is_empty());
        assert_eq!(
            counted(6).findings("rows_lost"),
            ["1: 6 of 1,000 rows of item are gone (0.6 %), the limit is 5 rows"]
        );
    }

    #[test]
    fn rows_that_are_in_another_partition_are_not_lost() {
        let moved = |missing, moved| TableChange { moved, ..lost("part_1", missing, 1000) };
        let sample = |missing, gone| Sample::default().migration("1", [moved(missing, gone)]);
        assert!(sample(900, 900).findings("rows_lost").is_empty());
        assert!(sample(1000, 1000).findings("table_dropped").is_empty());
        assert_eq!(
            sample(1000, 800).findings("rows_lost"),
            ["1: 200 of 1,000 rows of part_1 are gone (20 %), the limit is 10 %"]
        );
    }

    #[test]
    fn an_empty_table_has_nothing_to_lose() {
        assert!(Sample::default().migration("1", [lost("item", 0, 0)]).findings("rows_lost").is_empty());
    }

    #[test]
    fn rows_that_were_deleted_and_inserted_again_are_not_lost() {
        let gross = GrossRows { inserted: 50_000, updated: 0, deleted: 50_000 };
        let recreated = change("price", 50_000, gross, NetRows::default());
        assert!(Sample::default().migration("1", [recreated]).findings("rows_lost").is_empty());
    }

    #[test]
    fn many_small_losses_break_the_limit_where_it_is_passed_first() {
        let sample = Sample::default()
            .migration("1", [lost("item", 60, 1000)])
            .migration("2", [lost("item", 110, 1000)])
            .migration("3", [lost("item", 110, 1000)]);
        assert_eq!(
            sample.findings("rows_lost"),
            ["2: 110 of 1,000 rows of item are gone (11 %, 50 more than before it), the limit is 10 %"]
        );
    }

    #[test]
    fn a_loss_that_grows_is_found_again_and_one_that_shrinks_is_not() {
        let sample = Sample::default()
            .migration("1", [lost("item", 200, 1000)])
            .migration("2", [lost("item", 150, 1000)])
            .migration("3", [lost("item", 151, 1000)]);
        let found = sample.findings("rows_lost");
        assert_eq!(found.len(), 2);
        assert!(
            found[1].starts_with("3: 151 of 1,000 rows of item are gone (15.1 %, 1 more"),
            "{}",
            found[1]
        );
    }

    #[test]
    fn tables_of_two_databases_are_two_tables() {
        let sample = Sample::default()
            .migration("1", [lost("item", 200, 1000)])
            .database("other")
            .migration("2", [lost("item", 200, 1000)]);
        assert_eq!(sample.findings("rows_lost").len(), 2);
    }

    #[test]
    fn an_exception_for_a_table_holds_for_that_table_alone() {
        let sample = Sample::default()
            .rows_lost_of("log", Limit::Off)
            .migration("1", [lost("item", 200, 1000), lost("log", 900, 1000)]);
        let found = sample.findings("rows_lost");
        assert_eq!(found.len(), 1);
        assert!(found[0].contains("of item are gone"), "{}", found[0]);
    }

    #[test]
    fn an_approval_lifts_the_migration_that_it_names_and_no_other() {
        let sample = || {
            Sample::default()
                .migration("1", [lost("item", 200, 1000)])
                .migration("2", [lost("item", 300, 1000)])
        };
        assert_eq!(sample().approve("rows_lost", "1", None).findings("rows_lost").len(), 1);
        assert!(
            sample()
                .approve("rows_lost", "1", None)
                .approve("rows_lost", "2", None)
                .findings("rows_lost")
                .is_empty()
        );
        assert_eq!(sample().approve("rows_changed", "1", None).findings("rows_lost").len(), 2);
    }

    #[test]
    fn an_approval_that_has_ended_lifts_nothing() {
        let sample = |until| {
            Sample::default().migration("1", [lost("item", 200, 1000)]).approve("rows_lost", "1", Some(until))
        };
        assert_eq!(sample("2026-11-20T00:00:00Z").findings("rows_lost").len(), 1);
        assert!(sample("2026-12-20T00:00:00Z").findings("rows_lost").is_empty());
    }

    #[test]
    fn whole_tables_are_left_to_the_guard_that_speaks_for_them() {
        let emptied = || Sample::default().migration("1", [lost("item", 1000, 1000)]);
        assert!(emptied().findings("rows_lost").is_empty());
        assert_eq!(emptied().allow_table_dropped().findings("rows_lost").len(), 1);
        assert!(Sample::default().migration("1", [gone("item", 1000)]).findings("rows_lost").is_empty());
    }
}
