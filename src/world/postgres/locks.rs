//! What is locked at one moment.

use std::collections::BTreeSet;

use sqlx::postgres::PgConnection;

use super::errors::could_not;
use crate::model::error::Result;
use crate::model::lock::{LockMode, LockSample, SampledLock};
use crate::model::migration::TakenLock;

/// One row for each lock, or for a process without any; one at least, for the time. Names are looked up by nobody: that would
/// lock catalogues. Microseconds count from the year 2000, as those in the write-ahead log. What a parallel worker holds its
/// leader holds, too. The clock is read behind the locks, so that whatever is missing was not held any more at that time or
/// not yet. Where processes are read before locks, what one has turned to may be what it did before: then that is too early to
/// say anything of the end of a lock that was seen.
const SAMPLE: &str = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint - 946684800000000, \
                      a.pid, (extract(epoch FROM coalesce(a.xact_start, \
                      CASE WHEN a.state IN ('idle', 'idle in transaction (aborted)') THEN a.state_change END)) * 1000000)::bigint - 946684800000000, \
                      l.relation::bigint, l.mode, l.virtualtransaction \
                      FROM (VALUES (1)) one LEFT JOIN (pg_stat_get_activity(NULL) a LEFT JOIN pg_locks l ON l.pid = a.pid \
                      AND l.locktype = 'relation' AND l.granted AND l.relation >= 16384 \
                      AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())) \
                      ON a.pid <> pg_backend_pid() AND a.backend_type = 'client backend' \
                      AND a.backend_start >= '2000-01-01 00:00:00+00'::timestamptz + $1 * interval '1 microsecond'";

/// How the number of a transaction ends when the server has taken it off its list and lets go of the locks next (`proc->lxid` is
/// cleared by `ProcArrayEndTransaction`, before `ResourceOwnerRelease`).
const ENDED: &str = "/0";

type Row = (i64, Option<i32>, Option<i64>, Option<i64>, Option<String>, Option<String>);

/// What connections that were opened since then hold.
pub(super) async fn sample(connection: &mut PgConnection, since_us: Option<i64>) -> Result<LockSample> {
    let rows: Vec<Row> = sqlx::query_as(SAMPLE)
        .bind(since_us)
        .fetch_all(connection)
        .await
        .map_err(could_not("look at the locks of the database"))?;
    let at_us = rows.iter().map(|row| row.0).min().unwrap_or_default();
    let turned_us = rows.iter().filter_map(|row| Some((row.1?, row.2?))).collect();
    Ok(LockSample { at_us, held: rows.into_iter().filter_map(lock).collect(), turned_us })
}

/// The server's clock, as [`LockSample::at_us`].
pub(super) async fn now_us(connection: &mut PgConnection) -> Result<i64> {
    sqlx::query_scalar("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint - 946684800000000")
        .fetch_one(connection)
        .await
        .map_err(could_not("ask for the server's time"))
}

/// What a connection holds, by its process.
const HELD_BY: &str = "SELECT relation::bigint, mode FROM pg_catalog.pg_locks WHERE pid = $1 AND locktype = 'relation' \
                       AND granted AND relation >= 16384 \
                       AND database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())";

/// The locks that a connection's transaction takes, from one look to the next.
pub(super) struct LocksTaken {
    pid: i32,
    held: BTreeSet<TakenLock>,
}

impl LocksTaken {
    /// By a connection that holds none yet.
    pub async fn by(connection: &mut PgConnection) -> Result<Self> {
        let pid = sqlx::query_scalar("SELECT pg_catalog.pg_backend_pid()")
            .persistent(false)
            .fetch_one(connection)
            .await
            .map_err(could_not("ask which process runs the migration"))?;
        Ok(Self { pid, held: BTreeSet::new() })
    }

    /// What it holds now and did not at the last look, as another connection sees it.
    pub async fn look(&mut self, watcher: &mut PgConnection) -> Result<Vec<TakenLock>> {
        let rows: Vec<(i64, String)> = sqlx::query_as(HELD_BY)
            .bind(self.pid)
            .fetch_all(watcher)
            .await
            .map_err(could_not("look at what the migration locked"))?;
        let taken = |(relation, mode): (i64, String)| {
            Some(TakenLock { relation: u32::try_from(relation).ok()?, mode: LockMode::of_server(&mode)? })
        };
        let held: BTreeSet<TakenLock> = rows.into_iter().filter_map(taken).collect();
        let new = held.difference(&self.held).copied().collect();
        self.held = held;
        Ok(new)
    }
}

fn lock((_, pid, _, relation, mode, transaction): Row) -> Option<SampledLock> {
    Some(SampledLock {
        relation: u32::try_from(relation?).ok()?,
        mode: LockMode::of_server(&mode?)?,
        pid: pid?,
        transaction: transaction.filter(|of| !of.ends_with(ENDED)),
    })
}
