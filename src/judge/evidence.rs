//! Everything that guards look at, and the walk along the migrations that several of them share.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::model::approval::Approval;
use crate::model::call::ServiceFailure;
use crate::model::change::{Change, NetRows, TableChange, TableEvent};
use crate::model::database::{DatabaseChange, DatabaseEvent};
use crate::model::guard::GuardLimits;
use crate::model::migration::Migration;
use crate::model::name::TableName;
use crate::model::report::MigrationReport;
use crate::model::step::{Step, StepTable};
use crate::model::suite::SuiteOutcome;
use crate::model::traffic::Traffic;

/// What a verdict is made of.
#[derive(Clone, Copy, Debug)]
pub struct Evidence<'a> {
    /// Migrations in the order in which they ran.
    pub migrations: &'a [MigrationReport],
    /// Names of pending migrations that did not run, as an earlier one failed.
    pub not_run: &'a [String],
    /// A service that did not come up after the migrations.
    pub service_failure: Option<&'a ServiceFailure>,
    /// The suite; `None` if there is none or it was not reached.
    pub suite: Option<&'a SuiteOutcome>,
    /// How long migrations kept traffic waiting; `None` if there was none.
    pub traffic: Option<&'a Traffic>,
    /// The limits of the environment.
    pub limits: &'a GuardLimits,
    /// Findings that somebody accepted.
    pub approvals: &'a [Approval],
    /// When it is judged: an approval that has ended lifts nothing.
    pub now: Timestamp,
}

/// One table after one migration, and how it stood before.
pub(super) struct Stage<'a> {
    /// The migration.
    pub migration: &'a Migration,
    /// What it did to the table, and how the table compares with the seed since.
    pub change: &'a TableChange,
    /// How the table compared with the seed before this migration.
    pub before: NetRows,
    /// Whether an earlier migration of this run made the table.
    pub is_own: bool,
    /// The migrations that it ran, if it is a command that ran several.
    pub ran: &'a [Step],
    /// Other databases of the server that the migration dropped.
    pub dropped: Vec<&'a str>,
}

/// How a table compares with the seed; rows that are in another partition are not missing.
fn net_of(change: &TableChange) -> NetRows {
    NetRows { missing: change.lost(), ..change.net }
}

/// Names of other databases that a migration dropped.
fn dropped(change: &Change) -> Vec<&str> {
    let is_dropped = |it: &&DatabaseChange| matches!(it.event, DatabaseEvent::Dropped { .. });
    change.databases.iter().filter(is_dropped).map(|it| it.name.as_str()).collect()
}

impl Stage<'_> {
    /// Whether the table is gone.
    pub fn is_dropped(&self) -> bool {
        self.change.events.contains(&TableEvent::Dropped)
    }

    /// Names of the steps of a command that did such a thing to the table; where none did, of all that touched it.
    pub fn steps(&self, may_break: impl Fn(&StepTable) -> bool) -> Vec<String> {
        let touching =
            self.ran.iter().filter_map(|step| Some((step.name.to_string(), step.table(&self.change.table)?)));
        let touching: Vec<(String, &StepTable)> = touching.collect();
        let is_broken = touching.iter().any(|(_, touched)| may_break(touched));
        let meant = touching.into_iter().filter(|(_, touched)| !is_broken || may_break(touched));
        meant.map(|(name, _)| name).collect()
    }

    /// Whether none of the rows of the seed is left since this migration, in a table that still exists.
    pub fn is_emptied(&self) -> bool {
        let all = self.change.rows_in_seed;
        !self.is_dropped() && all > 0 && self.change.lost() >= all && self.before.missing < all
    }
}

impl<'a> Evidence<'a> {
    /// Every touched table after every migration, in the order in which they ran.
    pub(super) fn stages(&self) -> Vec<Stage<'a>> {
        let mut net: BTreeMap<(&str, &TableName), NetRows> = BTreeMap::new();
        let mut own: BTreeSet<(&str, &TableName)> = BTreeSet::new();
        let mut stages = Vec::new();
        for report in self.migrations {
            let migration = &report.run.migration;
            for change in &report.change.tables {
                let table = (migration.database.as_str(), &change.table);
                let before = net.insert(table, net_of(change)).unwrap_or_default();
                let (is_own, ran) = (own.contains(&table), report.change.steps.as_slice());
                let dropped = dropped(&report.change);
                stages.push(Stage { migration, change, before, is_own, ran, dropped });
                if change.events.contains(&TableEvent::Created) {
                    own.insert(table);
                }
            }
        }
        stages
    }

    /// Whether somebody accepted that `migration`, in this very text, breaks `guard`.
    pub(super) fn is_approved(&self, guard: &str, migration: &Migration) -> bool {
        self.approvals.iter().any(|approval| {
            approval.guard == guard
                && approval.checksum.eq_ignore_ascii_case(&migration.checksum)
                && approval.until.is_none_or(|until| self.now < until)
        })
    }

    /// Whether something keeps the evidence from being a promise.
    pub(super) fn is_doubtful(&self) -> bool {
        !self.not_run.is_empty()
            || self.migrations.iter().any(|report| !report.change.doubts.is_empty())
            || self.traffic.is_some_and(|traffic| !traffic.doubts.is_empty())
    }
}
