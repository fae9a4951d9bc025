//! psql in the container of a database, so that no client is needed here.

use std::collections::BTreeMap;

use super::exec::{ExecOrder, Streams, run_in};
use super::{instance, pick};
use crate::model::error::Result;
use crate::model::exec::TerminalSize;
use crate::model::stack::{ContainerFacts, StackName};
use crate::world::World;

/// Which database, and what psql is told.
pub struct PsqlOrder<'a> {
    /// The stack.
    pub name: &'a StackName,
    /// The service of the database; `None` if there is only one.
    pub database: Option<&'a str>,
    /// Arguments of psql.
    pub arguments: Vec<String>,
    /// The terminal on which it runs; `None` for plain pipes.
    pub terminal: Option<TerminalSize>,
}

/// Runs psql as the role that Compose names, on its database, and returns its exit code.
pub async fn psql(world: &World, order: PsqlOrder<'_>, streams: Streams<'_>) -> Result<i64> {
    let stack = instance::find(world, order.name).await?;
    let service = pick::database(&stack, order.database)?;
    let container = pick::running(world, &stack, &service).await?;
    let exec = ExecOrder {
        name: order.name,
        service: &service,
        command: std::iter::once("psql".to_owned()).chain(order.arguments).collect(),
        user: None,
        folder: None,
        environment: login(&container),
        terminal: order.terminal,
    };
    run_in(world, &container, exec, streams).await
}

/// By variables rather than by arguments: what the user says wins, and no password is where processes are listed.
fn login(container: &ContainerFacts) -> BTreeMap<String, String> {
    let (user, password, database) = container.login();
    let variables = [("PGUSER", Some(user)), ("PGPASSWORD", password), ("PGDATABASE", Some(database))];
    variables.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}
