//! SQL cut into its statements, as `PostgreSQL` reads it: for tools that send one by one what a transaction cannot hold.
//!
//! The bodies of functions in the SQL standard's form (`BEGIN ATOMIC`) are not known to it; [`is_sure`] notices them.

/// One statement, with its place in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::world) struct Statement<'a> {
    /// From its first word to its semicolon, which is left out.
    pub(in crate::world) text: &'a str,
    /// Its line, from 1.
    pub(in crate::world) line: usize,
    /// Its column, in characters from 1.
    pub(in crate::world) column: usize,
}

impl Statement<'_> {
    /// The statement behind so much white space that a place in it is a place in the text.
    pub(in crate::world) fn in_place(&self) -> String {
        format!("{}{}{}", "\n".repeat(self.line - 1), " ".repeat(self.column - 1), self.text)
    }
}

/// All statements of `text`; what holds nothing but comments is none.
pub(in crate::world) fn split(text: &str) -> Vec<Statement<'_>> {
    let mut statements = Vec::new();
    let mut begin = None;
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(token) = token(text, at) {
        match token.kind {
            Kind::Blank => {}
            Kind::Other(";") if depth == 0 => {
                statements.extend(begin.take().map(|begin| statement(text, begin, at)));
            }
            Kind::Other(mark) => {
                begin.get_or_insert(at);
                depth = match mark {
                    "(" => depth + 1,
                    ")" => depth.saturating_sub(1),
                    _ => depth,
                };
            }
        }
        at = token.end;
    }
    statements.extend(begin.map(|begin| statement(text, begin, text.len())));
    statements
}

/// Whether [`split`] is sure to find the statements of `text`: no function in it has a body that it does not know.
pub(in crate::world) fn is_sure(text: &str) -> bool {
    let mut at = 0;
    while let Some(token) = token(text, at) {
        if matches!(token.kind, Kind::Other(word) if word.eq_ignore_ascii_case("atomic")) {
            return false;
        }
        at = token.end;
    }
    true
}

/// The first words of a statement, in capitals between single spaces, without comments.
pub(in crate::world) fn first_words(statement: &str, count: usize) -> String {
    let mut words = Vec::new();
    let mut at = 0;
    while let Some(token) = token(statement, at).filter(|_| words.len() < count) {
        if let Kind::Other(word) = token.kind {
            words.push(word.to_uppercase());
        }
        at = token.end;
    }
    words.join(" ")
}

/// Line and column, in characters, both from 1, of the byte `at`.
pub(in crate::world) fn place(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line = before.rsplit('\n').next().unwrap_or_default();
    (before.matches('\n').count() + 1, line.chars().count() + 1)
}

fn statement(text: &str, begin: usize, end: usize) -> Statement<'_> {
    let (line, column) = place(text, begin);
    Statement { text: text.get(begin..end).unwrap_or_default().trim_end(), line, column }
}

#[derive(Debug)]
struct Token<'a> {
    kind: Kind<'a>,
    end: usize,
}

#[derive(Debug)]
enum Kind<'a> {
    /// White space or a comment.
    Blank,
    /// A word, a string, a mark.
    Other(&'a str),
}

/// What begins at the byte `at`; `None` at the end.
fn token(text: &str, at: usize) -> Option<Token<'_>> {
    let rest = text.get(at..)?;
    let first = rest.chars().next()?;
    let (is_blank, length) = if first.is_whitespace() {
        (true, rest.find(|c: char| !c.is_whitespace()).unwrap_or(rest.len()))
    } else if rest.starts_with("--") {
        (true, rest.find('\n').unwrap_or(rest.len()))
    } else if rest.starts_with("/*") {
        (true, comment(rest))
    } else if first == '\'' || first == '"' {
        (false, quoted(rest, first, false))
    } else if let Some(string) = rest.strip_prefix(['e', 'E']).filter(|string| string.starts_with('\'')) {
        (false, 1 + quoted(string, '\'', true))
    } else if first == '$' {
        (false, dollar_quoted(rest))
    } else if is_word(first) {
        (false, rest.find(|c: char| !is_word(c) && c != '$').unwrap_or(rest.len()))
    } else {
        (false, first.len_utf8())
    };
    let kind = if is_blank { Kind::Blank } else { Kind::Other(rest.get(..length).unwrap_or(rest)) };
    Some(Token { kind, end: at + length })
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The length of a comment, in which others may be.
fn comment(rest: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(here) = rest.get(at..).filter(|here| !here.is_empty()) {
        if here.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if here.starts_with("*/") {
            depth -= 1;
            at += 2;
        } else {
            at += here.chars().next().map_or(1, char::len_utf8);
        }
        if depth == 0 {
            return at;
        }
    }
    rest.len()
}

/// The length of what stands between two quotes; a doubled one does not end it, nor one behind a backslash if those count.
fn quoted(rest: &str, quote: char, has_escapes: bool) -> usize {
    let mut characters = rest.char_indices().skip(1).peekable();
    while let Some((at, c)) = characters.next() {
        if c == '\\' && has_escapes {
            characters.next();
        } else if c == quote && characters.next_if(|(_, next)| *next == quote).is_none() {
            return at + quote.len_utf8();
        }
    }
    rest.len()
}

/// The length of a string such as `$body$…$body$`, or of the `$` alone if it begins none.
fn dollar_quoted(rest: &str) -> usize {
    let tag = rest.get(1..).and_then(|rest| rest.split_once('$')).map(|(tag, _)| tag);
    let is_tag =
        |tag: &&str| tag.chars().all(is_word) && !tag.starts_with(|first: char| first.is_ascii_digit());
    let Some(tag) = tag.filter(is_tag) else { return 1 };
    let quote = format!("${tag}$");
    let body = rest.get(quote.len()..).unwrap_or_default();
    body.find(&quote).map_or(rest.len(), |end| end + 2 * quote.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let found: Vec<&str> = split(text).iter().map(|statement| statement.text).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_semicolon_ends_a_statement() {
        check("SELECT 1; SELECT 2", &["SELECT 1", "SELECT 2"]);
        check(" ;; -- nothing\n/* at all */ ;", &[]);
    }

    #[test]
    fn a_semicolon_in_anything_else_does_not() {
        for statement in [
            "SELECT 'a;''b;'",
            r"SELECT E'a\';b'",
            r"SELECT 'a\' AS b",
            "SELECT \"a;\"\"b\"",
            "DO $$ BEGIN; END $$",
            "DO $x$ $$;$$ ; $x$",
            "SELECT 1 /* ; /* ; */ ; */ + 2",
            "SELECT 1 -- ;\n + 2",
            "CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2)",
            "SELECT a$1;b",
        ] {
            let expected = if statement.ends_with(";b") { vec!["SELECT a$1", "b"] } else { vec![statement] };
            check(statement, &expected);
        }
    }

    #[test]
    fn what_is_never_closed_goes_to_the_end() {
        for text in ["SELECT 'a; b", "SELECT $$a; b", "SELECT \"a; b", "SELECT 1 /* ; b"] {
            check(text, &[text]);
        }
    }

    #[test]
    fn a_body_that_is_not_known_is_noticed() {
        assert!(is_sure("SELECT 'begin atomic'; -- atomic"));
        assert!(!is_sure("CREATE FUNCTION f() RETURNS int BEGIN Atomic SELECT 1; SELECT 2; END"));
    }

    #[test]
    fn a_statement_stands_where_it_stood() {
        let text = "-- é\nSELECT 1;\n  /* é */ SELECT 2;";
        let second = split(text)[1];
        assert_eq!((second.line, second.column), (3, 11));
        assert_eq!(second.in_place(), "\n\n          SELECT 2");
    }

    #[test]
    fn first_words_are_read_through_comments() {
        assert_eq!(
            first_words("create -- x\n/* y */ index  CONCURRENTLY i on t", 3),
            "CREATE INDEX CONCURRENTLY"
        );
    }
}
