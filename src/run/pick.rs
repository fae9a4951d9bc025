//! Which parts of a stack that stands the user means, and whether they are there.

use std::collections::BTreeMap;

use crate::config::nearest;
use crate::model::environment::Environment;
use crate::model::error::{Error, ErrorKind, Result};
use crate::model::stack::{ContainerFacts, ContainerStatus, Stack};
use crate::plan;
use crate::world::World;

/// The containers of these services, in their order; of all services if none is named.
pub fn containers(stack: &Stack, services: &[String]) -> Result<BTreeMap<String, String>> {
    if services.is_empty() {
        return Ok(stack.containers.clone());
    }
    services.iter().map(|service| Ok((service.clone(), container(stack, service)?.to_owned()))).collect()
}

/// Whether all that should stand does: somebody may have removed a container of a stack, and then it does not stand, whatever
/// its lease says. An error of kind `Unreachable` names what is missing.
pub fn whole(environment: &Environment, stack: &Stack) -> Result<()> {
    let mut missing: Vec<&str> = plan::standing_services(environment)
        .into_iter()
        .filter(|name| !stack.containers.contains_key(*name))
        .collect();
    if environment.mail.is_some() && stack.sink.is_none() {
        missing.push("what catches its mail");
    }
    none_of(stack, &missing)
}

/// Whether its databases are there, for work that needs nothing else, whatever its environment says by now. An error as of
/// [`whole`].
pub fn with_databases(stack: &Stack) -> Result<()> {
    let names = stack.seeds.keys().map(String::as_str);
    none_of(stack, &names.filter(|name| !stack.containers.contains_key(*name)).collect::<Vec<_>>())
}

fn none_of(stack: &Stack, missing: &[&str]) -> Result<()> {
    if missing.is_empty() { Ok(()) } else { Err(without(stack, missing)) }
}

fn without(stack: &Stack, missing: &[&str]) -> Error {
    let instance = &stack.instance;
    Error::new(ErrorKind::Unreachable, format!("{instance} stands without {}", missing.join(", ")))
        .hint(format!("`stage down {instance}`, and `stage up` stands a whole one up"))
}

fn container<'a>(stack: &'a Stack, service: &str) -> Result<&'a str> {
    stack.containers.get(service).map(String::as_str).ok_or_else(|| {
        if stack.seeds.contains_key(service) {
            return without(stack, &[service]);
        }
        let message = format!("{} has no service `{service}`", stack.instance);
        unknown(message, service, stack.containers.keys().map(String::as_str))
    })
}

/// The container of a service, which must run.
pub async fn running(world: &World, stack: &Stack, service: &str) -> Result<ContainerFacts> {
    let container = container(stack, service)?;
    let found = world.engine.containers(&[container.to_owned()]).await?.pop();
    let state = match found.as_ref().map(|found| found.status) {
        Some(ContainerStatus::Running) => None,
        Some(ContainerStatus::Exited(code)) => Some(format!("it has exited with {code}")),
        Some(ContainerStatus::Created) => Some("it was never started".to_owned()),
        None => Some("its container is gone".to_owned()),
    };
    match (found, state) {
        (Some(found), None) => Ok(found),
        (_, state) => Err(not_running(stack, service, &state.unwrap_or_default())),
    }
}

fn not_running(stack: &Stack, service: &str, state: &str) -> Error {
    let instance = &stack.instance;
    let again = format!("stage up {} --name {instance}", stack.environment);
    Error::new(ErrorKind::Usage, format!("service `{service}` of {instance} is not running: {state}"))
        .hint(format!("what it said last: `stage logs {instance} {service} --tail 20`"))
        .hint(format!("`{again}` starts what was stopped, as after a restart of the machine"))
}

/// The service of the database that is meant: the one that is named, or the only one.
pub fn database(stack: &Stack, named: Option<&str>) -> Result<String> {
    let databases: Vec<&str> = stack.seeds.keys().map(String::as_str).collect();
    let instance = &stack.instance;
    match (named, databases.as_slice()) {
        (Some(named), all) if all.contains(&named) => Ok(named.to_owned()),
        (Some(named), all) => {
            Err(unknown(format!("{instance} has no database `{named}`"), named, all.iter().copied()))
        }
        (None, [only]) => Ok((*only).to_owned()),
        (None, []) => Err(Error::new(ErrorKind::Usage, format!("{instance} has no database"))),
        (None, several) => {
            let all =
                several.iter().map(|one| format!("`--database {one}`")).collect::<Vec<_>>().join(" or ");
            let message = format!("{instance} has {} databases", several.len());
            Err(Error::new(ErrorKind::Usage, message).hint(format!("say {all}")))
        }
    }
}

fn unknown<'a>(message: String, named: &str, known: impl Iterator<Item = &'a str> + Clone) -> Error {
    let all = known.clone().collect::<Vec<_>>().join(", ");
    let mut error = Error::new(ErrorKind::Usage, message);
    if let Some(near) = nearest(named, known) {
        error = error.hint(format!("did you mean `{near}`?"));
    }
    error.hint(format!("there are: {all}"))
}
