//! Whose file is whose: by the catalogue after the command, by the one before it, and by what the log says of tables that
//! neither has.

use std::collections::{BTreeMap, BTreeSet};

use super::slices::RawStep;
use super::{Evidence, Slice};
use crate::model::catalog::Table;
use crate::model::change::{GrossRows, TableEvent};
use crate::model::name::TableName;
use crate::model::step::{Step, StepTable, StepTableName};
use crate::model::version_table;
use crate::observe::wal::{ClassRow, PartRows};

/// Below it are the server's own tables.
const FIRST_OWN_NODE: u32 = 16_384;

/// Knows whose file is whose.
pub(super) struct Places<'a> {
    evidence: &'a Evidence<'a>,
    database: u32,
    before: BTreeMap<u32, &'a Table>,
    after: BTreeMap<u32, &'a Table>,
    files: BTreeMap<u32, Owner>,
}

/// Whose a file is.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Owner {
    /// A table's, by its oid.
    Table { oid: u32, name: StepTableName },
    /// Nobody's that counts: of the server, a TOAST table, or a tool's own.
    Nobody,
}

/// What a step did to one table.
#[derive(Default)]
struct Touches {
    gross: GrossRows,
    events: BTreeSet<TableEvent>,
}

impl Touches {
    /// A table that was dropped and made in one step has its name from both.
    fn of(mut self, table: StepTableName) -> StepTable {
        let both = [TableEvent::Created, TableEvent::Dropped];
        if matches!(table, StepTableName::Known(_)) && both.iter().all(|event| self.events.contains(event)) {
            self.events.retain(|event| !both.contains(event));
            self.events.insert(TableEvent::Replaced);
        }
        StepTable { table, gross: self.gross, events: self.events }
    }
}

impl<'a> Places<'a> {
    /// Knows the files of both catalogues, and of what the log saw being made.
    pub fn new(evidence: &'a Evidence<'a>) -> Self {
        let by_oid = |tables: &'a BTreeMap<TableName, Table>| {
            tables.values().map(|table| (table.oid, table)).collect::<BTreeMap<_, _>>()
        };
        let mut places = Self {
            evidence,
            database: evidence.after.database_oid,
            before: by_oid(&evidence.before.tables),
            after: by_oid(&evidence.after.tables),
            files: BTreeMap::new(),
        };
        for ((_, node), oid) in &evidence.commits.passed {
            places.files.extend(places.owner(*oid).map(|owner| (*node, owner)));
        }
        let version_files = &evidence.commits.version_files;
        places.files.extend(version_files.iter().map(|(_, node)| (*node, Owner::Nobody)));
        for ((database, node), class) in &evidence.commits.made {
            if *database == places.database {
                let owner = places.owner_of(class);
                places.files.insert(*node, owner);
            }
        }
        // What a catalogue says comes last, as it is surer: the one after the command most of all.
        for tables in [&places.before, &places.after] {
            let held = tables.values().filter(|table| table.filenode != 0);
            let owners: Vec<_> = held.map(|table| (table.filenode, places.owner(table.oid))).collect();
            places.files.extend(owners.into_iter().filter_map(|(node, owner)| Some((node, owner?))));
        }
        places
    }

    /// A step with the names of its tables.
    pub fn place(&self, raw: RawStep) -> Slice {
        let mut tables: BTreeMap<StepTableName, Touches> = BTreeMap::new();
        let mut unknown = Vec::new();
        for (file, rows) in &raw.part.rows {
            match self.files.get(&file.1) {
                _ if file.0 != self.database || file.1 < FIRST_OWN_NODE => {}
                Some(Owner::Nobody) => {}
                Some(Owner::Table { oid, name }) => {
                    let rows = statements(rows, file.1 == *oid);
                    if !rows.is_zero() {
                        let touches = tables.entry(name.clone()).or_default();
                        touches.gross = sum(touches.gross, rows);
                    }
                }
                None => unknown.push((*file, rows.gross)),
            }
        }
        self.add_events(&raw, &mut tables);
        let tables = tables.into_iter().map(|(table, touches)| touches.of(table));
        let step = Step {
            name: raw.name,
            tables: tables.collect(),
            unplaced: GrossRows::default(),
            wal_bytes: raw.wal_bytes,
            until_us: raw.part.until_us,
        };
        Slice { step, unknown }
    }

    /// What happened to tables as a whole.
    fn add_events(&self, raw: &RawStep, tables: &mut BTreeMap<StepTableName, Touches>) {
        let mut add = |name: StepTableName, event| {
            tables.entry(name).or_default().events.insert(event);
        };
        let dropped = raw.part.classes_dropped.iter().filter(|(database, _)| *database == self.database);
        for name in dropped.filter_map(|(_, oid)| self.named(*oid)) {
            add(name, TableEvent::Dropped);
        }
        let mut made_anew = BTreeSet::new();
        for file in raw.part.made.iter().filter(|(database, _)| *database == self.database) {
            let Some(Owner::Table { oid, name }) = self.files.get(&file.1) else { continue };
            match self.evidence.commits.made.get(file) {
                Some(class) if class.oid == *oid => add(name.clone(), TableEvent::Created),
                Some(_) => add(name.clone(), TableEvent::Rewritten),
                // TRUNCATE alone makes a file for which no row of `pg_class` is made.
                None => made_anew.extend([name.clone()]),
            }
        }
        let is_given_up = |table: &&&Table| {
            let file = (self.database, table.filenode);
            table.filenode != 0 && raw.part.dropped.contains(&file) && self.after.contains_key(&table.oid)
        };
        for name in self.before.values().filter(is_given_up).filter_map(|table| self.named(table.oid)) {
            if !made_anew.contains(&name) {
                add(name, TableEvent::Rewritten);
            }
        }
        for name in made_anew {
            tables.entry(name).or_default().events.insert(TableEvent::Truncated);
        }
    }

    fn named(&self, oid: u32) -> Option<StepTableName> {
        match self.owner(oid)? {
            Owner::Table { name, .. } => Some(name),
            Owner::Nobody => None,
        }
    }

    /// Whose the file of something is that was made; a rewrite makes one that stands in for another.
    fn owner_of(&self, class: &ClassRow) -> Owner {
        if let Some(owner) = class.stands_in_for().and_then(|oid| self.owner(oid)) {
            return owner;
        }
        if !class.holds_rows
            || class.name.starts_with("pg_toast_")
            || version_table::is_bookkeeping(&class.name)
        {
            return Owner::Nobody;
        }
        self.owner(class.oid).unwrap_or_else(|| Owner::Table {
            oid: class.oid,
            name: StepTableName::Passing(class.name.clone()),
        })
    }

    /// A table of either catalogue by its oid; `None` if none has it.
    fn owner(&self, oid: u32) -> Option<Owner> {
        let table = self.after.get(&oid).or_else(|| self.before.get(&oid))?;
        if version_table::is_bookkeeping(&table.name.name) {
            return Some(Owner::Nobody);
        }
        Some(Owner::Table { oid, name: StepTableName::Known(table.name.clone()) })
    }
}

/// What statements did: a rewrite writes every row anew, which none of them inserted. In the first file of a table, which
/// has its number, no row comes out of another file.
fn statements(rows: &PartRows, is_first_file: bool) -> GrossRows {
    let mut gross = rows.gross;
    if !is_first_file {
        gross.inserted = gross.inserted.saturating_sub(rows.copied);
    }
    gross
}

/// Two counts added up.
pub(super) fn sum(one: GrossRows, other: GrossRows) -> GrossRows {
    GrossRows {
        inserted: one.inserted + other.inserted,
        updated: one.updated + other.updated,
        deleted: one.deleted + other.deleted,
    }
}
