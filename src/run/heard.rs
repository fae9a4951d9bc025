//! What the services of a stack wrote, by kinds of lines.

use std::collections::BTreeMap;

use futures_util::TryStreamExt;
use jiff::Timestamp;

use crate::execute::Run;
use crate::model::environment::Environment;
use crate::model::error::Result;
use crate::model::log::LogWindow;
use crate::observe::logs::{Heard, Secrets, Tally};
use crate::plan::{self, Identity};

/// When each database wrote its last line before the services started, by the engine's clock.
pub type Marks = BTreeMap<String, Timestamp>;

/// What databases wrote up to now is no doing of the services.
pub async fn marks(run: &Run, environment: &Environment, identity: &Identity) -> Result<Marks> {
    let mut marks = Marks::new();
    let last = LogWindow { tail: Some(1), ..LogWindow::default() };
    for database in environment.databases.keys() {
        let container = identity.names().container(database);
        let mut lines = run.world.engine.logs(&container, &last).await?;
        while let Some(line) = run.stop.or(lines.try_next()).await? {
            marks.insert(database.clone(), line.time);
        }
    }
    Ok(marks)
}

/// What services wrote, those that are done included; the suite has its own report. Of databases only failures count, as
/// what else they write is no answer to anybody.
pub async fn heard(
    run: &Run,
    environment: &Environment,
    identity: &Identity,
    marks: &Marks,
) -> Result<Heard> {
    let secrets = secrets(environment);
    let mut heard = Heard::new();
    for service in plan::standing_services(environment) {
        let is_database = environment.databases.contains_key(service);
        let mut tally = if is_database { Tally::of_errors() } else { Tally::default() };
        let mark = marks.get(service);
        let container = identity.names().container(service);
        let mut lines = run.world.engine.logs(&container, &LogWindow::default()).await?;
        while let Some(line) = run.stop.or(lines.try_next()).await? {
            if mark.is_none_or(|mark| line.time > *mark) {
                tally.add(&line.bytes, &secrets);
            }
        }
        heard.insert(service.to_owned(), tally);
    }
    Ok(heard)
}

/// What no line may tell: whatever any service was given as a secret.
pub fn secrets(environment: &Environment) -> Secrets {
    let variables = environment.services.values().flat_map(|service| &service.runtime.environment);
    Secrets::among(variables.map(|(name, value)| (name.as_str(), value.as_str())))
}
