//! `ALTER … OWNER TO`, for the kinds of objects and in the words that `pg_restore` uses.

use super::toc::RawEntry;
use crate::model::name::quote_identifier;

/// Kinds that are altered by their schema and name.
const BY_NAME: [&str; 18] = [
    "COLLATION",
    "CONVERSION",
    "DOMAIN",
    "EVENT TRIGGER",
    "FOREIGN DATA WRAPPER",
    "FOREIGN TABLE",
    "MATERIALIZED VIEW",
    "PROCEDURAL LANGUAGE",
    "PUBLICATION",
    "SCHEMA",
    "SEQUENCE",
    "SERVER",
    "STATISTICS",
    "TABLE",
    "TEXT SEARCH CONFIGURATION",
    "TEXT SEARCH DICTIONARY",
    "TYPE",
    "VIEW",
];

/// Kinds whose name needs their arguments, which their `DROP` statement spells out.
const BY_DROP: [&str; 6] =
    ["AGGREGATE", "FUNCTION", "OPERATOR", "OPERATOR CLASS", "OPERATOR FAMILY", "PROCEDURE"];

/// The statement that gives the entry to its owner; `None` where `pg_restore` writes none.
pub(super) fn alter_owner(entry: &RawEntry) -> Option<String> {
    let owner = entry.owner.as_deref()?;
    if entry.drop_statement.is_empty() {
        return None;
    }
    let object = if BY_DROP.contains(&entry.desc.as_str()) {
        let dropped = entry.drop_statement.trim_end_matches(['\n', ';', ' ']);
        dropped.strip_prefix("DROP ")?.to_owned()
    } else if BY_NAME.contains(&entry.desc.as_str()) {
        let kind = match entry.desc.as_str() {
            "VIEW" | "SEQUENCE" | "MATERIALIZED VIEW" => "TABLE",
            other => other,
        };
        let schema = entry.namespace.iter().map(|schema| format!("{}.", quote_identifier(schema)));
        format!("{kind} {}{}", schema.collect::<String>(), quote_identifier(&entry.tag))
    } else {
        return None;
    };
    Some(format!("\nALTER {object} OWNER TO {};\n", quote_identifier(owner)))
}
