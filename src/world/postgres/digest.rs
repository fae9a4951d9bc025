//! Rows reduced to digests, in order, by one streaming COPY.

mod only;
mod statement;
mod tuples;

use std::time::Instant;

use futures_util::TryStreamExt;
use sqlx::AssertSqlSafe;
use sqlx::postgres::PgConnection;
use tokio::sync::mpsc;

use self::statement::{Server, Statement};
use self::tuples::Tuples;
use super::connect::Connections;
use super::errors::{could_not, is_not_populated};
use crate::model::error::{Error, ErrorKind, Result};
use crate::model::tuples::TupleId;
use crate::world::database::{DigestQuery, RowDigest};

const BATCH: usize = 4096;

/// What a migration may have set for its role or database must not change how values print, and nothing that it made may
/// stand in for a function of the server. The server sorts with what the machine has: its planner thinks too little of
/// parallel work whose rows all leave it; and too much of remembering what a range of pages held, where no range comes
/// twice (that setting is not known to every version). It sends text in its own encoding, so that the bytes come as it sorted them.
const SESSION: &str = "SET search_path TO pg_catalog; SET TimeZone TO 'UTC'; SET DateStyle TO ISO, YMD; \
                       SET IntervalStyle TO postgres; SET extra_float_digits TO 1; SET bytea_output TO hex; \
                       SET xmlbinary TO base64; SET lc_monetary TO 'C'; \
                       SET enable_tidscan TO on; SET work_mem TO '64MB'; SET jit TO off; SET max_parallel_workers_per_gather TO 0; \
                       SET parallel_tuple_cost TO 0; SET parallel_setup_cost TO 0; \
                       SELECT set_config(name, 'off', false) FROM pg_settings WHERE name = 'enable_memoize'; \
                       SELECT set_config('client_encoding', current_setting('server_encoding'), false)";

/// A tuple id that is hashed to see whether the server does it as expected.
const PROBE: TupleId = TupleId { block: 0x0102_0304, offset: 0x0506 };

/// What the server can do. Both sides of a comparison run the same image, and so say the same.
async fn ask(connection: &mut PgConnection) -> sqlx::Result<Server> {
    if connection.server_version_num().is_none_or(|version| version < Server::HASHING) {
        return Ok(Server { hashes_rows: false, hashes_ids: false, reads_ranges: false });
    }
    let probe = format!("SELECT hashtid('({},{})')", PROBE.block, PROBE.offset);
    let hashed: i32 =
        sqlx::query_scalar(AssertSqlSafe(probe)).persistent(false).fetch_one(connection).await?;
    let hashes_ids = hashed == only::hash(PROBE).cast_signed();
    Ok(Server { hashes_rows: true, hashes_ids, reads_ranges: true })
}

/// A connection that is set up to read rows.
async fn reader(connections: &Connections, action: &str) -> Result<PgConnection> {
    if let Some(connection) = connections.borrow_reader() {
        return Ok(connection);
    }
    let mut connection = connections.fresh().await?;
    sqlx::raw_sql(SESSION).execute(&mut connection).await.map_err(could_not(action))?;
    Ok(connection)
}

/// Sends digests of the rows that are asked for in ascending byte order of their keys. Ends early, without an error, if nobody listens.
pub(super) async fn send(
    connections: &Connections,
    query: &DigestQuery,
    batches: mpsc::Sender<Vec<RowDigest>>,
) -> Result<()> {
    let action = format!("read the rows of {}", query.table);
    let malformed = || Error::new(ErrorKind::Bug, format!("could not {action}: a digest is malformed"));
    let begun = Instant::now();
    let mut connection = reader(connections, &action).await?;
    let server = ask(&mut connection).await.map_err(could_not(&action))?;
    let only = super::own_rows(&mut connection, &query.table).await.map_err(could_not(&action))?;
    let Statement { sql, layout } = Statement::new(query, server, only);
    let mut chunks = match connection.copy_out_raw(&sql).await {
        Err(error) if is_not_populated(&error) => return Ok(()),
        chunks => chunks.map_err(could_not(&action))?,
    };
    // It may name millions of places.
    drop(sql);
    let (mut tuples, mut rows, mut first_ms) = (Tuples::new(layout), 0, None);
    let mut batch = Vec::with_capacity(BATCH);
    while let Some(chunk) = chunks.try_next().await.map_err(could_not(&action))? {
        tuples.push(&chunk, |row| batch.push(row)).ok_or_else(malformed)?;
        if batch.len() >= BATCH {
            first_ms.get_or_insert_with(|| begun.elapsed().as_millis());
            rows += batch.len();
            let full = std::mem::replace(&mut batch, Vec::with_capacity(BATCH));
            if batches.send(full).await.is_err() {
                return Ok(());
            }
        }
    }
    if !tuples.are_complete() {
        return Err(malformed());
    }
    drop(chunks);
    super::disk::tell_temp_bytes(&mut connection).await;
    connections.give_back_reader(connection);
    rows += batch.len();
    tracing::debug!(table = %query.table, rows, first_ms, took_ms = begun.elapsed().as_millis(), "rows read");
    if !batch.is_empty() {
        // Nobody listening any more is the end in any case.
        drop(batches.send(batch).await);
    }
    Ok(())
}
