//! Evidence for the tests of guards, put together in a few words.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::approval::Approval;
use crate::model::call::ServiceFailure;
use crate::model::change::{Change, GrossRows, NetRows, TableChange, TableEvent};
use crate::model::guard::{Finding, GuardLimits, HoldLimit, Limit};
use crate::model::lock::{HeldLock, LockMode};
use crate::model::lost::LostRows;
use crate::model::migration::{Migration, MigrationRun, SqlFailure};
use crate::model::name::TableName;
use crate::model::object::ObjectCounts;
use crate::model::report::{MigrationReport, Verdict};
use crate::model::sequence::{Behind, SequenceChange};
use crate::model::step::{Step, StepName, StepTable, StepTableName};
use crate::model::suite::{FailedTest, SuiteEnd, SuiteOutcome};
use crate::model::traffic::{Access, MigrationTraffic, TableWaits, Traffic, Waits};

use super::{Evidence, judge};

/// What [`Evidence`] borrows.
pub(super) struct Sample {
    pub(super) migrations: Vec<MigrationReport>,
    pub(super) not_run: Vec<String>,
    pub(super) service_failure: Option<ServiceFailure>,
    suite: Option<SuiteOutcome>,
    limits: GuardLimits,
    approvals: Vec<Approval>,
    database: String,
    traffic: Option<Traffic>,
}

impl Default for Sample {
    fn default() -> Self {
        Self {
            migrations: Vec::new(),
            not_run: Vec::new(),
            service_failure: None,
            suite: None,
            limits: GuardLimits::default(),
            approvals: Vec::new(),
            database: "db".to_owned(),
            traffic: None,
        }
    }
}

impl Sample {
    pub(super) fn migration(self, name: &str, tables: impl IntoIterator<Item = TableChange>) -> Self {
        self.ran(name, tables.into_iter().collect(), None)
    }

    pub(super) fn failed(self, name: &str, failure: SqlFailure) -> Self {
        self.ran(name, Vec::new(), Some(failure))
    }

    fn ran(mut self, name: &str, tables: Vec<TableChange>, failure: Option<SqlFailure>) -> Self {
        let migration = Migration {
            database: self.database.clone(),
            version: name.to_owned(),
            name: name.to_owned(),
            path: name.into(),
            sql: String::new(),
            checksum: checksum(name),
            transactional: true,
        };
        let run =
            MigrationRun { migration, duration_s: 1.0, failure, output_tail: None, statements: Vec::new() };
        self.migrations.push(MigrationReport { run, change: Change { tables, ..Change::default() } });
        self
    }

    /// What the last migration ran, a command: its steps, and what each did to one table.
    pub(super) fn ran_steps<const N: usize>(mut self, steps: [(&str, &str, GrossRows); N]) -> Self {
        let step = |(name, table, gross): (&str, &str, GrossRows)| Step {
            name: StepName::Applied(name.to_owned()),
            tables: vec![StepTable {
                table: StepTableName::Known(TableName::new("public", table)),
                gross,
                events: BTreeSet::new(),
            }],
            unplaced: GrossRows::default(),
            wal_bytes: 0,
            until_us: None,
        };
        self.migrations.last_mut().expect("a command").change.steps = steps.map(step).into();
        self
    }

    /// Later migrations change another database.
    pub(super) fn database(mut self, name: &str) -> Self {
        name.clone_into(&mut self.database);
        self
    }

    pub(super) fn doubt(mut self, doubt: &str) -> Self {
        let last = self.migrations.last_mut().expect("a migration to doubt");
        last.change.doubts.push(doubt.to_owned());
        self
    }

    pub(super) fn rows_lost(mut self, limit: Limit) -> Self {
        self.limits.rows_lost.all = limit;
        self
    }

    pub(super) fn rows_lost_of(mut self, table: &str, limit: Limit) -> Self {
        self.limits.rows_lost.tables.insert(TableName::new("public", table), limit);
        self
    }

    pub(super) fn rows_changed(mut self, limit: Limit) -> Self {
        self.limits.rows_changed.all = limit;
        self
    }

    /// The last migration locked a table.
    pub(super) fn locked(mut self, table: &str, mode: LockMode, held_s: f64) -> Self {
        let table = TableName::new("public", table);
        let lock =
            HeldLock { table, mode, held_s, begun_s: 0.0, certain_s: 0.0, times: 1, line: None, step: None };
        self.migrations.last_mut().expect("a migration that locks").change.locks.push(lock);
        self
    }

    pub(super) fn table_locked(mut self, limit: HoldLimit) -> Self {
        self.limits.table_locked.all = limit;
        self
    }

    pub(super) fn table_locked_of(mut self, table: &str, limit: HoldLimit) -> Self {
        self.limits.table_locked.tables.insert(TableName::new("public", table), limit);
        self
    }

    /// Since the last migration so many large objects of the seed are gone.
    pub(super) fn objects_lost(mut self, missing: u64, in_seed: u64) -> Self {
        let of = self.migrations.last_mut().expect("a migration");
        of.change.objects = ObjectCounts { deleted: 1, missing, in_seed, ..ObjectCounts::default() };
        self
    }

    pub(super) fn limit_objects_lost(mut self, limit: Limit) -> Self {
        self.limits.objects_lost = limit;
        self
    }

    pub(super) fn allow_table_dropped(mut self) -> Self {
        self.limits.allow_table_dropped = true;
        self
    }

    pub(super) fn allow_values_lost(mut self) -> Self {
        self.limits.allow_values_lost = true;
        self
    }

    pub(super) fn allow_sequence_behind(mut self) -> Self {
        self.limits.allow_sequence_behind = true;
        self
    }

    /// The last migration moved the sequence of a table's `id` from what it would have given next, while `id` goes up to
    /// `reach` if the sequence is behind it.
    pub(super) fn sequence(
        mut self,
        table: &str,
        next_before: Option<i64>,
        next_after: Option<i64>,
        reach: Option<i64>,
    ) -> Self {
        let sequence = TableName::new("public", format!("{table}_id_seq"));
        let behind =
            |reach| Behind { table: TableName::new("public", table), column: "id".to_owned(), reach };
        let change = SequenceChange { sequence, next_before, next_after, behind: reach.map(behind) };
        self.migrations.last_mut().expect("a migration").change.sequences.push(change);
        self
    }

    pub(super) fn approve(mut self, guard: &str, migration: &str, until: Option<&str>) -> Self {
        self.approvals.push(Approval {
            guard: guard.to_owned(),
            checksum: checksum(migration),
            reason: "meant".to_owned(),
            by: "ada".to_owned(),
            until: until.map(|text| text.parse().expect("a time")),
        });
        self
    }

    pub(super) fn suite_exited(self, code: i64) -> Self {
        self.suite_ended(SuiteEnd::Exited(code), 8.0)
    }

    pub(super) fn suite_timed_out(self, timeout_s: u64, duration_s: f64) -> Self {
        self.suite_ended(SuiteEnd::TimedOut { timeout_s }, duration_s)
    }

    fn suite_ended(mut self, end: SuiteEnd, duration_s: f64) -> Self {
        let outcome = SuiteOutcome {
            end,
            duration_s,
            passed: Some(40),
            skipped: Some(0),
            failed: Vec::new(),
            output_tail: String::new(),
        };
        self.suite = Some(outcome);
        self
    }

    pub(super) fn failed_tests<const N: usize>(mut self, names: [&str; N]) -> Self {
        let failed = names.map(|name| FailedTest { name: name.to_owned(), message: String::new() });
        self.suite.as_mut().expect("a suite").failed.extend(failed);
        self
    }

    /// Traffic beside the last migration, and how long writes to some tables waited for it.
    pub(super) fn waited<const N: usize>(mut self, waits: [(&str, f64); N]) -> Self {
        let wait = |(table, longest_s): (&str, f64)| TableWaits {
            table: Some(TableName::new("public", table)),
            access: Access::Writes,
            waits: Waits { statements: 1, longest_s, total_s: longest_s },
        };
        let migration = &self.migrations.last().expect("a migration").run.migration;
        let of = MigrationTraffic {
            database: migration.database.clone(),
            migration: migration.name.clone(),
            duration_s: 1.0,
            failure: None,
            seen: 1,
            all: Waits::default(),
            tables: waits.map(wait).into(),
        };
        self.traffic.get_or_insert_default().migrations.push(of);
        self
    }

    /// That the last migration fails beside the traffic.
    pub(super) fn fails_with_traffic(mut self, failure: SqlFailure) -> Self {
        let of = self.traffic.as_mut().and_then(|traffic| traffic.migrations.last_mut());
        of.expect("traffic").failure = Some(failure);
        self
    }

    /// Why the traffic tells nothing.
    pub(super) fn doubt_of_traffic(mut self, doubt: &str) -> Self {
        self.traffic.get_or_insert_default().doubts.push(doubt.to_owned());
        self
    }

    pub(super) fn judge(&self) -> (Verdict, Vec<Finding>) {
        judge(&Evidence {
            migrations: &self.migrations,
            not_run: &self.not_run,
            service_failure: self.service_failure.as_ref(),
            suite: self.suite.as_ref(),
            traffic: self.traffic.as_ref(),
            limits: &self.limits,
            approvals: &self.approvals,
            now: "2026-11-22T00:00:00Z".parse().expect("a time"),
        })
    }

    /// `migration: message` of every finding of one guard.
    pub(super) fn findings(&self, guard: &str) -> Vec<String> {
        let of_guard = self.judge().1.into_iter().filter(|finding| finding.guard == guard);
        of_guard
            .map(|finding| format!("{}: {}", finding.migration.unwrap_or_default(), finding.message))
            .collect()
    }
}

fn checksum(name: &str) -> String {
    format!("sum-of-{name}")
}

/// A table that was touched in some way.
pub(super) fn change(table: &str, rows_in_seed: u64, gross: GrossRows, net: NetRows) -> TableChange {
    TableChange {
        table: TableName::new("public", table),
        rows_in_seed,
        gross: Some(gross),
        truncated: None,
        net,
        events: BTreeSet::new(),
        rewritten_bytes: None,
        moved: 0,
        columns_changed: Vec::new(),
        columns_dropped: Vec::new(),
        values_lost: BTreeMap::new(),
        lost_rows: LostRows::default(),
        lost_values: LostRows::default(),
        columns_added: Vec::new(),
    }
}

/// A table as the seed has it.
pub(super) fn seeded(table: &str, rows_in_seed: u64) -> TableChange {
    change(table, rows_in_seed, GrossRows::default(), NetRows::default())
}

/// A table that lacks rows of the seed.
pub(super) fn lost(table: &str, missing: u64, rows_in_seed: u64) -> TableChange {
    let gross = GrossRows { deleted: missing, ..GrossRows::default() };
    change(table, rows_in_seed, gross, NetRows { missing, ..NetRows::default() })
}

/// A table with other values.
pub(super) fn changed(table: &str, different: u64, rows_in_seed: u64) -> TableChange {
    let gross = GrossRows { updated: different, ..GrossRows::default() };
    change(table, rows_in_seed, gross, NetRows { different, ..NetRows::default() })
}

/// A table that was dropped.
pub(super) fn gone(table: &str, rows_in_seed: u64) -> TableChange {
    let mut change = lost(table, rows_in_seed, rows_in_seed);
    change.events.insert(TableEvent::Dropped);
    change
}

/// A table that the seed does not have.
pub(super) fn created(table: &str, new: u64) -> TableChange {
    let mut change = change(table, 0, GrossRows::default(), NetRows { new, ..NetRows::default() });
    change.events.insert(TableEvent::Created);
    change
}

/// A table that lost a column with so many values.
pub(super) fn without(column: &str, values: u64, mut table: TableChange) -> TableChange {
    table.columns_dropped.push(column.to_owned());
    table.values_lost.insert(column.to_owned(), values);
    table
}
