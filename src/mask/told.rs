//! What is told of masks that do not cover a database, and what was probably meant.

use super::catalog;
use super::propose::propose;
use crate::model::error::{Error, ErrorKind, Location};
use crate::model::masking::MaskRule;
use crate::model::name::TableName;

pub(super) fn unruled_table(table: &TableName, columns: &[(String, String)]) -> Error {
    let rules = columns.iter().map(|(name, type_name)| format!("{name}: {}", propose(name, type_name)));
    let rules = rules.collect::<Vec<_>>().join(", ");
    Error::new(ErrorKind::Masking, format!("table `{table}` has no masks")).hint(format!(
        "add `{table}: {{{rules}}}` once you have read it over, or `{table}: empty` to leave its rows out"
    ))
}

pub(super) fn unruled_column(table: &TableName, name: &str, type_name: &str, at: Option<&Location>) -> Error {
    let error = Error::new(ErrorKind::Masking, format!("column `{table}.{name}` has no mask"));
    located(error, at).hint(format!("add `{name}: {}` under `{table}`", propose(name, type_name)))
}

pub(super) fn unknown_table<'a>(
    table: &TableName,
    known: impl Iterator<Item = &'a TableName>,
    at: Option<&Location>,
) -> Error {
    let error = Error::new(
        ErrorKind::Config,
        format!("masks name the table `{table}`, which the backup does not have"),
    );
    let known: Vec<String> = known.map(ToString::to_string).collect();
    located(meant(error, &table.to_string(), known.iter().map(String::as_str)), at)
}

pub(super) fn unknown_column(
    table: &TableName,
    name: &str,
    columns: &[(String, String)],
    rule: &MaskRule,
) -> Error {
    let message = format!("masks name the column `{table}.{name}`, which the rows of the backup do not have");
    let error =
        meant(Error::new(ErrorKind::Config, message), name, columns.iter().map(|(name, _)| name.as_str()));
    located(error, rule.location.as_ref())
}

pub(super) fn unknown_rule(rule: &MaskRule) -> Error {
    let error = Error::new(ErrorKind::Config, format!("there is no rule `{}`", rule.id));
    let ids: Vec<&str> = catalog().iter().map(|kind| kind.id).collect();
    let error = meant(error, &rule.id, ids.iter().copied()).hint(format!("rules are: {}", ids.join(", ")));
    located(error, rule.location.as_ref())
}

pub(super) fn located(error: Error, at: Option<&Location>) -> Error {
    match at {
        Some(at) => error.at(at.clone()),
        None => error,
    }
}

/// Adds the known word that is nearest, if one is near.
pub(super) fn meant<'a>(error: Error, word: &str, known: impl Iterator<Item = &'a str>) -> Error {
    let near = known
        .map(|known| (strsim::jaro_winkler(word, known), known))
        .filter(|(likeness, _)| *likeness > 0.75);
    match near.max_by(|one, other| one.0.total_cmp(&other.0)) {
        Some((_, known)) => error.hint(format!("did you mean `{known}`?")),
        None => error,
    }
}
