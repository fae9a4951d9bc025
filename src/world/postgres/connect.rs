//! Connections: the first one as soon as the server answers, a few that are shared, and fresh ones for other people's SQL.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use secrecy::ExposeSecret;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions, Connection};
use tokio::time::{Instant, sleep, timeout};

use super::errors::{could_not, server_error};
use crate::model::error::{Error, ErrorKind, Result};
use crate::world::database::Address;

/// How the server knows our connections.
pub(super) const APPLICATION: &str = "stage";
/// Short, as a server needs 14 to 20 ms from its first breath to its first answer, and a refusal costs a tenth of that.
const RETRY: Duration = Duration::from_millis(5);
/// A server that has been starting for long recovers, or shares its machine with many that start: it is asked less and less
/// often, and known at most a twentieth of its time too late.
const LONGEST_RETRY: Duration = Duration::from_millis(100);
/// An attempt that takes longer is stuck: the engine's proxy accepts for a server that does not listen yet.
const ATTEMPT: Duration = Duration::from_secs(5);

/// Connections to one database.
#[derive(Debug)]
pub(super) struct Connections {
    options: PgConnectOptions,
    idle: Mutex<Vec<PgConnection>>,
    /// Those that are set up to read rows, and do nothing else.
    readers: Mutex<Vec<PgConnection>>,
}

impl Connections {
    /// Connects as soon as the server answers, or gives up with kind `Unreachable` after `patience`. A refused password or a
    /// missing database is not waited for.
    pub(super) async fn open(at: &Address, patience: Duration) -> Result<Self> {
        let options = PgConnectOptions::new_without_pgpass()
            .host(&at.socket.ip().to_string())
            .port(at.socket.port())
            .username(&at.user)
            .password(at.password.expose_secret())
            .database(&at.database)
            .application_name(APPLICATION)
            // Slow statements would be logged with their text.
            .disable_statement_logging();
        let begun = Instant::now();
        let deadline = begun + patience;
        loop {
            let remaining = deadline.saturating_duration_since(Instant::now()).min(ATTEMPT);
            let attempt = timeout(remaining, PgConnection::connect_with(&options)).await;
            let refusal = match attempt {
                Ok(Ok(connection)) => return Ok(Self::with(options, connection)),
                Ok(Err(refusal)) => Some(refusal),
                Err(_) => None,
            };
            if let Some(error) = refusal.as_ref().and_then(|refusal| hopeless(at, refusal)) {
                return Err(error);
            }
            let retry = (begun.elapsed() / 20).clamp(RETRY, LONGEST_RETRY);
            if Instant::now() + retry >= deadline {
                return Err(silent(at, patience, refusal.as_ref()));
            }
            sleep(retry).await;
        }
    }

    /// Connections to another database of the same server, which answers.
    pub(super) async fn beside(&self, database: &str) -> Result<Self> {
        let options = self.options.clone().database(database);
        let first = PgConnection::connect_with(&options)
            .await
            .map_err(could_not(&format!("connect to the database `{database}` of the same server")))?;
        Ok(Self::with(options, first))
    }

    fn with(options: PgConnectOptions, first: PgConnection) -> Self {
        Self { options, idle: Mutex::new(vec![first]), readers: Mutex::default() }
    }

    /// A connection that nobody else has used.
    pub(super) async fn fresh(&self) -> Result<PgConnection> {
        PgConnection::connect_with(&self.options).await.map_err(could_not("connect to the database"))
    }

    /// A connection for questions of our own. One that failed must not be given back.
    pub(super) async fn borrow(&self) -> Result<PgConnection> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        match idle {
            Some(connection) => Ok(connection),
            None => self.fresh().await,
        }
    }

    /// Gives back what [`Self::borrow`] gave.
    pub(super) fn give_back(&self, connection: PgConnection) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
    }

    /// A connection that was set up to read rows and given back; `None` if there is none.
    pub(super) fn borrow_reader(&self) -> Option<PgConnection> {
        self.readers.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    /// Gives back a connection that is set up to read rows, and has read all that it was asked for.
    pub(super) fn give_back_reader(&self, connection: PgConnection) {
        self.readers.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
    }

    /// Ends all connections that are not in use, politely.
    pub(super) async fn close(&self) {
        let all =
            |list: &Mutex<Vec<_>>| std::mem::take(&mut *list.lock().unwrap_or_else(PoisonError::into_inner));
        for connection in all(&self.idle).into_iter().chain(all(&self.readers)) {
            // The server may be gone already, and then so is the connection.
            drop(connection.close().await);
        }
    }
}

/// The error of a refusal that waiting does not mend.
fn hopeless(at: &Address, refusal: &sqlx::Error) -> Option<Error> {
    let server = server_error(refusal)?;
    let error = match server.code() {
        "28P01" | "28000" => Error::new(
            ErrorKind::Config,
            format!("the database at {} refuses role `{}`: {}", at.socket, at.user, server.message()),
        )
        .hint("`POSTGRES_USER` and `POSTGRES_PASSWORD` of the service must be those of its data"),
        "3D000" => Error::new(
            ErrorKind::Config,
            format!("the server at {} has no database `{}`", at.socket, at.database),
        )
        .hint("`POSTGRES_DB` of the service names it"),
        _ => return None,
    };
    Some(error)
}

fn silent(at: &Address, patience: Duration, refusal: Option<&sqlx::Error>) -> Error {
    let why = refusal.map_or_else(|| "it did not answer".to_owned(), ToString::to_string);
    Error::new(
        ErrorKind::Unreachable,
        format!("no database answers at {} after {:.1} s: {why}", at.socket, patience.as_secs_f64()),
    )
}
