//! The format of `.env` and `env_file`: one `NAME=value` a line, quotes, comments, variables.

use std::collections::BTreeMap;

use super::interpolate;
use super::variables::Lookup;

/// The assignments in their order, and what is wrong, by line. Values are never part of a message.
///
/// A name without `=` takes its value from `outer`, if it is set there. A value may use names assigned above it.
pub fn parse(text: &str, outer: &dyn Lookup) -> (Vec<Assigned>, Vec<WrongLine>) {
    let mut wrong = Vec::new();
    let mut assigned: BTreeMap<String, String> = BTreeMap::new();
    let mut assignments = Vec::new();
    let mut rest = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut line = 1;
    while !rest.is_empty() {
        let begun_at = line;
        let known = |name: &str| outer.lookup(name).or_else(|| assigned.get(name).cloned());
        let column = 1 + indent(rest);
        let (result, consumed) = statement(rest, &known);
        line += rest.get(..consumed).unwrap_or(rest).matches('\n').count();
        rest = rest.get(consumed..).unwrap_or_default();
        match result {
            Ok(None) => {}
            Ok(Some((name, value))) => {
                assigned.insert(name.clone(), value.clone());
                assignments.push(Assigned { name, value, line: begun_at, column });
            }
            Err(message) => wrong.push((begun_at, message)),
        }
    }
    (assignments, wrong)
}

/// One assignment, and where its statement begins. Has no `Debug`, as it may be a credential.
#[derive(Clone)]
pub struct Assigned {
    /// The variable.
    pub name: String,
    /// Its value.
    pub value: String,
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1.
    pub column: usize,
}

/// A line, from 1, and what is wrong with it.
pub type WrongLine = (usize, String);

type Assignment = Result<Option<(String, String)>, String>;

/// The first statement of `text`, and how many bytes it takes, its line end included.
fn statement(text: &str, known: &dyn Lookup) -> (Assignment, usize) {
    let line_end = text.find('\n').map_or(text.len(), |at| at + 1);
    let line = text.get(..line_end).unwrap_or(text).trim();
    if line.is_empty() || line.starts_with('#') {
        return (Ok(None), line_end);
    }
    let line = line.strip_prefix("export ").unwrap_or(line).trim_start();
    let Some(at) = line.find(['=', ':']) else {
        // A name alone: whatever the outside says.
        let passed_on = known.lookup(line).map(|value| (line.to_owned(), value));
        let wrong = || Err("expected `NAME=value`".to_owned());
        return (if is_name(line) { Ok(passed_on) } else { wrong() }, line_end);
    };
    let name = line.get(..at).unwrap_or_default().trim();
    if !is_name(name) {
        return (Err("expected `NAME=value`".to_owned()), line_end);
    }
    let value_at = text.find(['=', ':']).map_or(line_end, |at| at + 1);
    let value = text.get(value_at..).unwrap_or_default();
    let blank = value.len() - value.trim_start_matches([' ', '\t']).len();
    let (result, consumed) = value_of(value.get(blank..).unwrap_or_default(), known);
    (result.map(|value| Some((name.to_owned(), value))), value_at + blank + consumed)
}

/// The value at the begin of `text`, and how many bytes it takes, its line end included.
fn value_of(text: &str, known: &dyn Lookup) -> (Result<String, String>, usize) {
    let line_end = text.find('\n').map_or(text.len(), |at| at + 1);
    let Some(quote @ ('"' | '\'')) = text.chars().next() else {
        let line = text.get(..line_end).unwrap_or(text);
        let end = if line.starts_with('#') { Some(0) } else { line.find(" #").or_else(|| line.find("\t#")) };
        let value = line.get(..end.unwrap_or(line.len())).unwrap_or(line).trim();
        return (interpolate::text(value, known), line_end);
    };
    let Some(end) = closing_quote(text, quote) else {
        return (Err("the quote is never closed".to_owned()), line_end);
    };
    let inner = text.get(1..end).unwrap_or_default();
    let after = text.get(end + 1..).unwrap_or_default();
    let after_end = after.find('\n').map_or(after.len(), |at| at + 1);
    let tail = after.get(..after_end).unwrap_or(after).trim();
    let consumed = end + 1 + after_end;
    if !tail.is_empty() && !tail.starts_with('#') {
        return (Err("text behind the closing quote".to_owned()), consumed);
    }
    match quote {
        '\'' => (Ok(inner.to_owned()), consumed),
        _ => (interpolate::text(&unescape(inner), known), consumed),
    }
}

fn indent(text: &str) -> usize {
    text.len() - text.trim_start_matches([' ', '\t']).len()
}

fn closing_quote(text: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' if quote == '"' => escaped = true,
            _ if c == quote => return Some(at),
            _ => {}
        }
    }
    None
}

/// Resolves escapes; `\$` becomes `$$`, which the interpolation that follows leaves as `$`.
fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (c, if c == '\\' { chars.next() } else { None }) {
            ('\\', Some('n')) => out.push('\n'),
            ('\\', Some('r')) => out.push('\r'),
            ('\\', Some('t')) => out.push('\t'),
            ('\\', Some('$')) => out.push_str("$$"),
            ('\\', Some(other @ ('"' | '\\'))) => out.push(other),
            ('\\', Some(other)) => out.extend(['\\', other]),
            (c, _) => out.push(c),
        }
    }
    out
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "_.-".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[(&str, &str)], expected_wrong: &[(usize, &str)]) {
        let outer = |name: &str| (name == "OUTER").then(|| "outside".to_owned());
        let (assignments, wrong) = parse(text, &outer);
        let assignments: Vec<_> =
            assignments.iter().map(|it| (it.name.as_str(), it.value.as_str())).collect();
        let wrong: Vec<_> = wrong.iter().map(|(line, message)| (*line, message.as_str())).collect();
        assert_eq!(assignments, expected, "{text}");
        assert_eq!(wrong, expected_wrong, "{text}");
    }

    #[test]
    fn assignments_are_read_as_compose_does() {
        check("A=1\nB = two words \nexport C=3\r\n", &[("A", "1"), ("B", "two words"), ("C", "3")], &[]);
        check("# comment\n\nA=x # comment\nB=x#y\nC=#z\n", &[("A", "x"), ("B", "x#y"), ("C", "")], &[]);
        check("A='lit $X \\n' # c", &[("A", "lit $X \\n")], &[]);
        check(r#"A="a\tb \"q\" \$X $$ ${OUTER}""#, &[("A", "a\tb \"q\" $X $ outside")], &[]);
        check("A=\"one\ntwo\"\nB=3", &[("A", "one\ntwo"), ("B", "3")], &[]);
        check("A=1\nB=${A}2\nA: yaml", &[("A", "1"), ("B", "12"), ("A", "yaml")], &[]);
        check("OUTER\nNONE\n", &[("OUTER", "outside")], &[]);
        check("A=\nB=http://x:1/?a=b", &[("A", ""), ("B", "http://x:1/?a=b")], &[]);
    }

    #[test]
    fn what_is_wrong_is_told_by_line_and_the_rest_is_read() {
        check("A=1\nnot a name\nB=2", &[("A", "1"), ("B", "2")], &[(2, "expected `NAME=value`")]);
        check("A=\"open\nB=2", &[("B", "2")], &[(1, "the quote is never closed")]);
        check("A='x' y\n", &[], &[(1, "text behind the closing quote")]);
        check("A=\"x\ny\"\n?=1\n", &[("A", "x\ny")], &[(3, "expected `NAME=value`")]);
    }
}
