//! Rules that tables and columns take from those that they belong to.
//!
//! A partition that is not ruled takes the rules of its root. A column without a rule that is a foreign key takes the
//! rule of the column that it points to: its values are among that one's, so the rule protects them as well.

use std::collections::BTreeMap;

use super::relations::{ColumnName, Relations};
use crate::archive::Archive;
use crate::model::error::{Error, ErrorKind};
use crate::model::masking::{MaskRule, Masking, TableMasking};
use crate::model::name::TableName;

/// The rules as they work, and what contradicts itself in them.
pub(super) fn inherit(masking: &Masking, archive: &Archive, relations: &Relations) -> (Masking, Vec<Error>) {
    let mut all = masking.clone();
    for data in &archive.tables {
        let root = relations.root(&data.table);
        if let (false, Some(rules)) = (all.tables.contains_key(&data.table), masking.tables.get(root)) {
            all.tables.insert(data.table.clone(), rules.clone());
            if let Some(at) = masking.locations.get(root) {
                all.locations.insert(data.table.clone(), at.clone());
            }
        }
    }
    let written = all.clone();
    for data in &archive.tables {
        let Some(TableMasking::Columns(rules)) = all.tables.get_mut(&data.table) else { continue };
        for column in data.columns.iter().filter(|column| !written_rule(&written, &data.table, column)) {
            let chain = relations.chain(&data.table, column);
            if let Some(rule) = chain.iter().find_map(|column| rule_of(&written, column)) {
                rules.insert(column.clone(), rule.clone());
            }
        }
    }
    let errors = relations.foreign.iter().filter_map(|(from, to)| contradiction(&all, from, to));
    let errors = errors.collect();
    (all, errors)
}

fn written_rule(masking: &Masking, table: &TableName, column: &str) -> bool {
    rules_of(masking, table).is_some_and(|rules| rules.contains_key(column))
}

fn rules_of<'a>(masking: &'a Masking, table: &TableName) -> Option<&'a BTreeMap<String, MaskRule>> {
    match masking.tables.get(table)? {
        TableMasking::Columns(rules) => Some(rules),
        TableMasking::Empty => None,
    }
}

fn rule_of<'a>(masking: &'a Masking, (table, column): &ColumnName) -> Option<&'a MaskRule> {
    rules_of(masking, table)?.get(column)
}

/// A foreign key would break when its two ends are masked differently: told before any row flows.
fn contradiction(masking: &Masking, from: &ColumnName, to: &ColumnName) -> Option<Error> {
    let own = rule_of(masking, from).filter(|rule| rule.id != "null")?;
    let name = |(table, column): &ColumnName| format!("{table}.{column}");
    let (from_name, to_name) = (name(from), name(to));
    let error = if masking.tables.get(&to.0) == Some(&TableMasking::Empty) {
        Error::new(
            ErrorKind::Masking,
            format!("`{from_name}` points to `{to_name}`, whose table is left empty"),
        )
        .hint(format!("leave `{}` empty too, or give `{from_name}` the rule `null`", from.0))
    } else {
        let other = rule_of(masking, to)
            .filter(|other| (&other.id, &other.parameters) != (&own.id, &own.parameters))?;
        Error::new(
            ErrorKind::Masking,
            format!("`{from_name}` points to `{to_name}`, but they have different rules"),
        )
        .hint(format!("give `{from_name}` the rule `{}` as well, or none: it then takes that one", other.id))
    };
    Some(match &own.location {
        Some(at) => error.at(at.clone()),
        None => error,
    })
}
