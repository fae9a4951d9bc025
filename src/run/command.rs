//! A migration by a command: run to its end or its time, and what came of it as a fact.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::migrations::Outset;
use crate::execute;
use crate::model::call::Undo;
use crate::model::environment::MigrationCommand;
use crate::model::error::Result;
use crate::model::migration::{Migration, MigrationRun, SqlFailure};
use crate::plan;
use crate::world::Database;

/// How many lines of its output a report keeps.
const TAIL_LINES: usize = 30;
const HINT: &str = "read the last lines of its output in the report";

/// Runs a command, given with its number among all migrations. Where nobody but migrations works on the database, nobody
/// but `stage` is connected to it any more when this returns, so that what is measured next stays as it is.
pub async fn run(
    outset: &Outset<'_>,
    (command, number): (&MigrationCommand, usize),
    migration: Migration,
    database: Arc<dyn Database>,
) -> Result<MigrationRun> {
    let Outset { run, identity, .. } = outset;
    let engine = &run.world.engine;
    let container = identity.names().migration(number);
    let begun = Instant::now();
    let started = execute::apply(run, &plan::run_command(identity, command, number)).await;
    let word = command.command.first().map_or("", String::as_str);
    let started = started.map_err(|error| {
        error.hint(format!("is `{word}` in the image of service `{}`, and executable?", command.service))
    })?;
    if let Some(failure) = started {
        return Err(super::unfit(&failure));
    }
    let code = engine.await_exit(&container, Duration::from_secs(command.timeout_s)).await?;
    let duration_s = begun.elapsed().as_secs_f64();
    let message = match code {
        Some(0) => None,
        Some(code) => Some(format!("exited with {code}")),
        None => Some(format!("still running after {} s", command.timeout_s)),
    };
    let mut output_tail = None;
    if message.is_some() {
        output_tail = Some(engine.output_tail(&container, TAIL_LINES).await?);
    }
    if code.is_none() {
        engine.undo(&Undo::RemoveContainer { name: container, run: identity.run.0.clone() }).await?;
    }
    if outset.is_alone {
        database.hang_up_others().await?;
    }
    let failure = message.map(|message| SqlFailure {
        message,
        code: String::new(),
        line: None,
        column: None,
        hint: output_tail.as_ref().map(|_| HINT.to_owned()),
    });
    Ok(MigrationRun { migration, duration_s, failure, output_tail, statements: Vec::new() })
}
