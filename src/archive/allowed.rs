//! Which statements of a plain dump are schema: anything else may carry raw rows past the masks.

use super::custom::inserts;
use super::sql::{Statement, Token};
use crate::model::error::{Error, ErrorKind, Result};

const MAKING: [&str; 8] = ["alter", "comment", "create", "drop", "grant", "refresh", "revoke", "security"];

/// Refuses what `pg_dump` does not write to make objects. `tag` is what the comment above calls the object.
pub(super) fn check(statement: &Statement, tag: &str) -> Result<()> {
    if statement.begins(&["insert"]) {
        return Err(inserts(if tag.is_empty() { "a table" } else { tag }));
    }
    let role = ["create", "alter", "drop"].iter().any(|verb| statement.begins(&[verb, "role"]));
    let sequence = statement.begins(&["select", "pg_catalog"])
        && statement.tokens.get(3).is_some_and(|token| token.is("setval"));
    let makes = MAKING.iter().any(|verb| statement.begins(&[verb]));
    if (makes && !role && !is_table_with_rows(statement)) || sequence {
        return Ok(());
    }
    let words: Vec<&str> = statement.tokens.iter().filter_map(Token::identifier).take(2).collect();
    let what =
        format!("the backup holds a statement that is no schema: `{} …`", words.join(" ").to_uppercase());
    Err(Error::new(ErrorKind::Backup, what)
        .hint("take the backup with `pg_dump` alone, and leave it as it is"))
}

/// `CREATE TABLE … AS` a query.
fn is_table_with_rows(statement: &Statement) -> bool {
    let is_table = statement.tokens.iter().take(3).any(|token| token.is("table"));
    let query =
        |token: &Token| ["select", "values", "table", "with", "execute"].iter().any(|word| token.is(word));
    statement.begins(&["create"])
        && is_table
        && statement.tokens.windows(2).any(|pair| pair[0].is("as") && query(&pair[1]))
}

/// `DROP …` and `ALTER … DROP …`.
pub(super) fn is_drop(statement: &Statement) -> bool {
    let alters = statement.begins(&["alter"]) && statement.tokens.iter().any(|token| token.is("drop"));
    alters || statement.begins(&["drop"])
}

/// Whether the statement sets another role for those that follow (true) or ends that (false); `None` for any other.
pub(super) fn authorization(statement: &Statement) -> Option<bool> {
    if statement.begins(&["reset", "session", "authorization"]) {
        return Some(false);
    }
    let sets = statement.begins(&["set", "session", "authorization"]);
    sets.then(|| !statement.begins(&["set", "session", "authorization", "default"]))
}
