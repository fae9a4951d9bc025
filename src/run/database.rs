//! Reaching a database of the stack, as the role that Compose names.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::execute::Run;
use crate::model::error::{Error, ErrorKind, Location, Result};
use crate::model::migration::SqlFailure;
use crate::model::service::Runtime;
use crate::plan;
use crate::world::{Address, Database};

/// Connects to the server in `container` as soon as it answers.
pub async fn connect(
    run: &Run,
    container: &str,
    runtime: &Runtime,
    timeout: Duration,
) -> Result<Arc<dyn Database>> {
    let variable = |name: &str| runtime.environment.get(name).filter(|value| !value.is_empty()).cloned();
    let user = variable("POSTGRES_USER").unwrap_or_else(|| "postgres".to_owned());
    let database = variable("POSTGRES_DB").unwrap_or_else(|| user.clone());
    let password = variable("POSTGRES_PASSWORD").unwrap_or_default();
    let socket = run.world.engine.reach(container, plan::POSTGRES_PORT).await?;
    let address = Address { socket, user, password: password.into(), database };
    match run.stop.or(run.world.databases.connect(&address, timeout)).await {
        Ok(database) => Ok(database),
        Err(error) if error.kind == ErrorKind::Unreachable => {
            // What the server itself said is the best hint there is; it knows no rows yet.
            let tail = run.world.engine.output_tail(container, 5).await.unwrap_or_default();
            Err(error.hint(format!("the last lines of {container}:\n{tail}")))
        }
        Err(error) => Err(error),
    }
}

/// A failure in SQL of the user's, at its place in the file.
pub fn sql_error(kind: ErrorKind, path: &Path, failure: &SqlFailure) -> Error {
    let mut error = Error::new(kind, format!("{} ({})", failure.message, failure.code));
    if let Some(line) = failure.line {
        let column = failure.column.unwrap_or(1);
        error = error.at(Location { file: path.to_owned(), line, column });
    }
    if let Some(hint) = &failure.hint {
        error = error.hint(hint.clone());
    }
    error
}
