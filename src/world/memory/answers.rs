//! What databases answer, as it was said beforehand.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::MemoryWorld;
use crate::model::catalog::{Catalog, Column, Table};
use crate::model::lock::LockSample;
use crate::model::migration::SqlFailure;
use crate::model::name::TableName;
use crate::model::schema::{Facet, ObjectKind, Schema, SchemaObject};
use crate::model::traffic::TrafficSample;
use crate::world::database::{AppliedMigration, RowDigest};

/// Rows of each table in another database of a server than that which the environment names.
pub const ROWS_ELSEWHERE: u64 = 12;

/// What was said beforehand of databases.
#[derive(Default)]
pub(super) struct Answers {
    pub(super) catalog: Option<Catalog>,
    /// An enum that there is once some migration was applied, and its labels.
    pub(super) made: Option<(String, Vec<String>)>,
    /// Other databases of every server, before any migration and after one.
    pub(super) others: [Vec<String>; 2],
    /// Those of them that take no connection.
    pub(super) closed: BTreeSet<String>,
    pub(super) applied: Vec<AppliedMigration>,
    /// By the name of the migration.
    pub(super) failing: BTreeMap<String, SqlFailure>,
    /// Fragments of SQL that fail.
    pub(super) refused: Vec<(String, SqlFailure)>,
    /// By the end of the container's name, and table.
    pub(super) digests: BTreeMap<(String, TableName), Vec<RowDigest>>,
    pub(super) run: Vec<String>,
    /// What is locked, from one time that it is asked to the next.
    pub(super) locks: VecDeque<LockSample>,
    /// What traffic there is, from one time that it is asked to the next.
    pub(super) traffic: VecDeque<TrafficSample>,
}

#[expect(clippy::return_self_not_must_use, reason = "returns a handle of the same world, for chaining")]
impl MemoryWorld {
    /// What all databases say of their tables, instead of one table `people`.
    pub fn with_catalog(&self, catalog: Catalog) -> Self {
        self.script().answers.catalog = Some(catalog);
        self.clone()
    }

    /// An enum in `public` that the first migration makes.
    pub fn with_enum_made(&self, name: &str, labels: &[&str]) -> Self {
        let labels = labels.iter().map(|&label| label.to_owned()).collect();
        self.script().answers.made = Some((name.to_owned(), labels));
        self.clone()
    }

    /// Other databases of every server, before any migration and after one.
    pub fn with_others(&self, before: &[&str], after: &[&str]) -> Self {
        let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        self.script().answers.others = [names(before), names(after)];
        self.clone()
    }

    /// One of those takes no connection; the others have a table `people` with [`ROWS_ELSEWHERE`] rows.
    pub fn with_closed(&self, database: &str) -> Self {
        self.script().answers.closed.insert(database.to_owned());
        self.clone()
    }

    /// What the version tables of all databases hold from the beginning.
    pub fn with_applied(&self, applied: Vec<AppliedMigration>) -> Self {
        self.script().answers.applied = applied;
        self.clone()
    }

    /// A migration that fails, by name.
    pub fn migration_fails(&self, name: &str, failure: SqlFailure) -> Self {
        self.script().answers.failing.insert(name.to_owned(), failure);
        self.clone()
    }

    /// SQL that fails, by a part of its text.
    pub fn sql_fails(&self, part: &str, failure: SqlFailure) -> Self {
        self.script().answers.refused.push((part.to_owned(), failure));
        self.clone()
    }

    /// Rows of a table in the containers whose names end so, in ascending order of their keys: all that a comparison gets
    /// to see, as rows in memory have no tuple ids by which it could be confined.
    pub fn with_digests(&self, container_ends: &str, table: TableName, rows: Vec<RowDigest>) -> Self {
        self.script().answers.digests.insert((container_ends.to_owned(), table), rows);
        self.clone()
    }

    /// What is locked, from one time that databases are asked to the next; the last of them from then on.
    pub fn with_locks(&self, samples: impl IntoIterator<Item = LockSample>) -> Self {
        self.script().answers.locks.extend(samples);
        self.clone()
    }

    /// What traffic there is, from one time that databases are asked to the next; the last of them from then on.
    pub fn with_traffic(&self, samples: impl IntoIterator<Item = TrafficSample>) -> Self {
        self.script().answers.traffic.extend(samples);
        self.clone()
    }

    /// All SQL that databases were asked to run, in order, without migrations.
    pub fn sql_run(&self) -> Vec<String> {
        self.script().answers.run.clone()
    }
}

impl Answers {
    /// What the catalogue says, before any migration or after one.
    pub(super) fn catalog(&self, is_migrated: bool) -> Catalog {
        let mut catalog = self.catalog.clone().unwrap_or_else(people);
        let made = self.made.iter().filter(|_| is_migrated);
        catalog.enums.extend(made.map(|(name, labels)| (format!("public.{name}"), labels.clone())));
        let others = self.others[usize::from(is_migrated)].iter();
        catalog.databases.extend(others.map(|name| (oid_of(name), name.clone())));
        catalog
    }

    /// What the schema is, tables left out.
    pub(super) fn schema(&self, is_migrated: bool) -> Schema {
        let made = |(name, labels): &(String, Vec<String>)| SchemaObject {
            kind: ObjectKind::Type,
            schema: "public".to_owned(),
            table: None,
            name: name.clone(),
            oid: 16_400,
            position: 0,
            is_inherited: false,
            facets: vec![Facet {
                name: "definition".to_owned(),
                text: format!("ENUM ('{}')", labels.join("', '")),
            }],
        };
        Schema { objects: self.made.iter().filter(|_| is_migrated).map(made).collect() }
    }
}

/// What the catalogue of another database of a server says.
pub(super) fn people_of(database: &str) -> Catalog {
    Catalog { database_oid: oid_of(database), ..people() }
}

/// The same for the same name.
fn oid_of(database: &str) -> u32 {
    database.bytes().fold(20_000, |oid, byte| oid * 7 % 40_009 + 20_000 + u32::from(byte))
}

/// `public.people(id integer primary key, email text)`.
pub(super) fn people() -> Catalog {
    let column = |name: &str, type_name: &str, position, not_null| Column {
        name: name.to_owned(),
        type_name: type_name.to_owned(),
        position,
        not_null,
        generated: false,
        default: None,
    };
    let table = Table {
        name: TableName::new("public", "people"),
        oid: 16_385,
        filenode: 16_385,
        kind: 'r',
        unlogged: false,
        columns: vec![column("id", "integer", 1, true), column("email", "text", 2, false)],
        primary_key: vec!["id".to_owned()],
        unique_keys: vec![vec!["id".to_owned()]],
        parent: None,
    };
    Catalog {
        tables: BTreeMap::from([(table.name.clone(), table)]),
        database_oid: 16_384,
        ..Catalog::default()
    }
}
