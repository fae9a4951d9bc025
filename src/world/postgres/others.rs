//! Connections of others: a client that was ended may leave a statement running, which would still change the database.

use std::time::Duration;

use sqlx::postgres::PgConnection;
use tokio::time::{Instant, sleep};

use super::connect::APPLICATION;
use super::errors::could_not;
use crate::model::error::{Error, ErrorKind, Result};

const POLL: Duration = Duration::from_millis(20);
/// A statement that is told to end rolls back at once; one that does not within this time never will.
const PATIENCE: Duration = Duration::from_secs(30);

const END: &str = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
                   WHERE backend_type = 'client backend' \
                   AND pid <> pg_backend_pid() AND application_name <> $1";

/// Ends them, and waits until they are gone.
pub(super) async fn hang_up(connection: &mut PgConnection) -> Result<()> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let left: i64 = sqlx::query_scalar(END)
            .bind(APPLICATION)
            .fetch_one(&mut *connection)
            .await
            .map_err(could_not("end the connections of others"))?;
        if left == 0 {
            return Ok(());
        }
        if Instant::now() >= deadline {
            let message = format!("{left} connections to the migrated server do not end");
            return Err(Error::new(ErrorKind::Unverified, message));
        }
        sleep(POLL).await;
    }
}
