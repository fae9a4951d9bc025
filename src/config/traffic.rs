//! The `traffic` of `stage.yaml`: a command, or a script for `pgbench`.

use super::databases::Databases;
use super::fields::{self, Fields};
use super::migrations;
use super::node::Node;
use super::problems::{Problems, problem};
use super::stage_file::Context;
use super::suite;
use crate::model::traffic::TrafficSpec;

/// Connections of a script that does not say how many.
const CLIENTS: u16 = 4;
/// More than any server takes that is not set up for it.
const MOST_CLIENTS: u16 = 1_000;
/// Keys that only one of both kinds has.
const OF_SCRIPTS: [&str; 2] = ["database", "clients"];
const OF_COMMANDS: [&str; 1] = ["service"];

/// The traffic, unless it says neither what nor where.
pub fn read(
    node: &Node,
    databases: &Databases,
    context: &Context<'_>,
    problems: &mut Problems,
) -> Option<TrafficSpec> {
    let expected = "a map with `service` and `command`, or with `database` and `pgbench`";
    let file = Fields::of(node, expected, problems)?;
    let (script, command) = (file.entry("pgbench"), file.entry("command"));
    let traffic = match (script, command) {
        (Some(_), Some(command)) => {
            let message = "traffic is either `pgbench` or a `command`";
            problems.push(problem(&command.key_location, message));
            file.ignore(&OF_SCRIPTS);
            file.ignore(&OF_COMMANDS);
            None
        }
        (Some(entry), None) => {
            file.refuse(&OF_COMMANDS.map(|key| (key, "goes with a `command`, not with `pgbench`")), problems);
            script_of(&file, &entry.value, databases, context, problems)
        }
        (None, Some(entry)) => {
            file.refuse(&OF_SCRIPTS.map(|key| (key, "goes with `pgbench`, not with a `command`")), problems);
            command_of(&file, &entry.value, databases, context, problems)
        }
        (None, None) => {
            problems.push(problem(file.location, "the traffic has neither `pgbench` nor `command`"));
            file.ignore(&OF_SCRIPTS);
            file.ignore(&OF_COMMANDS);
            None
        }
    };
    file.finish(problems);
    traffic
}

fn script_of(
    file: &Fields<'_>,
    script: &Node,
    databases: &Databases,
    context: &Context<'_>,
    problems: &mut Problems,
) -> Option<TrafficSpec> {
    let database = match (file.take("database"), databases.len()) {
        (Some(node), _) => migrations::database(node, databases, problems),
        (None, 1) => databases.keys().next().cloned(),
        (None, _) => {
            problems.push(problem(file.location, "the traffic has no `database`, and there is not just one"));
            None
        }
    };
    let clients = file.take("clients").and_then(|node| {
        let expected = "a number of connections from 1 to 1000";
        fields::parsed(node, expected, problems, |text| {
            text.parse().ok().filter(|clients| (1..=MOST_CLIENTS).contains(clients))
        })
    });
    let (file, text) = context.file(script, problems)?;
    if text.trim().is_empty() {
        problems.push(problem(&script.location, "the script is empty"));
    }
    Some(TrafficSpec::Script { database: database?, file, text, clients: clients.unwrap_or(CLIENTS) })
}

fn command_of(
    file: &Fields<'_>,
    command: &Node,
    databases: &Databases,
    context: &Context<'_>,
    problems: &mut Problems,
) -> Option<TrafficSpec> {
    let service = file.require("service", "the traffic", problems).and_then(|node| {
        let service = context.service(node, problems)?;
        if databases.contains_key(&service) {
            let message = format!("service `{service}` is a database: it runs already, on its clone");
            let hint = "name the service whose image holds the command, or let `pgbench` run a script";
            problems.push(problem(&node.location, message).hint(hint));
        }
        Some(service)
    });
    let words = suite::command(command, problems)?;
    if words.is_empty() {
        problems.push(problem(&command.location, "the command has no words"));
    }
    Some(TrafficSpec::Command { service: service?, command: words })
}
