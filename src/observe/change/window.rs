//! One migration as both witnesses see it.

use std::collections::{BTreeMap, BTreeSet};

use super::passage::{Passage, Written};
use crate::model::catalog::{Catalog, Table};
use crate::model::change::TableEvent;
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
    pub fn events(&self, now: &Table, then: Option<&Table>, passage: &Passage) -> BTreeSet<TableEvent> {
        let mut events = passage.events();
        match self.before.tables.get(&now.name) {
            Some(namesake) if namesake.oid != now.oid => drop(events.insert(TableEvent::Replaced)),
            None if then.is_none() => drop(events.insert(TableEvent::Created)),
            _ => {}
        }
        // One that was made in this migration has whatever file it has.
        if then.is_none() {
            events.remove(&TableEvent::Rewritten);
        }
        events
    }

    /// The table that another one took the place of, and that is there no more.
    pub fn replaced(&self, now: &Table) -> Option<&'a Table> {
        let namesake = self.before.tables.get(&now.name)?;
        (namesake.oid != now.oid && !self.after_oids.contains(&namesake.oid)).then_some(namesake)
    }

    /// Follows a table through every file that it had, `then` being what it was before, `now` what it is, and `held` the
    /// rows that it had before.
    pub fn passage(&self, then: Option<&Table>, now: Option<&Table>, held: Option<u64>) -> Passage {
        let Some(oid) = now.or(then).map(|table| table.oid) else { return Passage::default() };
        let first = then.map_or(oid, |then| then.filenode);
        let mut passage = Passage::begin(if then.is_some() { held } else { Some(0) });
        passage.enter(&self.written(oid, first));
        let mut entered = BTreeSet::from([first]);
        for succession in self.successions.get(&oid).into_iter().flatten() {
            passage.leave(succession.successor);
            if entered.insert(succession.to) {
                passage.enter(&self.written(oid, succession.to));
            }
        }
        if let Some(now) = now
            && entered.insert(now.filenode)
        {
            passage.lose_sight();
            passage.enter(&self.written(oid, now.filenode));
        }
        passage
    }

    /// What statements did to a table in one file. A rewrite writes every row anew, which none of them inserted. In the
    /// first file of a table, which has its number, no row comes out of another file.
    fn written(&self, oid: u32, filenode: u32) -> Written {
        let file = (self.after.database_oid, filenode);
        let mut gross = self.facts.rows.by_file.get(&file).copied().unwrap_or_default();
        let mut emptied = self.facts.emptied.get(&file).copied();
        if filenode != oid {
            let copied = self.facts.copied.get(&file).copied().unwrap_or(0);
            gross.inserted = gross.inserted.saturating_sub(copied);
        } else if let Some(emptied) = &mut emptied {
            emptied.copied = 0;
        }
        let moved = self.facts.moved.get(&file).copied().unwrap_or(0);
        Written { gross, moved, emptied }
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
