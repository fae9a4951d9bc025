//! Filling a table by COPY.

use bytes::Bytes;
use sqlx::postgres::{PgConnection, PgCopyIn};
use sqlx::{AssertSqlSafe, Connection};
use tokio::sync::mpsc;

use super::errors::{could_not, outcome, server_error};
use crate::model::error::Result;
use crate::model::migration::SqlFailure;
use crate::model::name::{TableName, quote_identifier};

/// What is said of a table that cannot be truncated alone (a partitioned one) or not be frozen.
const NOT_FROZEN: [&str; 4] = ["0A000", "42809", "42P16", "55000"];

/// Empties the table and fills it with `rows` in one transaction, frozen if it can be: rows that were written by the
/// transaction that emptied the table need no visibility check and no vacuum later.
pub(super) async fn fill(
    mut connection: PgConnection,
    table: &TableName,
    columns: &[String],
    mut rows: mpsc::Receiver<Bytes>,
) -> Result<std::result::Result<u64, SqlFailure>> {
    let action = format!("fill table {table}");
    let mut copy = match begin(&mut connection, table, columns).await {
        Ok(copy) => copy,
        Err(refusal) => return outcome(&action, "", Err(refusal)),
    };
    while let Some(chunk) = rows.recv().await {
        // What the server says of a row that it refuses is heard at the end.
        copy.send(chunk).await.map_err(could_not(&action))?;
    }
    let copied = match outcome(&action, "", copy.finish().await)? {
        Ok(copied) => copied,
        Err(failure) => return Ok(Err(failure)),
    };
    let committed = sqlx::raw_sql("COMMIT").execute(&mut connection).await;
    if let Err(failure) = outcome(&action, "", committed)? {
        return Ok(Err(failure));
    }
    // The work is done; a farewell that fails changes nothing.
    drop(connection.close().await);
    Ok(Ok(copied))
}

async fn begin<'c>(
    connection: &'c mut PgConnection,
    table: &TableName,
    columns: &[String],
) -> std::result::Result<PgCopyIn<&'c mut PgConnection>, sqlx::Error> {
    let name = table.quoted();
    let columns = columns.iter().map(|column| quote_identifier(column)).collect::<Vec<_>>().join(", ");
    // A table without columns has rows all the same, and its list of columns cannot be written.
    let columns = if columns.is_empty() { columns } else { format!("({columns})") };
    // Nobody waits for these commits one by one: the seed is sealed by a shutdown.
    let prepare = "SET synchronous_commit TO off; BEGIN";
    let frozen = format!("{prepare}; TRUNCATE ONLY {name}");
    let can_freeze = match sqlx::raw_sql(AssertSqlSafe(frozen)).execute(&mut *connection).await {
        Ok(_) => true,
        Err(refusal) if is_not_frozen(&refusal) => {
            let plain = format!("ROLLBACK; {prepare}; TRUNCATE {name}");
            sqlx::raw_sql(AssertSqlSafe(plain)).execute(&mut *connection).await?;
            false
        }
        Err(refusal) => return Err(refusal),
    };
    let options = if can_freeze { " WITH (FREEZE)" } else { "" };
    connection.copy_in_raw(&format!("COPY {name} {columns} FROM STDIN{options}")).await
}

fn is_not_frozen(refusal: &sqlx::Error) -> bool {
    server_error(refusal).is_some_and(|server| NOT_FROZEN.contains(&server.code()))
}
