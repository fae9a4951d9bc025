//! `masks.yaml`: the rule of every column.

use std::collections::BTreeMap;
use std::path::Path;

use super::fields::{self, Fields};
use super::loader::Catalogs;
use super::node::{Entry, Node, Value};
use super::problems::{Problems, problem};
use super::suggest;
use super::yaml;
use crate::model::error::Location;
use crate::model::masking::{MaskRule, Masking, ObjectMasking, TableMasking};
use crate::model::name::TableName;

/// All rules of one database; `None` if the file is no map.
pub fn read(path: &Path, text: &str, catalogs: &Catalogs, problems: &mut Problems) -> Option<Masking> {
    let tree = yaml::parse(path, text, problems)?;
    let file = Fields::of(&tree, "a map with `tables`", problems)?;
    let mut masking = Masking::default();
    let tables = file.require("tables", "the file", problems);
    let tables = tables.and_then(|node| fields::map(node, "a map of tables", problems));
    for Entry { key, key_location, value } in tables.unwrap_or_default() {
        let table = table_name(key, key_location, problems);
        let rules = table_masking(key, key_location, value, catalogs, problems);
        let (Some(table), Some(rules)) = (table, rules) else { continue };
        if let Some(first) = masking.locations.get(&table) {
            let hint = format!("the first is in line {}", first.line);
            problems.push(problem(key_location, format!("table `{table}` is masked twice")).hint(hint));
            continue;
        }
        masking.locations.insert(table.clone(), key_location.clone());
        masking.tables.insert(table, rules);
    }
    masking.objects = file.take("large_objects").and_then(|node| objects(node, problems));
    file.finish(problems);
    Some(masking)
}

/// What becomes of large objects: `empty`, or why they may stay.
fn objects(node: &Node, problems: &mut Problems) -> Option<ObjectMasking> {
    const EXPECTED: &str = "`empty`, or `{keep: true, because: \"…\"}`";
    if node.as_text() == Some("empty") {
        return Some(ObjectMasking::Empty);
    }
    let file = Fields::of(node, EXPECTED, problems)?;
    let keep = file.require("keep", "the rule of large objects", problems);
    let keeps = keep.and_then(|node| fields::boolean(node, problems));
    let because = file.require("because", "the rule of large objects", problems);
    let because = because.and_then(|node| fields::text(node, "a reason", problems));
    file.finish(problems);
    let because = because?;
    if because.trim().is_empty() || keeps == Some(false) {
        fields::unexpected(node, EXPECTED, problems);
        return None;
    }
    keeps.map(|_| ObjectMasking::Keep { because })
}

/// A table as limits name it: one of another database of the server with that in front of it.
pub fn limited_name(text: &str, location: &Location, problems: &mut Problems) -> Option<TableName> {
    match text.split('.').collect::<Vec<_>>().as_slice() {
        [database, schema, name] if ![database, schema, name].iter().any(|part| part.is_empty()) => {
            Some(TableName::new(*schema, *name).elsewhere(database))
        }
        [] | [_] | [_, _] => table_name(text, location, problems),
        _ => {
            let expected = "expected `table`, `schema.table` or `database.schema.table`";
            problems.push(problem(location, format!("{expected}, found `{text}`")));
            None
        }
    }
}

/// A table as users write it: in the schema `public` unless `schema.table` says another.
pub fn table_name(text: &str, location: &Location, problems: &mut Problems) -> Option<TableName> {
    let (schema, name) = text.split_once('.').unwrap_or(("public", text));
    if schema.is_empty() || name.is_empty() || name.contains('.') {
        problems.push(problem(location, format!("expected `table` or `schema.table`, found `{text}`")));
        return None;
    }
    Some(TableName::new(schema, name))
}

fn table_masking(
    table: &str,
    location: &Location,
    node: &Node,
    catalogs: &Catalogs,
    problems: &mut Problems,
) -> Option<TableMasking> {
    if node.as_text() == Some("empty") {
        return Some(TableMasking::Empty);
    }
    if node.is_null() {
        problems
            .push(problem(location, format!("table `{table}` has no rules")).hint(
                "write `keep: [COLUMNS]` and `mask: {COLUMN: RULE}`, or `empty` to leave its rows out",
            ));
        return None;
    }
    let file = Fields::of(node, "`empty` or a map with `keep` and `mask`", problems)?;
    let mut columns = Columns { table, rules: BTreeMap::new() };
    let kept = file.take("keep").and_then(|node| fields::list(node, "a list of columns", problems));
    for node in kept.unwrap_or_default() {
        if let Some(column) = fields::text(node, "the name of a column", problems) {
            columns.add(&column, &node.location, "keep", BTreeMap::new(), problems);
        }
    }
    let masked = file.take("mask").and_then(|node| fields::map(node, "a map of columns to rules", problems));
    for Entry { key, key_location, value } in masked.unwrap_or_default() {
        if let Some((id, parameters)) = rule(value, catalogs, problems) {
            columns.add(key, key_location, &id, parameters, problems);
        }
    }
    file.finish(problems);
    Some(TableMasking::Columns(columns.rules))
}

struct Columns<'t> {
    table: &'t str,
    rules: BTreeMap<String, MaskRule>,
}

impl Columns<'_> {
    fn add(
        &mut self,
        column: &str,
        location: &Location,
        id: &str,
        parameters: BTreeMap<String, String>,
        problems: &mut Problems,
    ) {
        let rule = MaskRule { id: id.to_owned(), parameters, location: Some(location.clone()) };
        if let Some(first) = self.rules.get(column) {
            let line = first.location.as_ref().map_or(0, |location| location.line);
            problems.push(
                problem(location, format!("column `{column}` of `{}` has two rules", self.table))
                    .hint(format!("the first, `{}`, is in line {line}", first.id)),
            );
            return;
        }
        self.rules.insert(column.to_owned(), rule);
    }
}

/// Id and parameters of a rule: its id alone, or a map with `rule` and parameters. YAML's `null` is the rule `null`.
fn rule(
    node: &Node,
    catalogs: &Catalogs,
    problems: &mut Problems,
) -> Option<(String, BTreeMap<String, String>)> {
    if node.is_null() {
        return Some(("null".to_owned(), BTreeMap::new()));
    }
    let Value::Map(entries) = &node.value else {
        let id = fields::text(node, "a rule such as `email`, or a map with `rule`", problems)?;
        known(&id, node, catalogs, problems)?;
        return Some((id, BTreeMap::new()));
    };
    let Some(named) = entries.iter().find(|entry| entry.key == "rule") else {
        problems.push(
            problem(&node.location, "the mask has no `rule`")
                .hint("write it as `{rule: date_shift, days: 30}`"),
        );
        return None;
    };
    let id = if named.value.is_null() {
        "null".to_owned()
    } else {
        fields::text(&named.value, "the id of a rule", problems)?
    };
    let allowed = known(&id, &named.value, catalogs, problems)?;
    let mut parameters = BTreeMap::new();
    for Entry { key, key_location, value } in entries.iter().filter(|entry| entry.key != "rule") {
        if !allowed.contains(&key.as_str()) {
            let hint = match allowed.as_slice() {
                [] => format!("`{id}` has no parameters"),
                _ => suggest::hint(key, allowed.iter().copied()),
            };
            problems.push(problem(key_location, format!("rule `{id}` has no parameter `{key}`")).hint(hint));
        } else if let Some(value) = fields::text(value, "a text or number", problems) {
            parameters.insert(key.clone(), value);
        }
    }
    Some((id, parameters))
}

fn known(id: &str, node: &Node, catalogs: &Catalogs, problems: &mut Problems) -> Option<Vec<&'static str>> {
    let found = catalogs.mask_rules.iter().find(|(known, _)| *known == id);
    if found.is_none() {
        problems.push(
            problem(&node.location, format!("unknown rule `{id}`"))
                .hint(suggest::hint(id, catalogs.mask_rules.iter().map(|(known, _)| *known))),
        );
    }
    found.map(|(_, parameters)| parameters.clone())
}
