//! The connections of the traffic at one moment, and what they wait for.

use std::net::Ipv4Addr;

use sqlx::postgres::PgConnection;

use super::errors::could_not;
use crate::model::error::Result;
use crate::model::lock::LockMode;
use crate::model::traffic::{Awaited, LockWait, TrafficSample, TrafficSession};

/// One row at least, for the time, which is read behind the locks. Who waits for the transaction that changed a row mostly
/// holds a lock on that row's place, which names the table, and always one to write on the table. Names are looked up by
/// nobody. `waitstart` is read by way of JSON, as servers before 14 have none. Blockers that no client stands behind, such as
/// those of autovacuum, are left out.
const SAMPLE: &str = "WITH clients AS MATERIALIZED ( \
                      SELECT a.pid, a.query_start, coalesce(a.client_addr = ANY($1::inet[]), false) AS is_traffic \
                      FROM pg_stat_get_activity(NULL) a WHERE a.backend_type = 'client backend' \
                      AND a.datid = (SELECT oid FROM pg_database WHERE datname = current_database())), \
                      locks AS MATERIALIZED (SELECT l.* FROM pg_locks l) \
                      SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint - 946684800000000, \
                      c.pid, (extract(epoch FROM c.query_start) * 1000000)::bigint - 946684800000000, \
                      w.locktype, w.mode, w.relations, \
                      (extract(epoch FROM w.since) * 1000000)::bigint - 946684800000000, w.blockers \
                      FROM (VALUES (1)) one LEFT JOIN clients c ON c.is_traffic LEFT JOIN LATERAL ( \
                      SELECT l.locktype, l.mode, (to_jsonb(l) ->> 'waitstart')::timestamptz AS since, \
                      CASE WHEN l.relation IS NOT NULL THEN ARRAY[l.relation::bigint] ELSE ARRAY( \
                      SELECT t.relation::bigint FROM locks t WHERE t.pid = l.pid AND t.granted AND t.relation IS NOT NULL \
                      AND l.locktype = 'transactionid' AND (t.locktype = 'tuple' OR (t.mode = 'RowExclusiveLock' AND \
                      NOT EXISTS (SELECT FROM locks o WHERE o.pid = l.pid AND o.locktype = 'tuple' AND o.granted)))) \
                      END AS relations, \
                      ARRAY(SELECT b FROM unnest(pg_blocking_pids(l.pid)) b WHERE b IN (SELECT pid FROM clients)) \
                      AS blockers FROM locks l WHERE l.pid = c.pid AND NOT l.granted LIMIT 1) w ON true";

type Row = (
    i64,
    Option<i32>,
    Option<i64>,
    Option<String>,
    Option<String>,
    Option<Vec<i64>>,
    Option<i64>,
    Option<Vec<i32>>,
);

/// The connections that come from one of `addresses`.
pub(super) async fn sample(connection: &mut PgConnection, addresses: &[Ipv4Addr]) -> Result<TrafficSample> {
    let addresses: Vec<String> = addresses.iter().map(ToString::to_string).collect();
    let rows: Vec<Row> = sqlx::query_as(SAMPLE)
        .bind(addresses)
        .fetch_all(connection)
        .await
        .map_err(could_not("look at what the traffic waits for"))?;
    let at_us = rows.iter().map(|row| row.0).min().unwrap_or_default();
    Ok(TrafficSample { at_us, sessions: rows.into_iter().filter_map(session).collect() })
}

fn session((_, pid, statement_us, kind, mode, relations, since_us, blockers): Row) -> Option<TrafficSession> {
    let wait = kind.map(|kind| LockWait {
        relations: relations
            .unwrap_or_default()
            .into_iter()
            .filter_map(|oid| u32::try_from(oid).ok())
            .collect(),
        of: awaited(&kind, mode.as_deref()),
        since_us,
        blockers: blockers.unwrap_or_default(),
    });
    Some(TrafficSession { pid: pid?, statement_us, wait })
}

fn awaited(kind: &str, mode: Option<&str>) -> Awaited {
    match (kind, mode.and_then(LockMode::of_server)) {
        ("relation", Some(mode)) => Awaited::Relation(mode),
        ("tuple" | "transactionid", _) => Awaited::Row,
        _ => Awaited::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locks_of_the_server_are_told_by_what_they_are_on() {
        let write = Awaited::Relation(LockMode::RowExclusive);
        assert_eq!(awaited("relation", Some("RowExclusiveLock")), write);
        assert_eq!(awaited("tuple", Some("ExclusiveLock")), Awaited::Row);
        assert_eq!(awaited("transactionid", Some("ShareLock")), Awaited::Row);
        assert_eq!(awaited("advisory", Some("ExclusiveLock")), Awaited::Other);
    }
}
