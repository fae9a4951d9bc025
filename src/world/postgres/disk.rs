//! What tables take on disk, and what was written beside them.

use sqlx::postgres::PgConnection;

use super::errors::could_not;
use crate::model::error::Result;
use crate::model::name::TableName;

/// The oldest version that keeps its counts where everybody sees them at once, and that can be asked to bring them there.
const PROMPT: u32 = 150_000;

/// What each table takes, with what lies out of line and without indexes.
pub(super) async fn sizes_bytes(connection: &mut PgConnection, tables: &[TableName]) -> Result<Vec<u64>> {
    let names: Vec<String> = tables.iter().map(TableName::quoted).collect();
    let sizes: Vec<Option<i64>> = sqlx::query_scalar(
        "SELECT pg_table_size(to_regclass(name)) FROM unnest($1::text[]) WITH ORDINALITY AS t (name, place) ORDER BY place",
    )
    .bind(names)
    .fetch_all(connection)
    .await
    .map_err(could_not("ask how large tables are"))?;
    Ok(sizes.into_iter().map(|size| size.unwrap_or_default().unsigned_abs()).collect())
}

/// What was written to temporary files in this database by connections that have told it.
pub(super) async fn temp_bytes(connection: &mut PgConnection) -> Result<Option<u64>> {
    if !is_prompt(connection) {
        return Ok(None);
    }
    let bytes: i64 =
        sqlx::query_scalar("SELECT temp_bytes FROM pg_stat_database WHERE datname = current_database()")
            .fetch_one(connection)
            .await
            .map_err(could_not("ask what was written to temporary files"))?;
    Ok(Some(bytes.unsigned_abs()))
}

/// Has a connection tell now what it wrote to temporary files: by itself it does so within seconds, or when it has ended.
pub(super) async fn tell_temp_bytes(connection: &mut PgConnection) {
    if is_prompt(connection) {
        // Where that fails the connection is broken, and has told it.
        drop(sqlx::raw_sql("SELECT pg_catalog.pg_stat_force_next_flush()").execute(connection).await);
    }
}

fn is_prompt(connection: &PgConnection) -> bool {
    connection.server_version_num().is_some_and(|version| version >= PROMPT)
}
