//! Where sequences stand, and how far the columns are that they give values to.

use sqlx::AssertSqlSafe;
use sqlx::postgres::PgConnection;

use super::errors::could_not;
use crate::model::error::Result;
use crate::model::name::{TableName, quote_identifier};
use crate::model::sequence::SequenceState;

/// Sequences that are asked for in one statement.
const AT_ONCE: usize = 500;

/// Where each sequence stands, in the order of their names here.
pub(super) async fn states(
    connection: &mut PgConnection,
    sequences: &[TableName],
) -> Result<Vec<SequenceState>> {
    let mut states = Vec::with_capacity(sequences.len());
    for some in sequences.chunks(AT_ONCE) {
        let each = |(number, name): (usize, &TableName)| {
            format!("SELECT {number} AS number, last_value, is_called FROM {}", name.quoted())
        };
        let each: Vec<String> = some.iter().enumerate().map(each).collect();
        let sql = format!("{} ORDER BY number", each.join(" UNION ALL "));
        let rows: Vec<(i32, i64, bool)> = sqlx::query_as(AssertSqlSafe(sql))
            .persistent(false)
            .fetch_all(&mut *connection)
            .await
            .map_err(could_not("ask where the sequences stand"))?;
        states.extend(rows.into_iter().map(|(_, last, is_called)| SequenceState { last, is_called }));
    }
    Ok(states)
}

/// The greatest value of a column of integers, or the least; `None` if it holds none.
pub(super) async fn reach(
    connection: &mut PgConnection,
    table: &TableName,
    column: &str,
    is_down: bool,
) -> Result<Option<i64>> {
    let action = format!("ask how far {column} of {table} goes");
    let only = super::own_rows(connection, table).await.map_err(could_not(&action))?;
    let which = if is_down { "min" } else { "max" };
    let sql = format!("SELECT {which}({})::int8 FROM {only}{}", quote_identifier(column), table.quoted());
    sqlx::query_scalar(AssertSqlSafe(sql))
        .persistent(false)
        .fetch_one(connection)
        .await
        .map_err(could_not(&action))
}
