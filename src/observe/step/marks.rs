//! What a write to a version table says: a migration begins, it has been applied, or it was taken back.

use std::collections::{BTreeMap, HashMap};

use super::Evidence;
use super::values::{self, Value};
use crate::model::catalog::{Catalog, Column};
use crate::model::tuples::TupleId;
use crate::model::version_table::{self, VersionTable, VersionTableKind};
use crate::observe::wal::{File, Mark, Touch, TupleBytes};

/// goose's first row, which it writes when it makes its table.
const GOOSE_ORIGIN: (&str, &str) = ("goose_db_version", "0");

/// A row of a version table of one column of text that was there before the command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownRow {
    /// The file of the table.
    pub file: File,
    /// Where the row lay.
    pub at: TupleId,
    /// Its value.
    pub text: String,
}

/// What one write says. Writes about the same migration have the same key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    /// It is announced.
    Begins(Key, Option<String>),
    /// It has been applied.
    Ends(Key, Option<String>),
    /// It was taken back.
    TakenBack(Option<String>),
    /// Nothing of a migration of this command.
    Nothing,
}

/// What writes about one migration have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Key {
    /// A row that was inserted or, where one row stands for all, the write itself; numbered.
    Row(usize),
    /// The version, where the row is written anew.
    Version(String),
}

/// Reads marks in the order in which they were committed.
pub(super) struct Marks {
    tables: BTreeMap<(u32, u32), (&'static VersionTable, Vec<Column>)>,
    rows: HashMap<(File, TupleId), Row>,
    count: usize,
}

/// A row of a version table as it is now.
#[derive(Clone, Debug)]
struct Row {
    number: usize,
    tuple: Option<TupleBytes>,
    /// Whether this command inserted it.
    is_own: bool,
}

impl Marks {
    /// Knows the version tables' columns, and rows from before.
    pub fn new(evidence: &Evidence<'_>) -> Self {
        let table = |(id, name): (&(u32, u32), &String)| {
            let columns = columns(evidence.after, *id).or_else(|| columns(evidence.before, *id));
            Some((*id, (version_table::of_name(name)?, columns.unwrap_or_default())))
        };
        let tables = evidence.commits.version_tables.iter().filter_map(table).collect();
        let mut marks = Self { tables, rows: HashMap::new(), count: 0 };
        for known in evidence.known {
            let row = Row { number: marks.number(), tuple: values::one_text(&known.text), is_own: false };
            marks.rows.insert((known.file, known.at), row);
        }
        marks
    }

    /// What the next mark says.
    pub fn read(&mut self, mark: &Mark) -> Sign {
        let Some((table, columns)) = self.tables.get(&mark.table).cloned() else { return Sign::Nothing };
        let row = match &mark.touch {
            Touch::Inserted { at, tuple } => {
                let row = Row { number: self.number(), tuple: tuple.clone(), is_own: true };
                self.rows.extend(at.map(|at| ((mark.file, at), row.clone())));
                row
            }
            Touch::Updated { old, new, patch } => {
                let old = self.rows.remove(&(mark.file, *old));
                let former = old.as_ref().and_then(|row| row.tuple.as_ref());
                let tuple = patch.as_ref().and_then(|patch| patch.apply(former));
                let is_own = old.as_ref().is_some_and(|row| row.is_own);
                let number = old.map_or_else(|| self.number(), |row| row.number);
                let row = Row { number, tuple, is_own };
                self.rows.insert((mark.file, *new), row.clone());
                row
            }
            Touch::Deleted(at) => {
                let row = self.rows.remove(&(mark.file, *at));
                let values = row.and_then(|row| row.tuple).map(|tuple| values::read(&tuple, &columns));
                return Sign::TakenBack(values.and_then(|values| name(table, &values)));
            }
        };
        let is_insert = matches!(mark.touch, Touch::Inserted { .. });
        let values = row.tuple.as_ref().map(|tuple| values::read(tuple, &columns)).unwrap_or_default();
        self.sign(table, &row, is_insert, &values)
    }

    fn sign(&mut self, table: &VersionTable, row: &Row, is_insert: bool, values: &[(String, Value)]) -> Sign {
        let name = name(table, values);
        if name.as_deref().is_some_and(|name| (table.name, name) == GOOSE_ORIGIN) {
            return Sign::Nothing;
        }
        let value = |column: &str| values.iter().find(|(name, _)| name == column).map(|(_, value)| value);
        let key = Key::Row(row.number);
        match table.kind {
            VersionTableKind::Moves => Sign::Ends(Key::Row(self.number()), name),
            VersionTableKind::Dirty(column) if value(column).is_some() => {
                let key = name.clone().map_or(key, Key::Version);
                let is_dirty = value(column) == Some(&Value::Bool(true));
                if is_dirty { Sign::Begins(key, name) } else { Sign::Ends(key, name) }
            }
            _ if !is_insert && !row.is_own => Sign::Nothing,
            VersionTableKind::RowsUntil(column) if value(column) == Some(&Value::Null) => {
                Sign::Begins(key, name)
            }
            _ => Sign::Ends(key, name),
        }
    }

    fn number(&mut self) -> usize {
        self.count += 1;
        self.count
    }
}

fn columns(catalog: &Catalog, (database, oid): (u32, u32)) -> Option<Vec<Column>> {
    let table = catalog.tables.values().find(|table| catalog.database_oid == database && table.oid == oid)?;
    Some(table.columns.clone())
}

/// The name by which people know the migration of a row: its only value, where another tool has a table of this name.
fn name(table: &VersionTable, values: &[(String, Value)]) -> Option<String> {
    let text = |value: &Value| match value {
        Value::Text(text) => Some(text.clone()),
        _ => None,
    };
    if let [(_, only)] = values {
        return text(only).filter(|name| !name.is_empty());
    }
    let part = |column: &&str| text(&values.iter().find(|(name, _)| name == column)?.1);
    let parts: Option<Vec<String>> = table.columns.iter().map(part).collect();
    parts.map(|parts| parts.join(table.joint)).filter(|name| !name.is_empty())
}
