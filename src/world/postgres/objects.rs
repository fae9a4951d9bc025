//! What large objects hold, as digests of the server's own.

use sqlx::postgres::PgConnection;

use super::errors::could_not;
use crate::model::error::Result;
use crate::model::object::{ObjectDigests, WhichObjects};
use crate::model::tuples::TupleIds;

/// The pages are digested one by one, so that no server holds a whole object in memory; a page that is not there is zeros, which
/// its number tells.
const DIGESTS: &str = "SELECT m.oid::bigint, coalesce(( \
                           SELECT md5(string_agg(l.pageno || ':' || md5(l.data), ',' ORDER BY l.pageno)) \
                           FROM pg_catalog.pg_largeobject l WHERE l.loid = m.oid \
                       ), '') \
                       FROM pg_catalog.pg_largeobject_metadata m";

/// Those with ids of a list, and those with a row at places of two others.
const TOUCHED: &str = " WHERE m.oid IN (SELECT unnest($1::bigint[])::oid \
                       UNION SELECT oid FROM pg_catalog.pg_largeobject_metadata WHERE ctid = ANY($2::text[]::tid[]) \
                       UNION SELECT loid FROM pg_catalog.pg_largeobject WHERE ctid = ANY($3::text[]::tid[]))";

/// How many there are.
pub(super) async fn count(connection: &mut PgConnection) -> Result<u64> {
    let count: i64 = sqlx::query_scalar("SELECT count(*) FROM pg_catalog.pg_largeobject_metadata")
        .fetch_one(connection)
        .await
        .map_err(could_not("count large objects"))?;
    Ok(count.unsigned_abs())
}

/// Digests of the objects that are there.
pub(super) async fn digests(connection: &mut PgConnection, which: &WhichObjects) -> Result<ObjectDigests> {
    let rows: sqlx::Result<Vec<(i64, String)>> = match which {
        WhichObjects::All => sqlx::query_as(DIGESTS).fetch_all(connection).await,
        WhichObjects::Touched { ids, objects, pages } => {
            let ids: Vec<i64> = ids.iter().copied().map(i64::from).collect();
            // Concatenated where it is compiled: nothing of it is anybody's input.
            let sql = sqlx::AssertSqlSafe(format!("{DIGESTS}{TOUCHED}"));
            sqlx::query_as(sql)
                .bind(ids)
                .bind(places(objects))
                .bind(places(pages))
                .persistent(false)
                .fetch_all(connection)
                .await
        }
    };
    let rows = rows.map_err(could_not("compare large objects"))?;
    Ok(rows.into_iter().filter_map(|(id, digest)| Some((u32::try_from(id).ok()?, digest))).collect())
}

fn places(ids: &TupleIds) -> Vec<String> {
    ids.iter().map(|id| format!("({},{})", id.block, id.offset)).collect()
}
