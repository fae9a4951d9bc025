//! SQL text to statements and their tokens.

use super::splitter::Splitter;

/// A piece of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Token {
    /// A keyword or unquoted identifier or number, in lower case.
    Word(String),
    /// A quoted identifier, without its quotes.
    Quoted(String),
    /// A string in single quotes, without them.
    Literal(String),
    /// A string in dollar quotes; its text is left out.
    Body,
    /// Any other character.
    Symbol(char),
}

impl Token {
    /// The identifier that this may be, as the server stores it.
    pub fn identifier(&self) -> Option<&str> {
        match self {
            Self::Word(name) | Self::Quoted(name) => Some(name),
            _ => None,
        }
    }

    /// Whether this is the keyword `word`, given in lower case.
    pub fn is(&self, word: &str) -> bool {
        matches!(self, Self::Word(own) if own == word)
    }
}

/// One statement, without the comments before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// Its text with the final semicolon.
    pub text: String,
    /// Its tokens without the final semicolon.
    pub tokens: Vec<Token>,
}

impl Statement {
    /// Whether it begins with these keywords, given in lower case.
    pub fn begins(&self, words: &[&str]) -> bool {
        self.tokens.len() >= words.len() && self.tokens.iter().zip(words).all(|(token, word)| token.is(word))
    }
}

/// All statements of a text; a last one may lack its semicolon.
pub fn statements(sql: &str) -> Vec<Statement> {
    let mut splitter = Splitter::default();
    let mut found = splitter.feed(sql.as_bytes());
    found.extend(splitter.feed(b"\n;"));
    found.retain(|statement| !statement.tokens.is_empty());
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(sql: &str, texts: &[&str]) {
        let found: Vec<String> = statements(sql).into_iter().map(|statement| statement.text).collect();
        assert_eq!(found, texts);
    }

    #[test]
    fn a_semicolon_splits_only_where_the_server_would_see_one() {
        check("SELECT ';' ; SELECT 2;", &["SELECT ';';", "SELECT 2;"]);
        check("SELECT 'it''s;' || E'\\';' , \"a;\"\"b\";", &["SELECT 'it''s;' || E'\\';' , \"a;\"\"b\";"]);
        check("DO $x$ a; $y$ b; $x$; SELECT 1", &["DO $x$ a; $y$ b; $x$;", "SELECT 1;"]);
        check("SELECT 1 /* a; /* b; */ c; */ + 1 -- d;\n;", &["SELECT 1 /* a; /* b; */ c; */ + 1 -- d;\n;"]);
        check(
            "CREATE RULE r AS ON DELETE TO t DO (SELECT 1; SELECT 2);",
            &["CREATE RULE r AS ON DELETE TO t DO (SELECT 1; SELECT 2);"],
        );
        check("SELECT a$b$c; SELECT $1;", &["SELECT a$b$c;", "SELECT $1;"]);
    }

    #[test]
    fn a_body_of_standard_sql_is_one_statement() {
        let body = "CREATE OR REPLACE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END;";
        check(&format!("{body} SELECT 3;"), &[body, "SELECT 3;"]);
    }

    #[test]
    fn comments_before_a_statement_are_left_out() {
        check("-- a\n/* b */\nSELECT 1;", &["SELECT 1;"]);
    }

    #[test]
    fn names_are_told_as_the_server_stores_them() {
        let tokens = &statements("ALTER TABLE Public.\"Odd \"\"Name\"")[0].tokens;
        let names: Vec<_> = tokens.iter().filter_map(Token::identifier).collect();
        assert_eq!(names, ["alter", "table", "public", "Odd \"Name"]);
    }

    proptest! {
        #[test]
        fn lines_may_arrive_one_by_one(lines in proptest::collection::vec("[a$;'\"(/*e -]{0,12}", 0..8)) {
            let whole = lines.iter().map(|line| format!("{line}\n")).collect::<Vec<_>>().concat();
            let mut splitter = Splitter::default();
            let mut by_line = Vec::new();
            for line in whole.split_inclusive('\n') {
                by_line.extend(splitter.feed(line.as_bytes()));
            }
            prop_assert_eq!(by_line, Splitter::default().feed(whole.as_bytes()));
        }
    }
}
