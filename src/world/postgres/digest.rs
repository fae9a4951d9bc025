//! Rows reduced to digests, in order, by one streaming COPY.

mod statement;
mod tuples;

use futures_util::TryStreamExt;
use sqlx::postgres::PgConnection;
use tokio::sync::mpsc;

use self::statement::{Statement, hashes_rows};
use self::tuples::Tuples;
use super::errors::could_not;
use crate::model::error::{Error, ErrorKind, Result};
use crate::world::database::{DigestQuery, RowDigest};

const BATCH: usize = 4096;

/// What a migration may have set for its role or database must not change how values print, and nothing that it made may
/// stand in for a function of the server. The server sorts with what the machine has: its planner thinks too little of
/// parallel work whose rows all leave it. It sends text in its own encoding, so that the bytes come as it sorted them.
const SESSION: &str = "SET search_path TO pg_catalog; SET TimeZone TO 'UTC'; SET DateStyle TO ISO, YMD; \
                       SET IntervalStyle TO postgres; SET extra_float_digits TO 1; SET bytea_output TO hex; \
                       SET xmlbinary TO base64; SET lc_monetary TO 'C'; \
                       SET work_mem TO '64MB'; SET jit TO off; SET max_parallel_workers_per_gather TO 0; \
                       SET parallel_tuple_cost TO 0; SET parallel_setup_cost TO 0; \
                       SELECT set_config('client_encoding', current_setting('server_encoding'), false)";

/// Sends digests of all rows in ascending byte order of their keys. Ends early, without an error, if nobody listens.
pub(super) async fn send(
    mut connection: PgConnection,
    query: &DigestQuery,
    batches: mpsc::Sender<Vec<RowDigest>>,
) -> Result<()> {
    let action = format!("read the rows of {}", query.table);
    let malformed = || Error::new(ErrorKind::Bug, format!("could not {action}: a digest is malformed"));
    sqlx::raw_sql(SESSION).execute(&mut connection).await.map_err(could_not(&action))?;
    let Statement { sql, layout } = Statement::new(query, hashes_rows(connection.server_version_num()));
    let mut chunks = connection.copy_out_raw(&sql).await.map_err(could_not(&action))?;
    let mut tuples = Tuples::new(layout);
    let mut batch = Vec::with_capacity(BATCH);
    while let Some(chunk) = chunks.try_next().await.map_err(could_not(&action))? {
        tuples.push(&chunk, |row| batch.push(row)).ok_or_else(malformed)?;
        if batch.len() >= BATCH {
            let full = std::mem::replace(&mut batch, Vec::with_capacity(BATCH));
            if batches.send(full).await.is_err() {
                return Ok(());
            }
        }
    }
    if !tuples.are_complete() {
        return Err(malformed());
    }
    if !batch.is_empty() {
        // Nobody listening any more is the end in any case.
        drop(batches.send(batch).await);
    }
    Ok(())
}
