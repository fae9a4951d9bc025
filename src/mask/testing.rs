//! What the tests of the rules share: one `masked` that goes through the whole row masker.

use std::collections::BTreeMap;
use std::sync::Arc;

use secrecy::SecretBox;

use super::compile;
use crate::model::error::Error;
use crate::model::masking::{MaskColumn, MaskKey, MaskRule};
use crate::model::name::TableName;

/// A key made of one byte.
pub(crate) fn key(seed: u8) -> MaskKey {
    MaskKey(Arc::new(SecretBox::new(Box::new([seed; 16]))))
}

/// A rule as `id`, or as `id parameter=value`.
pub(crate) fn rule(text: &str) -> MaskRule {
    let mut words = text.splitn(2, ' ');
    let id = words.next().unwrap_or_default().to_owned();
    let parameters = words.next().and_then(|pair| pair.split_once('='));
    let parameters =
        parameters.map(|(name, value)| (name.to_owned(), value.to_owned())).into_iter().collect();
    MaskRule { id, parameters, location: None }
}

/// A column as `type`, `type unique`, `type not null` or `type not null unique`.
pub(crate) fn column(text: &str) -> MaskColumn {
    let (text, unique) = text.strip_suffix(" unique").map_or((text, false), |text| (text, true));
    let (text, not_null) = text.strip_suffix(" not null").map_or((text, false), |text| (text, true));
    MaskColumn { name: "c".into(), type_name: text.into(), not_null, unique }
}

/// What fields of a column become under a rule.
pub(crate) fn try_masked(rule_text: &str, column_text: &str, fields: &[&str]) -> Result<Vec<String>, Error> {
    let rules = BTreeMap::from([("c".to_owned(), rule(rule_text))]);
    let table = TableName::new("public", "t");
    let mut masker = compile(&table, &rules, &[column(column_text)], &key(1))?;
    let lines = fields.iter().map(|field| format!("{field}\n")).collect::<Vec<_>>().concat();
    let mut out = Vec::new();
    assert_eq!(masker.mask(lines.as_bytes(), &mut out)?, fields.len() as u64);
    Ok(String::from_utf8(out).unwrap().lines().map(str::to_owned).collect())
}

/// As [`try_masked`], where the rule has to fit.
pub(crate) fn masked(rule_text: &str, column_text: &str, fields: &[&str]) -> Vec<String> {
    try_masked(rule_text, column_text, fields).unwrap()
}

/// Why a rule does not fit a column.
pub(crate) fn misfit(rule_text: &str, column_text: &str) -> String {
    try_masked(rule_text, column_text, &[]).unwrap_err().message
}

/// Asserts that different values stay different.
pub(crate) fn assert_unique(rule_text: &str, column_text: &str, fields: &[String]) {
    let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
    let mut out = masked(rule_text, column_text, &fields);
    out.sort();
    let before = out.len();
    out.dedup();
    assert_eq!(out.len(), before, "`{rule_text}` gave the same value twice");
}
