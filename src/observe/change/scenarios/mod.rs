//! Tests: one catalogue before, one after, what the log counted, and what must come of it.

use std::collections::{BTreeMap, BTreeSet};

mod columns;
mod rows;
mod tables;

use super::{Comparison, NetSource, Observer, Touched};
use crate::model::catalog::{Catalog, Column, Table};
use crate::model::change::{GrossRows, NetRows, TableEvent};
use crate::model::digest::DigestColumn;
use crate::model::name::TableName;
use crate::observe::wal::WalFacts;

const DATABASE: u32 = 5;

fn name(name: &str) -> TableName {
    TableName::new("public", name)
}

/// `id integer` as primary key, and `v text`. The file has the table's number.
fn table(called: &str, oid: u32) -> Table {
    let mut table = Table {
        columns: vec![column("id", "integer", 1), column("v", "text", 2)],
        primary_key: vec!["id".to_owned()],
        unique_keys: vec![vec!["id".to_owned()]],
        ..Table::bare(called, oid)
    };
    table.columns[0].not_null = true;
    table
}

fn column(name: &str, type_name: &str, position: i16) -> Column {
    Column {
        name: name.to_owned(),
        type_name: type_name.to_owned(),
        position,
        not_null: false,
        generated: false,
        default: None,
    }
}

fn catalog(tables: impl IntoIterator<Item = Table>) -> Catalog {
    Catalog::of_tables(DATABASE, tables)
}

fn names(columns: &[DigestColumn]) -> Vec<&str> {
    columns.iter().map(|column| column.name.as_str()).collect()
}

/// `[inserted, updated, deleted]` by file.
fn facts(rows: &[(u32, [u64; 3])]) -> WalFacts {
    let mut facts = WalFacts::default();
    for (file, [inserted, updated, deleted]) in rows.iter().copied() {
        facts.rows.by_file.insert((DATABASE, file), GrossRows { inserted, updated, deleted });
    }
    facts
}

/// An observer of a seed in which each table has 1,000 rows.
fn observer(seed: &Catalog) -> Observer {
    Observer::new(seed.clone(), seed.tables.keys().map(|table| (table.clone(), 1000)).collect())
}

/// What one migration did to a seed.
fn observe(seed: &Catalog, after: &Catalog, rows: &[(u32, [u64; 3])]) -> Vec<Touched> {
    observer(seed).migration(seed, after, &facts(rows))
}

/// The one table that was touched.
#[track_caller]
fn only(mut touched: Vec<Touched>) -> Touched {
    assert_eq!(touched.len(), 1, "{touched:#?}");
    touched.remove(0)
}

#[track_caller]
fn check_counted(touched: &Touched, missing: u64, new: u64) {
    assert_eq!(touched.source, NetSource::Counted(NetRows { missing, new, different: 0 }));
}

#[track_caller]
fn comparison(touched: &Touched) -> &Comparison {
    match &touched.source {
        NetSource::Compare(comparison) => comparison,
        other => panic!("{other:?} compares nothing"),
    }
}

fn events(touched: &Touched) -> Vec<TableEvent> {
    touched.change.events.iter().copied().collect()
}
