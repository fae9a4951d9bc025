//! Session settings that entries count on.
//!
//! Only those that decide what a statement means are kept. Time-outs, message levels and tablespaces belong to the
//! machine that restores, and newer dumps set some that an older server does not know.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::sql::{Statement, Token};
use crate::model::error::{Error, ErrorKind, Result};

const KEPT: [&str; 6] = [
    "check_function_bodies",
    "default_table_access_method",
    "row_security",
    "search_path",
    "standard_conforming_strings",
    "xmloption",
];

/// Settings as they stand at one point of an archive.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    statements: BTreeMap<&'static str, String>,
    /// The schema in which names without one are.
    pub(super) schema: String,
}

impl Default for Settings {
    fn default() -> Self {
        let statements = BTreeMap::from([
            ("check_function_bodies", "SET check_function_bodies = false;".to_owned()),
            ("row_security", "SET row_security = off;".to_owned()),
        ]);
        Self { statements, schema: "public".to_owned() }
    }
}

impl Settings {
    /// Takes a statement in if it is one of settings; false if it is something else.
    /// An encoding other than UTF-8 is an error: rows and names would be read wrongly.
    pub(super) fn take(&mut self, statement: &Statement) -> Result<bool> {
        let tokens = &statement.tokens;
        if let Some(path) = search_path_of(tokens) {
            path.split(',').next().unwrap_or_default().trim().clone_into(&mut self.schema);
            self.statements.insert("search_path", statement.text.clone());
            return Ok(true);
        }
        let [set, Token::Word(name), Token::Symbol('='), value, ..] = tokens.as_slice() else {
            return Ok(false);
        };
        if !set.is("set") {
            return Ok(false);
        }
        let text = match value {
            Token::Literal(text) | Token::Word(text) | Token::Quoted(text) => text.as_str(),
            _ => "",
        };
        match name.as_str() {
            "client_encoding" => refuse_encoding(text)?,
            "standard_conforming_strings" if text != "on" => return Err(old_strings()),
            "search_path" => text.clone_into(&mut self.schema),
            _ => {}
        }
        if let Some(kept) = KEPT.into_iter().find(|kept| kept == name) {
            self.statements.insert(kept, statement.text.clone());
        }
        Ok(true)
    }

    /// The settings as SQL.
    pub(super) fn sql(&self) -> Arc<str> {
        self.statements.values().flat_map(|statement| [statement.as_str(), "\n"]).collect::<String>().into()
    }
}

/// The path of `SELECT pg_catalog.set_config('search_path', …, false)`.
fn search_path_of(tokens: &[Token]) -> Option<&str> {
    match tokens {
        [
            select,
            schema,
            Token::Symbol('.'),
            function,
            Token::Symbol('('),
            Token::Literal(name),
            Token::Symbol(','),
            Token::Literal(path),
            ..,
        ] if select.is("select")
            && schema.is("pg_catalog")
            && function.is("set_config")
            && name == "search_path" =>
        {
            Some(path)
        }
        _ => None,
    }
}

fn refuse_encoding(encoding: &str) -> Result<()> {
    if ["UTF8", "UTF-8", "UNICODE"].contains(&encoding.to_uppercase().as_str()) {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Backup, format!("the backup's encoding is `{encoding}`, which is not read"))
        .hint("take the backup with `pg_dump --encoding=UTF8`"))
}

fn old_strings() -> Error {
    Error::new(
        ErrorKind::Backup,
        "the backup counts on `standard_conforming_strings = off`, which is not read",
    )
    .hint("take the backup with `PGOPTIONS='-c standard_conforming_strings=on' pg_dump …`")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::statements;

    fn take(settings: &mut Settings, sql: &str) -> Result<bool> {
        settings.take(&statements(sql)[0])
    }

    #[test]
    fn settings_of_the_dumping_machine_are_left_behind() {
        let mut settings = Settings::default();
        for sql in
            ["SET transaction_timeout = 0;", "SET default_tablespace = 'fast';", "SET xmloption = content;"]
        {
            assert!(take(&mut settings, sql).unwrap());
        }
        assert!(take(&mut settings, "SELECT pg_catalog.set_config('search_path', '', false);").unwrap());
        assert_eq!(
            &*settings.sql(),
            "SET check_function_bodies = false;\nSET row_security = off;\n\
             SELECT pg_catalog.set_config('search_path', '', false);\nSET xmloption = content;\n"
        );
        assert!(!take(&mut settings, "SELECT pg_catalog.setval('a', 1, true);").unwrap());
    }

    #[test]
    fn an_old_dump_tells_the_schema_of_its_names_by_the_search_path() {
        let mut settings = Settings::default();
        take(&mut settings, "SET search_path = feed, pg_catalog;").unwrap();
        assert_eq!(settings.schema, "feed");
    }

    #[test]
    fn another_encoding_is_refused() {
        let error = take(&mut Settings::default(), "SET client_encoding = 'LATIN1';").unwrap_err();
        assert_eq!(error.kind, ErrorKind::Backup);
        assert!(error.message.contains("`LATIN1`"));
    }
}
