//! Secrets that lines may hold, and lines without them.

use std::borrow::Cow;

/// What stands for a secret.
const HIDDEN: &str = "***";
/// Parts of the names of variables and fields that hold secrets, in lower case.
const PARTS: [&str; 10] = [
    "passw",
    "passphrase",
    "secret",
    "token",
    "credential",
    "apikey",
    "api_key",
    "access_key",
    "private_key",
    "authorization",
];
/// What such names end with.
const ENDS: [&str; 5] = ["_key", "-key", "_pass", "pwd", "cookie"];
/// Schemes of an `Authorization` header; what follows them is secret.
const SCHEMES: [&str; 3] = ["bearer", "basic", "digest"];
/// A shorter value hides nothing, and would be found everywhere.
const MIN_SECRET: usize = 4;
/// Characters of a word that is a key of some kind, if it is of letters of both cases and digits, or hexadecimal.
const MIN_KEY: usize = 32;

/// Values that services were given and must not be told. Not printable on purpose.
pub struct Secrets {
    /// Longest first, so that no part of one is left of another.
    values: Vec<String>,
}

impl Secrets {
    /// The secrets among variables, by their names; of an address with a password the password.
    pub fn among<'a>(variables: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut values = Vec::new();
        for (name, value) in variables {
            if is_secret(name) {
                values.push(value.to_owned());
            }
            values.extend(password(value).map(|(start, end)| value[start..end].to_owned()));
        }
        let is_word =
            |value: &str| ["true", "false", "none", "null"].contains(&value.to_lowercase().as_str());
        values.retain(|value| value.len() >= MIN_SECRET && !is_word(value));
        values.sort_by(|one, other| other.len().cmp(&one.len()).then_with(|| one.cmp(other)));
        values.dedup();
        Self { values }
    }

    /// A line without secrets: neither those that are known nor what looks like one.
    pub fn hide(&self, line: &str) -> String {
        let mut line = Cow::Borrowed(line);
        for value in &self.values {
            if line.contains(value.as_str()) {
                line = Cow::Owned(line.replace(value.as_str(), HIDDEN));
            }
        }
        without_keys(&without_fields(&without_passwords(&line)))
    }
}

/// Whether a variable or field of that name holds a secret.
fn is_secret(name: &str) -> bool {
    let name = name.to_lowercase();
    PARTS.iter().any(|part| name.contains(part))
        || ENDS.iter().any(|end| name.ends_with(end))
        || name == "pass"
}

/// Where the password of the first address in `text` stands (`postgresql://shop:HERE@db`).
fn password(text: &str) -> Option<(usize, usize)> {
    let start = text.find("://")? + 3;
    let authority = text[start..].split(['/', ' ', '"', '\'', '?', '#']).next()?;
    let (user, _) = authority.rsplit_once('@')?;
    let (name, password) = user.split_once(':')?;
    let start = start + name.len() + 1;
    (!password.is_empty()).then_some((start, start + password.len()))
}

fn without_passwords(line: &str) -> String {
    let (mut safe, mut rest) = (String::new(), line);
    while let Some(at) = rest.find("://") {
        let end = if let Some((start, end)) = password(rest) {
            safe.push_str(&rest[..start]);
            safe.push_str(HIDDEN);
            end
        } else {
            safe.push_str(&rest[..at + 3]);
            at + 3
        };
        rest = &rest[end..];
    }
    safe + rest
}

/// Hides the values of fields by their names, however they are written: `password=x`, `"token": "x"`, `Bearer x`.
fn without_fields(line: &str) -> String {
    let (mut safe, mut rest) = (String::new(), line);
    while let Some(start) = rest.find(is_of_name) {
        let length = rest[start..].find(|c| !is_of_name(c)).unwrap_or(rest.len() - start);
        let (name, after) = (&rest[start..start + length], &rest[start + length..]);
        safe.push_str(&rest[..start + length]);
        rest = after;
        if let Some((start, end)) = value_of(name, after) {
            safe.push_str(&after[..start]);
            safe.push_str(HIDDEN);
            rest = &after[end..];
        }
    }
    safe + rest
}

/// Where the value stands in what follows a name that is that of a secret.
fn value_of(name: &str, after: &str) -> Option<(usize, usize)> {
    let is_scheme = SCHEMES.contains(&name.to_lowercase().as_str());
    let signs: &[char] = if is_scheme {
        &[' ']
    } else if is_secret(name) {
        &['=', ':']
    } else {
        return None;
    };
    let unquoted = after.trim_start_matches(['"', '\'', ' ']);
    let said = if is_scheme { after.strip_prefix(' ')? } else { unquoted.strip_prefix(signs)? };
    let value = said.trim_start_matches(['>', ' ']);
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
    let value = value.trim_start_matches(['"', '\'']);
    let ends = |c: char| match quote {
        Some(quote) => c == quote,
        None => c.is_whitespace() || matches!(c, ',' | ';' | '&' | ')' | '}' | ']' | '"' | '\''),
    };
    let start = after.len() - value.len();
    let length = value.find(ends).unwrap_or(value.len());
    // `Authorization: Bearer x` is two names in a row.
    let is_told_by_scheme = SCHEMES.contains(&value[..length].to_lowercase().as_str());
    (length > 0 && !is_told_by_scheme).then_some((start, start + length))
}

fn is_of_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '.')
}

/// Hides words that nobody but a machine can have made up and that are long enough to open something.
fn without_keys(line: &str) -> String {
    let is_of_key = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '+' | '=');
    let (mut safe, mut rest) = (String::new(), line);
    while let Some(start) = rest.find(is_of_key) {
        let length = rest[start..].find(|c| !is_of_key(c)).unwrap_or(rest.len() - start);
        let word = &rest[start..start + length];
        safe.push_str(&rest[..start]);
        safe.push_str(if is_key(word) { HIDDEN } else { word });
        rest = &rest[start + length..];
    }
    safe + rest
}

fn is_key(word: &str) -> bool {
    let has = |is: fn(&u8) -> bool| word.bytes().any(|byte| is(&byte));
    let is_mixed = has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase);
    let is_hex = word.bytes().all(|byte| byte.is_ascii_hexdigit());
    word.len() >= MIN_KEY && has(u8::is_ascii_digit) && (is_mixed || is_hex)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets() -> Secrets {
        Secrets::among([
            ("POSTGRES_PASSWORD", "shop-dev"),
            ("DATABASE_URL", "postgresql://shop:other-word@db/shop"),
            ("SESSION_SECRET", "shop-dev-and-more"),
            ("LANG", "C.UTF-8"),
            ("TOKEN_CHECK", "true"),
        ])
    }

    #[test]
    fn what_services_were_given_is_told_nowhere() {
        let line = "C.UTF-8 true: shop-dev, other-word, 'shop-dev-and-more'";
        assert_eq!(secrets().hide(line), "C.UTF-8 true: ***, ***, '***'");
    }

    #[test]
    fn what_looks_like_a_secret_is_told_nowhere() {
        for (line, expected) in [
            ("cannot reach postgresql://app:hunter2@db/x", "cannot reach postgresql://app:***@db/x"),
            ("see https://a.example/b and ftp://u:p@c", "see https://a.example/b and ftp://u:***@c"),
            ("login password=hunter2&next=/", "login password=***&next=/"),
            ("{\"api_key\": \"hunter2\", \"n\": 1}", "{\"api_key\": \"***\", \"n\": 1}"),
            ("Authorization: Bearer abc.def", "Authorization: Bearer ***"),
            ("authorization: hunter2", "authorization: ***"),
            ("x-api-key: hunter2", "x-api-key: ***"),
            ("Set-Cookie: id=7; Path=/", "Set-Cookie: ***; Path=/"),
            ("key 4f3c2b1a4f3c2b1a4f3c2b1a4f3c2b1a used", "key *** used"),
            ("got AbCdEfGhIjKlMnOpQrStUvWxYz0123456789", "got ***"),
        ] {
            assert_eq!(secrets().hide(line), expected);
        }
    }

    #[test]
    fn what_is_no_secret_stays() {
        for line in [
            "password authentication failed for user \"shop\"",
            "0005_remove_duplicate_feed_items_of_yesterday.sql applied",
            "ERROR:  column \"note\" does not exist at character 8",
            "http://web:8000/orders?page=2",
        ] {
            assert_eq!(secrets().hide(line), line);
        }
    }

    #[test]
    fn any_line_may_be_read() {
        for line in
            ["", "://", "a://:@", "a://b:c@", "password=", "password:\"", "bearer ", "日本=password:語"]
        {
            secrets().hide(line);
        }
        assert_eq!(secrets().hide("a://b:@c"), "a://b:@c");
    }
}
