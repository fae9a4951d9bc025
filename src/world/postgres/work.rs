//! How much a server has worked for its clients: what tells an idle stack from one that is used.

use sqlx::postgres::PgConnection;

use super::errors::could_not;
use crate::model::error::Result;
use crate::model::stack::Work;

/// Statements of clients alone count: neither a connection that a pool holds open, nor `pg_isready`, nor autovacuum. Our
/// own run in a database that is left out.
const ASK: &str = "SELECT EXISTS (SELECT FROM pg_stat_activity \
                   WHERE backend_type = 'client backend' AND state <> 'idle' AND datname <> current_database()), \
                   (SELECT coalesce(sum(active_time), 0)::text FROM pg_stat_database \
                   WHERE datname <> current_database())";

/// Asks.
pub(super) async fn ask(connection: &mut PgConnection) -> Result<Work> {
    let (is_under_way, done): (bool, String) = sqlx::query_as(ASK)
        .fetch_one(connection)
        .await
        .map_err(could_not("ask how much the server has worked"))?;
    Ok(Work { is_under_way, done })
}
