//! The database's own catalogue, in one trip.

use std::collections::BTreeMap;

use serde::Deserialize;
use sqlx::postgres::PgConnection;

use super::errors::could_not;
use crate::model::catalog::{Catalog, Column, Table};
use crate::model::error::{Error, ErrorKind, Result};
use crate::model::name::TableName;
use crate::model::sequence::{FedColumn, Sequence};

/// One JSON document: 100 tables take a few milliseconds, where a query for each would take a trip each.
const QUERY: &str = include_str!("catalog.sql");

#[derive(Deserialize)]
struct Document {
    database_oid: u32,
    tables: Vec<TableRow>,
    enums: BTreeMap<String, Vec<String>>,
    indexes: BTreeMap<u32, u32>,
    sequences: Vec<SequenceRow>,
    databases: BTreeMap<u32, String>,
}

#[derive(Deserialize)]
struct SequenceRow {
    schema: String,
    name: String,
    oid: u32,
    filenode: Option<u32>,
    unlogged: bool,
    increment: i64,
    cycles: bool,
    feeds: Vec<(u32, i16)>,
}

#[derive(Deserialize)]
struct TableRow {
    schema: String,
    name: String,
    oid: u32,
    filenode: Option<u32>,
    kind: char,
    unlogged: bool,
    parent_schema: Option<String>,
    parent_name: Option<String>,
    columns: Vec<ColumnRow>,
    keys: Vec<KeyRow>,
}

#[derive(Deserialize)]
struct ColumnRow {
    name: String,
    #[serde(rename = "type")]
    type_name: String,
    position: i16,
    not_null: bool,
    generated: bool,
    default: Option<String>,
}

#[derive(Deserialize)]
struct KeyRow {
    primary: bool,
    columns: Vec<String>,
}

/// All user tables and enum types.
pub(super) async fn read(connection: &mut PgConnection) -> Result<Catalog> {
    let text: String = sqlx::query_scalar(QUERY)
        .fetch_one(connection)
        .await
        .map_err(could_not("read the catalogue of the database"))?;
    let document: Document = serde_json::from_str(&text).map_err(|cause| {
        Error::new(ErrorKind::Bug, "the catalogue of the database is not of the form that was asked for")
            .because(cause)
    })?;
    let tables = document.tables.into_iter().map(table).map(|table| (table.name.clone(), table)).collect();
    let sequences = document.sequences.into_iter().map(sequence).collect();
    let Document { database_oid, enums, indexes, databases, .. } = document;
    Ok(Catalog { tables, database_oid, enums, indexes, sequences, databases })
}

fn sequence(row: SequenceRow) -> Sequence {
    let fed = |(table, position)| FedColumn { table, position };
    Sequence {
        name: TableName::new(row.schema, row.name),
        oid: row.oid,
        filenode: row.filenode.unwrap_or(0),
        unlogged: row.unlogged,
        increment: row.increment,
        cycles: row.cycles,
        feeds: row.feeds.into_iter().map(fed).collect(),
    }
}

fn table(row: TableRow) -> Table {
    let primary_key = row.keys.iter().find(|key| key.primary).map(|key| key.columns.clone());
    Table {
        name: TableName::new(row.schema, row.name),
        oid: row.oid,
        filenode: row.filenode.unwrap_or(0),
        kind: row.kind,
        unlogged: row.unlogged,
        columns: row.columns.into_iter().map(column).collect(),
        primary_key: primary_key.unwrap_or_default(),
        unique_keys: row.keys.into_iter().map(|key| key.columns).collect(),
        parent: row.parent_schema.zip(row.parent_name).map(|(schema, name)| TableName::new(schema, name)),
    }
}

fn column(row: ColumnRow) -> Column {
    Column {
        name: row.name,
        type_name: row.type_name,
        position: row.position,
        not_null: row.not_null,
        generated: row.generated,
        default: row.default,
    }
}
