//! `healthcheck` of a service.

use crate::config::amount;
use crate::config::fields::{self, Fields};
use crate::config::node::{Node, Value};
use crate::config::problems::{Problems, problem};
use crate::model::service::Healthcheck;

/// The healthcheck; an empty `test` keeps the image's own.
pub fn read(node: &Node, problems: &mut Problems) -> Option<Healthcheck> {
    let file = Fields::of(node, "a map with `test`, `interval` …", problems)?;
    let disabled = file.take("disable").and_then(|node| fields::boolean(node, problems));
    let test = file.take("test").and_then(|node| test(node, problems));
    let mut duration = |key| {
        let node = file.take(key)?;
        fields::parsed(node, "a duration such as `1m30s` or `500ms`", problems, amount::nanoseconds)
    };
    let (interval_ns, timeout_ns) = (duration("interval"), duration("timeout"));
    let start_period_ns = duration("start_period");
    let retries = file.take("retries").and_then(|node| {
        fields::parsed(node, "a number of retries", problems, |text| {
            text.parse().ok().filter(|retries: &i64| *retries >= 0)
        })
    });
    // Engines before 25 do not know it, and it only hastens the first success.
    file.ignore(&["start_interval"]);
    file.finish(problems);
    if disabled == Some(true) || test.as_ref().is_some_and(|test| test == &["NONE"]) {
        return Some(Healthcheck::Disabled);
    }
    Some(Healthcheck::Probe {
        test: test.unwrap_or_default(),
        interval_ns,
        timeout_ns,
        start_period_ns,
        retries,
    })
}

fn test(node: &Node, problems: &mut Problems) -> Option<Vec<String>> {
    const EXPECTED: &str = "a command, or a list that begins with `CMD`, `CMD-SHELL` or `NONE`";
    let Value::List(items) = &node.value else {
        return Some(vec!["CMD-SHELL".to_owned(), fields::text(node, EXPECTED, problems)?]);
    };
    let words: Vec<String> =
        items.iter().map(|item| fields::text(item, "a word", problems)).collect::<Option<_>>()?;
    let is_well_formed = match words.first().map(String::as_str) {
        None | Some("NONE") => words.len() <= 1,
        Some("CMD") => words.len() > 1,
        Some("CMD-SHELL") => words.len() == 2,
        Some(_) => false,
    };
    if !is_well_formed {
        problems.push(problem(&node.location, format!("expected {EXPECTED}")));
    }
    Some(words)
}
