//! The `suite` of `stage.yaml`.

use std::path::PathBuf;

use super::amount;
use super::fields::{self, Fields};
use super::node::{Node, Value};
use super::problems::{Problems, problem};
use super::stage_file::{Context, UNSUPPORTED};
use crate::model::suite::SuiteSpec;

/// How long a suite may take that does not say, in seconds.
const TIMEOUT_S: u64 = 600;

/// The suite, unless it names no service.
pub fn read(node: &Node, context: &Context<'_>, problems: &mut Problems) -> Option<SuiteSpec> {
    let file = Fields::of(node, "a map with `service`, `command` …", problems)?;
    let service =
        file.require("service", "the suite", problems).and_then(|node| context.service(node, problems));
    let command = file.take("command").and_then(|node| command(node, problems));
    let junit = file.take("junit").and_then(|node| junit(node, problems));
    let timeout_s = file.take("timeout").and_then(|node| duration(node, problems)).unwrap_or(TIMEOUT_S);
    file.refuse(&[("coverage", UNSUPPORTED)], problems);
    file.finish(problems);
    Some(SuiteSpec { service: service?, command, junit, timeout_s })
}

/// Seconds of a duration such as `4h`.
pub fn duration(node: &Node, problems: &mut Problems) -> Option<u64> {
    fields::parsed(node, "a duration such as `4h` or `90s`", problems, amount::seconds)
}

/// A command as a list of words, or as a line that is split like a shell does.
pub fn command(node: &Node, problems: &mut Problems) -> Option<Vec<String>> {
    const EXPECTED: &str = "a command: a text or a list of words";
    let words =
        match &node.value {
            Value::List(items) => items
                .iter()
                .map(|item| {
                    if item.is_null() { Some(String::new()) } else { fields::text(item, EXPECTED, problems) }
                })
                .collect::<Option<Vec<_>>>()?,
            Value::Scalar { .. } => {
                let line = fields::text(node, EXPECTED, problems)?;
                let Some(words) = amount::words(&line) else {
                    problems.push(problem(&node.location, "the command has an open quote"));
                    return None;
                };
                words
            }
            Value::Map(_) => {
                fields::unexpected(node, EXPECTED, problems);
                return None;
            }
        };
    Some(words)
}

fn junit(node: &Node, problems: &mut Problems) -> Option<PathBuf> {
    fields::parsed(node, "an absolute path inside the suite's container", problems, |text| {
        text.starts_with('/').then(|| PathBuf::from(text))
    })
}
