//! `COPY … FROM stdin` and names in statements.

use super::sql::{Statement, Token};
use crate::model::name::TableName;

/// Takes the name of a relation, with its schema or in `schema`, from the front of `tokens`; `None` if there is none.
pub fn take_name(tokens: &mut &[Token], schema: &str) -> Option<TableName> {
    let first = take_identifier(tokens)?;
    if tokens.first() != Some(&Token::Symbol('.')) {
        return Some(TableName::new(schema, first));
    }
    *tokens = &tokens[1..];
    Some(TableName::new(first, take_identifier(tokens)?))
}

fn take_identifier(tokens: &mut &[Token]) -> Option<String> {
    let (first, rest) = tokens.split_first()?;
    *tokens = rest;
    first.identifier().map(str::to_owned)
}

/// The table and the columns of a `COPY table (columns) FROM stdin`; `None` for any other statement.
pub(super) fn copy_from_stdin(statement: &Statement, schema: &str) -> Option<(TableName, Vec<String>)> {
    let mut tokens = statement.tokens.strip_prefix(&[Token::Word("copy".into())][..])?;
    let table = take_name(&mut tokens, schema)?;
    let mut columns = Vec::new();
    if let Some(inner) = tokens.strip_prefix(&[Token::Symbol('(')]) {
        let end = inner.iter().position(|token| *token == Token::Symbol(')'))?;
        columns = inner[..end].iter().filter_map(Token::identifier).map(str::to_owned).collect();
        tokens = &inner[end + 1..];
    }
    let [from, stdin] = tokens else { return None };
    (from.is("from") && stdin.is("stdin")).then_some((table, columns))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::statements;

    #[test]
    fn a_copy_tells_its_table_and_columns() {
        let read = |sql: &str| copy_from_stdin(&statements(sql)[0], "main");
        let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
        assert_eq!(
            read("COPY feed.\"odd Name\" (\"a \"\"b\", \"select\") FROM stdin;"),
            Some((TableName::new("feed", "odd Name"), names(&["a \"b", "select"])))
        );
        assert_eq!(read("COPY t  FROM stdin;"), Some((TableName::new("main", "t"), Vec::new())));
        assert_eq!(read("COPY t (a) FROM '/tmp/file';"), None);
        assert_eq!(read("COPY t (a) TO stdin;"), None);
    }
}
