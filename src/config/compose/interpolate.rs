//! Compose's interpolation: `$X`, `${X}`, `${X:-y}`, `${X-y}`, `${X:?why}`, `${X?why}`, `${X:+y}`, `${X+y}`, `$$`.

use super::variables::Lookup;
use crate::config::node::{Node, Value};
use crate::config::problems::{Problems, problem};

/// Defaults in defaults: deeper ones are refused, as nobody could read them.
const DEPTH_LIMIT: usize = 16;

/// Replaces variables in every value of a tree; keys stay. What was replaced is text, whatever it looks like.
pub fn tree(node: &mut Node, variables: &dyn Lookup, problems: &mut Problems) {
    match &mut node.value {
        Value::Scalar { text: scalar, quoted } => {
            if !scalar.contains('$') {
                return;
            }
            match text(scalar, variables) {
                Ok(replaced) => (*scalar, *quoted) = (replaced, true),
                Err(message) => problems.push(problem(&node.location, message)),
            }
        }
        Value::List(items) => items.iter_mut().for_each(|item| tree(item, variables, problems)),
        Value::Map(entries) => {
            for entry in entries.iter_mut().filter(|entry| !entry.key.starts_with("x-")) {
                tree(&mut entry.value, variables, problems);
            }
        }
    }
}

/// Replaces variables in one text. One that is not set is empty, as in Compose.
///
/// # Errors
///
/// A message: a `$` that begins nothing, an open `${`, or a variable that must be set and is not.
pub fn text(text: &str, variables: &dyn Lookup) -> Result<String, String> {
    at_depth(text, variables, 0)
}

fn at_depth(text: &str, variables: &dyn Lookup, depth: usize) -> Result<String, String> {
    if depth > DEPTH_LIMIT {
        return Err(format!("variables nested more than {DEPTH_LIMIT} levels deep"));
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        rest = if let Some(after) = after.strip_prefix('$') {
            out.push('$');
            after
        } else if let Some(inner) = after.strip_prefix('{') {
            let end = closing_brace(inner).ok_or("`${` without `}`; write `$$` for a dollar sign")?;
            let (expression, after) = inner.split_at(end);
            out.push_str(&braced(expression, variables, depth)?);
            after.get(1..).unwrap_or_default()
        } else {
            let (name, after) = split_name(after);
            if name.is_empty() {
                return Err("a `$` that names no variable; write `$$` for a dollar sign".to_owned());
            }
            out.push_str(&variables.lookup(name).unwrap_or_default());
            after
        };
    }
    out.push_str(rest);
    Ok(out)
}

/// Where the brace closes that was opened just before `text`.
fn closing_brace(text: &str) -> Option<usize> {
    let mut open = 0_usize;
    let mut previous = ' ';
    for (at, c) in text.char_indices() {
        match c {
            '{' if previous == '$' => open += 1,
            '}' if open == 0 => return Some(at),
            '}' => open -= 1,
            _ => {}
        }
        previous = c;
    }
    None
}

fn braced(expression: &str, variables: &dyn Lookup, depth: usize) -> Result<String, String> {
    let (name, rest) = split_name(expression);
    if name.is_empty() {
        return Err("`${…}` without the name of a variable; write `$$` for a dollar sign".to_owned());
    }
    let value = variables.lookup(name);
    // With a colon, an empty value counts as none.
    let (value, operation) = match rest.strip_prefix(':') {
        Some(operation) => (value.filter(|value| !value.is_empty()), operation),
        None => (value, rest),
    };
    let word = |word: &str| at_depth(word, variables, depth + 1);
    match (operation.chars().next(), operation.get(1..).unwrap_or_default()) {
        (None, _) if rest.is_empty() => Ok(value.unwrap_or_default()),
        (Some('-'), default) => value.map_or_else(|| word(default), Ok),
        (Some('+'), replacement) => value.map_or_else(|| Ok(String::new()), |_| word(replacement)),
        (Some('?'), why) => match value {
            Some(value) => Ok(value),
            None if why.is_empty() => Err(format!("variable `{name}` must be set")),
            None => Err(format!("variable `{name}` must be set: {}", word(why)?)),
        },
        _ => Err(format!("`${{{name}…}}` goes on with something other than `:-`, `:?` or `:+`")),
    }
}

fn split_name(text: &str) -> (&str, &str) {
    let end = text
        .char_indices()
        .find(|(at, c)| !(c.is_ascii_alphabetic() || *c == '_' || (*at > 0 && c.is_ascii_digit())))
        .map_or(text.len(), |(at, _)| at);
    text.split_at(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(template: &str, expected: Result<&str, &str>) {
        let variables = |name: &str| match name {
            "SET" => Some("value".to_owned()),
            "EMPTY" => Some(String::new()),
            _ => None,
        };
        let result = text(template, &variables);
        assert_eq!(result.as_deref().map_err(String::as_str), expected, "{template}");
    }

    #[test]
    fn variables_are_replaced_as_compose_does() {
        for (template, expected) in [
            ("plain", "plain"),
            ("$SET-$NONE-x", "value--x"),
            ("a${SET}b", "avalueb"),
            ("${NONE:-default}", "default"),
            ("${EMPTY:-default}", "default"),
            ("${EMPTY-default}", ""),
            ("${NONE-default}", "default"),
            ("${NONE:-${SET}}/x", "value/x"),
            ("${NONE:-${NONE:-deep}}", "deep"),
            ("${NONE:-a:b?c}", "a:b?c"),
            ("${SET:+yes}${EMPTY:+no}${EMPTY+yes}", "yesyes"),
            ("${SET:?why}", "value"),
            ("$$SET and $${SET}", "$SET and ${SET}"),
            ("${NONE:-}", ""),
            ("ü${SET}ü", "üvalueü"),
        ] {
            check(template, Ok(expected));
        }
    }

    #[test]
    fn what_cannot_be_replaced_says_why() {
        check("${NONE:?set it in `.env`}", Err("variable `NONE` must be set: set it in `.env`"));
        check("${EMPTY:?}", Err("variable `EMPTY` must be set"));
        check("cost: 5$", Err("a `$` that names no variable; write `$$` for a dollar sign"));
        check("${SET", Err("`${` without `}`; write `$$` for a dollar sign"));
        check("${1}", Err("`${…}` without the name of a variable; write `$$` for a dollar sign"));
        check("${SET/a/b}", Err("`${SET…}` goes on with something other than `:-`, `:?` or `:+`"));
        check("${SET:}", Err("`${SET…}` goes on with something other than `:-`, `:?` or `:+`"));
        check(&"${A:-".repeat(1000), Err("`${` without `}`; write `$$` for a dollar sign"));
        let deep = format!("{}{}", "${A:-".repeat(100), "}".repeat(100));
        check(&deep, Err("variables nested more than 16 levels deep"));
    }
}
