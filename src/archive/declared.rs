//! Columns and types as `CREATE TABLE` declares them, where `pg_dump` wrote it.

use std::collections::BTreeMap;

use super::copy::take_name;
use super::entry::{Entry, Section};
use super::sql::{Token, statements};
use crate::model::name::TableName;

/// Words that end a type in a column's definition.
const AFTER_TYPE: [&str; 9] =
    ["default", "not", "null", "generated", "collate", "constraint", "options", "storage", "compression"];
/// Words that begin a line which is no column.
const NO_COLUMN: [&str; 6] = ["constraint", "check", "primary", "unique", "exclude", "foreign"];

/// Columns of all tables that are created before the rows.
pub(super) fn columns(entries: &[Entry]) -> BTreeMap<TableName, Vec<(String, String)>> {
    let before = entries.iter().filter(|entry| entry.section == Section::PreData);
    before
        .filter_map(|entry| table(&entry.definition, entry.namespace.as_deref().unwrap_or("public")))
        .collect()
}

fn table(definition: &str, schema: &str) -> Option<(TableName, Vec<(String, String)>)> {
    let statement = statements(definition).into_iter().find(|statement| {
        statement.begins(&["create", "table"]) || statement.begins(&["create", "unlogged", "table"])
    })?;
    let at = statement.tokens.iter().position(|token| token.is("table"))?;
    let mut tokens = &statement.tokens[at + 1..];
    let name = take_name(&mut tokens, schema)?;
    let inner = tokens.strip_prefix(&[Token::Symbol('(')])?;
    let mut columns = Vec::new();
    let mut depth = 0_usize;
    let mut from = 0;
    for (at, token) in inner.iter().enumerate() {
        match token {
            Token::Symbol('(') => depth += 1,
            Token::Symbol(')') if depth == 0 => {
                columns.extend(column(&inner[from..at]));
                break;
            }
            Token::Symbol(')') => depth -= 1,
            Token::Symbol(',') if depth == 0 => {
                columns.extend(column(&inner[from..at]));
                from = at + 1;
            }
            _ => {}
        }
    }
    Some((name, columns))
}

fn column(tokens: &[Token]) -> Option<(String, String)> {
    let (first, rest) = tokens.split_first()?;
    if NO_COLUMN.iter().any(|word| first.is(word)) {
        return None;
    }
    let end =
        rest.iter().position(|token| AFTER_TYPE.iter().any(|word| token.is(word))).unwrap_or(rest.len());
    Some((first.identifier()?.to_owned(), spell(&rest[..end])))
}

/// As `format_type` prints it: blanks between words only.
fn spell(tokens: &[Token]) -> String {
    let mut text = String::new();
    for (at, token) in tokens.iter().enumerate() {
        match token {
            Token::Symbol(symbol) => text.push(*symbol),
            Token::Word(word) => {
                let after_word = at > 0 && matches!(tokens[at - 1], Token::Word(_) | Token::Symbol(')'));
                text.push_str(if after_word { " " } else { "" });
                text.push_str(word);
            }
            Token::Quoted(name) => text.push_str(&crate::model::name::quote_identifier(name)),
            Token::Literal(_) | Token::Body => {}
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_read_as_the_server_prints_them() {
        let sql = "CREATE TABLE public.t (\n    id integer NOT NULL,\n    \"a,b\" character varying(40) DEFAULT 'x'::text,\n    \
                   at timestamp(3) with time zone,\n    n numeric(10,2),\n    tags text[],\n    s public.status,\n    \
                   up text GENERATED ALWAYS AS (upper(a)) STORED,\n    CONSTRAINT c CHECK ((id > 0))\n);";
        let (name, columns) = table(sql, "public").unwrap();
        assert_eq!(name, TableName::new("public", "t"));
        let columns: Vec<(&str, &str)> =
            columns.iter().map(|(name, kind)| (name.as_str(), kind.as_str())).collect();
        assert_eq!(
            columns,
            [
                ("id", "integer"),
                ("a,b", "character varying(40)"),
                ("at", "timestamp(3) with time zone"),
                ("n", "numeric(10,2)"),
                ("tags", "text[]"),
                ("s", "public.status"),
                ("up", "text"),
            ]
        );
    }
}
