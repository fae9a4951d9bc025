//! One migration as both witnesses see it.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::catalog::{Catalog, Table};
use crate::model::change::{GrossRows, TableEvent};
use crate::observe::wal::{Succession, WalFacts};

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
    /// How tables came by other files, by oid, in order.
    successions: BTreeMap<u32, Vec<&'a Succession>>,
}

impl<'a> Window<'a> {
    /// A migration between two catalogues.
    pub fn new(before: &'a Catalog, after: &'a Catalog, facts: &'a WalFacts) -> Self {
        let mut successions: BTreeMap<u32, Vec<&Succession>> = BTreeMap::new();
        for succession in &facts.successions {
            let (database, oid) = succession.relation;
            if database == after.database_oid {
                successions.entry(oid).or_default().push(succession);
            }
        }
        Self {
            before,
            after,
            successions,
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

    /// What statements did to a table: in every file that it had, and in those of the table that it took the place of.
    pub fn gross(&self, now: &Table, then: Option<&Table>) -> GrossRows {
        let first = then.map_or(now.oid, |then| then.filenode);
        let gross = self.gross_of(now.oid, &[first, now.filenode]);
        match self.before.tables.get(&now.name) {
            Some(namesake) if namesake.oid != now.oid && !self.after_oids.contains(&namesake.oid) => {
                sum(gross, self.gross_of(namesake.oid, &[namesake.filenode]))
            }
            _ => gross,
        }
    }

    /// What statements did to a table that is no longer there.
    pub fn gross_of_dropped(&self, then: &Table) -> GrossRows {
        self.gross_of(then.oid, &[then.filenode])
    }

    /// What statements did to a table in files that it is known to have had, and in those that the log shows it to have
    /// had for a while.
    fn gross_of(&self, oid: u32, known: &[u32]) -> GrossRows {
        let passed = self.successions.get(&oid).into_iter().flatten().flat_map(|it| [it.from, it.to]);
        let files: BTreeSet<u32> = known.iter().copied().chain(passed).collect();
        files.into_iter().map(|file| self.statements(oid, file)).fold(GrossRows::default(), sum)
    }

    /// What statements did to a table in one file. A rewrite writes every row anew, which none of them inserted. In the
    /// first file of a table, which has its number, no row comes out of another file.
    fn statements(&self, oid: u32, filenode: u32) -> GrossRows {
        let file = (self.after.database_oid, filenode);
        let mut gross = self.facts.rows.by_file.get(&file).copied().unwrap_or_default();
        if filenode != oid {
            let copied = self.facts.copied.get(&file).copied().unwrap_or(0);
            gross.inserted = gross.inserted.saturating_sub(copied);
        }
        gross
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
