//! The schema of a database, in one trip.

use std::collections::BTreeMap;

use serde::Deserialize;
use sqlx::Row;
use sqlx::postgres::PgConnection;

use super::errors::could_not;
use crate::model::error::{Error, ErrorKind, Result};
use crate::model::name::TableName;
use crate::model::schema::{Facet, GRANTED_TO, ObjectKind, Schema, SchemaObject};

/// Names are printed by the search path, which must not depend on the role; compiling the query takes longer than running it.
const BEFORE: &str =
    "BEGIN READ ONLY; SET LOCAL search_path = public; SET LOCAL jit = off; SET LOCAL lock_timeout = '10s'; ";
const QUERY: &str = include_str!("schema.sql");
const AFTER: &str = "; COMMIT";

#[derive(Deserialize)]
struct ObjectRow {
    kind: String,
    schema: String,
    of_schema: Option<String>,
    of_table: Option<String>,
    name: String,
    oid: u32,
    position: i16,
    inherited: bool,
    /// Names and texts in turn.
    facets: Vec<Option<String>>,
    grants: Option<BTreeMap<String, String>>,
}

/// All objects of the user's schemas.
pub(super) async fn read(connection: &mut PgConnection) -> Result<Schema> {
    let action = "read the schema of the database";
    let sql = [BEFORE, QUERY, AFTER].concat();
    let rows =
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).fetch_all(connection).await.map_err(could_not(action))?;
    let text: &str = match rows.first() {
        Some(row) => row.try_get(0).map_err(could_not(action))?,
        None => "",
    };
    // The cause would quote definitions, and with them literals.
    let wrong =
        || Error::new(ErrorKind::Bug, "the schema of the database is not of the form that was asked for");
    let objects: Vec<ObjectRow> = serde_json::from_str(text).map_err(|_| wrong())?;
    let objects = objects.into_iter().map(|row| object(row).ok_or_else(wrong)).collect::<Result<_>>()?;
    Ok(Schema { objects })
}

fn object(row: ObjectRow) -> Option<SchemaObject> {
    let kind = ObjectKind::ALL.into_iter().find(|kind| kind.as_str() == row.kind)?;
    let said = row.facets.chunks_exact(2).filter_map(|pair| pair[0].clone().zip(pair[1].clone()));
    let granted = row.grants.unwrap_or_default().into_iter();
    let granted = granted.map(|(role, privileges)| (format!("{GRANTED_TO}{role}"), privileges));
    let facets = said.chain(granted).map(|(name, text)| Facet { name, text }).collect();
    Some(SchemaObject {
        kind,
        schema: row.schema,
        table: row.of_schema.zip(row.of_table).map(|(schema, name)| TableName::new(schema, name)),
        name: row.name,
        oid: row.oid,
        position: row.position,
        is_inherited: row.inherited,
        facets,
    })
}
