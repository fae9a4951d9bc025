//! One migration as both witnesses see it.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::catalog::{Catalog, Table};
use crate::model::change::{GrossRows, TableEvent};
use crate::observe::wal::WalFacts;

/// One migration: the catalogue on either side of it and what the log says.
pub(super) struct Window<'a> {
    /// The catalogue before it.
    pub before: &'a Catalog,
    /// The catalogue after it.
    pub after: &'a Catalog,
    /// Tables before it, by oid.
    pub before_by_oid: BTreeMap<u32, &'a Table>,
    /// Oids of the tables after it.
    pub after_oids: BTreeSet<u32>,
    facts: &'a WalFacts,
}

impl<'a> Window<'a> {
    /// A migration between two catalogues.
    pub fn new(before: &'a Catalog, after: &'a Catalog, facts: &'a WalFacts) -> Self {
        Self {
            before,
            after,
            before_by_oid: before.tables.values().map(|table| (table.oid, table)).collect(),
            after_oids: after.tables.values().map(|table| table.oid).collect(),
            facts,
        }
    }

    /// What happened to a table as a whole, `then` being what it was before.
    pub fn events(&self, now: &Table, then: Option<&Table>) -> BTreeSet<TableEvent> {
        let mut events = BTreeSet::new();
        match self.before.tables.get(&now.name) {
            Some(namesake) if namesake.oid != now.oid => drop(events.insert(TableEvent::Replaced)),
            None if then.is_none() => drop(events.insert(TableEvent::Created)),
            _ => {}
        }
        if then.is_some_and(|then| then.filenode != now.filenode) {
            events.insert(TableEvent::Rewritten);
        }
        events
    }

    /// What statements did to a table: in its file, in the one that it had before, and in that of the table that
    /// it took the place of.
    pub fn gross(&self, now: &Table, then: Option<&Table>) -> GrossRows {
        let mut gross = self.rows_of(now.filenode);
        if let Some(then) = then
            && then.filenode != now.filenode
        {
            // A rewrite writes every row anew; no statement inserted those.
            let copied = self.facts.copied.get(&(self.after.database_oid, now.filenode)).copied();
            if now.filenode != now.oid {
                gross.inserted = gross.inserted.saturating_sub(copied.unwrap_or(0));
            }
            gross = sum(gross, self.rows_of(then.filenode));
        }
        match self.before.tables.get(&now.name) {
            Some(namesake) if namesake.oid != now.oid && !self.after_oids.contains(&namesake.oid) => {
                sum(gross, self.rows_of(namesake.filenode))
            }
            _ => gross,
        }
    }

    /// What the log counted for a file; nothing for a table without one.
    pub fn rows_of(&self, filenode: u32) -> GrossRows {
        let file = (self.after.database_oid, filenode);
        self.facts.rows.by_file.get(&file).copied().unwrap_or_default()
    }

    /// Why what the log says of a table is not the whole truth.
    pub fn doubts(&self, now: &Table, then: Option<&Table>) -> Vec<String> {
        let is_undecided = |table: &Table| {
            table.filenode != 0
                && self.facts.undecided_files.contains(&(self.after.database_oid, table.filenode))
        };
        let mut doubts = Vec::new();
        if is_undecided(now) || then.is_some_and(is_undecided) {
            doubts.push(format!("{}: a transaction that wrote to it had not ended", now.name));
        }
        doubts
    }
}

/// Two counts added up.
pub(super) fn sum(one: GrossRows, other: GrossRows) -> GrossRows {
    GrossRows {
        inserted: one.inserted + other.inserted,
        updated: one.updated + other.updated,
        deleted: one.deleted + other.deleted,
    }
}
