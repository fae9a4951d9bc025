//! What the server's refusals mean.
//!
//! An error of sqlx holds the server's `detail` and `where`, which quote rows: it is never passed on as a cause, only the parts
//! that cannot hold personal data are.

use sqlx::postgres::{PgDatabaseError, PgErrorPosition};

use crate::model::error::{Error, ErrorKind, Result};
use crate::model::migration::SqlFailure;

/// The code of a server that could not write.
const DISK_FULL: &str = "53100";

/// The code of a materialized view that was never filled, or emptied by REFRESH … WITH NO DATA.
const NOT_POPULATED: &str = "55000";

/// Whether rows were asked of a materialized view that has none, and is not to be read before it has.
pub(super) fn is_not_populated(error: &sqlx::Error) -> bool {
    server_error(error).is_some_and(|server| server.code() == NOT_POPULATED)
}

/// The server's part of an error; `None` if it is not the server's.
pub(super) fn server_error(error: &sqlx::Error) -> Option<&PgDatabaseError> {
    match error {
        sqlx::Error::Database(error) => error.try_downcast_ref::<PgDatabaseError>(),
        _ => None,
    }
}

/// Splits what came of SQL that somebody else wrote: a refusal of the server is a fact, anything else an error.
pub(super) fn outcome<T>(
    action: &str,
    sql: &str,
    result: std::result::Result<T, sqlx::Error>,
) -> Result<std::result::Result<T, SqlFailure>> {
    match result {
        Ok(value) => Ok(Ok(value)),
        Err(error) => match server_error(&error).filter(|error| !is_ours(error.code())) {
            Some(server) => Ok(Err(failure(server, sql))),
            None => Err(could_not(action)(error)),
        },
    }
}

/// An error that says what could not be done, without a value of any row.
pub(super) fn could_not(action: &str) -> impl Fn(sqlx::Error) -> Error {
    move |error| {
        let Some(server) = server_error(&error) else {
            return Error::new(ErrorKind::Unreachable, format!("could not {action}: {error}"));
        };
        let message = without_values(server.code(), server.message());
        let message = format!("could not {action}: {message} ({})", server.code());
        if server.code() == DISK_FULL {
            return Error::new(ErrorKind::NoRoom, message)
                .hint("`stage doctor` tells how full pool and disk are, `stage seed remove KEY` makes room");
        }
        Error::new(ErrorKind::Unreachable, message)
    }
}

/// The fact of a refusal, with its place in `sql`.
fn failure(server: &PgDatabaseError, sql: &str) -> SqlFailure {
    let place = match server.position() {
        Some(PgErrorPosition::Original(position)) => Some(place(sql, position)),
        // A position in a query that a function built is no place in the user's file.
        Some(PgErrorPosition::Internal { .. }) | None => None,
    };
    SqlFailure {
        message: without_values(server.code(), server.message()),
        code: server.code().to_owned(),
        line: place.map(|(line, _)| line),
        column: place.map(|(_, column)| column),
        hint: server.hint().map(str::to_owned),
    }
}

/// The administrator, a crash or the end of the server, or a disk that is full: nothing that the SQL did.
fn is_ours(code: &str) -> bool {
    matches!(code, "57P01" | "57P02" | "57P03" | DISK_FULL)
}

/// Line and column, both from 1, of the `position`th character, from 1.
fn place(sql: &str, position: usize) -> (usize, usize) {
    let before = sql.chars().take(position.saturating_sub(1));
    before.fold((1, 1), |(line, column), c| if c == '\n' { (line + 1, 1) } else { (line, column + 1) })
}

/// Data exceptions (class 22) quote the value they stumbled over, behind a colon.
fn without_values(code: &str, message: &str) -> String {
    match message.split_once(": \"") {
        Some((what, _)) if code.starts_with("22") => format!("{what}: \"…\""),
        _ => message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_counts_lines_and_characters_from_one() {
        assert_eq!(place("SELECT x", 8), (1, 8));
        assert_eq!(place("-- é\nDELETE FORM x", 13), (2, 8));
        assert_eq!(place("", 1), (1, 1));
    }

    #[test]
    fn a_value_that_the_server_quotes_is_left_out() {
        let message = "invalid input syntax for type integer: \"ada@example.org\"";
        assert_eq!(without_values("22P02", message), "invalid input syntax for type integer: \"…\"");
        assert_eq!(without_values("42P01", "relation \"x\" does not exist"), "relation \"x\" does not exist");
    }
}
