//! The `guards` of `stage.yaml`.

use std::collections::BTreeMap;
use std::time::Duration;

use super::amount;
use super::fields::{self, Fields};
use super::loader::Catalogs;
use super::masks::limited_name;
use super::node::{Node, Value};
use super::problems::{Problems, problem};
use crate::model::guard::{GuardLimits, HoldLimit, Limit, TableLimits};
use crate::model::name::TableName;

const LIMIT: &str = "a limit: rows such as `100`, a share such as `1%`, or `off`";
const OBJECT_LIMIT: &str = "a limit: objects such as `100`, a share such as `1%`, or `off`";
/// Guards whose own names are keys.
const LIMITED: [&str; 4] = ["rows_lost", "objects_lost", "rows_changed", "table_locked"];
const HOLD_LIMIT: &str = "a limit: a time such as `2s` or `500ms`, or `off`";

/// The limits; what is not written keeps its default.
pub fn read(node: &Node, catalogs: &Catalogs, problems: &mut Problems) -> GuardLimits {
    let mut limits = GuardLimits::default();
    let Some(file) = Fields::of(node, "a map of guards to limits", problems) else { return limits };
    for (key, place) in [("rows_lost", &mut limits.rows_lost), ("rows_changed", &mut limits.rows_changed)] {
        if let Some(node) = file.take(key) {
            read_limits(node, place, (LIMIT, parse), problems);
        }
    }
    if let Some(node) = file.take("objects_lost") {
        limits.objects_lost =
            fields::parsed(node, OBJECT_LIMIT, problems, parse).unwrap_or(limits.objects_lost);
    }
    if let Some(node) = file.take("table_locked") {
        read_limits(node, &mut limits.table_locked, (HOLD_LIMIT, parse_hold), problems);
    }
    for (key, place) in [
        ("allow_table_dropped", &mut limits.allow_table_dropped),
        ("allow_values_lost", &mut limits.allow_values_lost),
        ("allow_sequence_behind", &mut limits.allow_sequence_behind),
    ] {
        if let Some(node) = file.take(key) {
            *place = fields::boolean(node, problems).unwrap_or_default();
        }
    }
    // Guards that have no limit of their own here: to call them unknown would be wrong.
    for guard in &catalogs.guards {
        if !LIMITED.contains(guard) {
            file.refuse(&[(guard, "is a guard whose limit cannot be set")], problems);
        }
    }
    file.finish(problems);
    limits
}

/// What a limit is, in words, and how to read one.
type Form<L> = (&'static str, fn(&str) -> Option<L>);

fn read_limits<L: Copy>(node: &Node, limits: &mut TableLimits<L>, form: Form<L>, problems: &mut Problems) {
    let (expected, parse) = form;
    if let Value::Scalar { .. } = node.value {
        limits.all = fields::parsed(node, expected, problems, parse).unwrap_or(limits.all);
        return;
    }
    let Some(file) = Fields::of(node, expected, problems) else { return };
    if let Some(node) = file.take("all") {
        limits.all = fields::parsed(node, expected, problems, parse).unwrap_or(limits.all);
    }
    if let Some(node) = file.take("tables") {
        limits.tables = tables(node, form, problems);
    }
    file.finish(problems);
}

fn tables<L>(node: &Node, (expected, parse): Form<L>, problems: &mut Problems) -> BTreeMap<TableName, L> {
    let mut tables = BTreeMap::new();
    for entry in fields::map(node, "a map of tables to limits", problems).unwrap_or_default() {
        let limit = fields::parsed(&entry.value, expected, problems, parse);
        if let (Some(table), Some(limit)) = (limited_name(&entry.key, &entry.key_location, problems), limit)
            && tables.insert(table, limit).is_some()
        {
            problems.push(problem(&entry.key_location, format!("table `{}` has two limits", entry.key)));
        }
    }
    tables
}

fn parse(text: &str) -> Option<Limit> {
    if text == "off" {
        return Some(Limit::Off);
    }
    let Some(share) = text.strip_suffix('%') else {
        return text.replace('_', "").parse().ok().map(Limit::Rows);
    };
    let percent: f64 = share.trim_end().parse().ok()?;
    (0.0..=100.0).contains(&percent).then_some(Limit::Percent(percent))
}

fn parse_hold(text: &str) -> Option<HoldLimit> {
    if text == "off" {
        return Some(HoldLimit::Off);
    }
    let limit_ns = u64::try_from(amount::nanoseconds(text)?).ok()?;
    Some(HoldLimit::AtMost(Duration::from_nanos(limit_ns).as_secs_f64()))
}
