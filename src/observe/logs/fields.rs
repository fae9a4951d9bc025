//! Lines made of fields, as JSON or as `key=value`: which of them say what happened.

use serde_json::Value;

use super::level;
use crate::model::log::LogLevel;

/// Fields that say what happened, in the order in which they are told.
const TEXTS: [&str; 7] = ["msg", "message", "event", "error", "err", "exception", "reason"];
const LEVELS: [&str; 5] = ["level", "severity", "lvl", "levelname", "log.level"];
/// Fields that hold the status of an answer.
pub(super) const STATUSES: [&str; 4] = ["status", "status_code", "statusCode", "http_status"];

/// What a line says, and how bad it is.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Said {
    /// How bad it is.
    pub level: LogLevel,
    /// What it says, in one line.
    pub text: String,
}

/// What a line says: its fields that tell it, if it is made of fields, else all of it.
pub(super) fn said(line: &str) -> Said {
    match json(line).or_else(|| pairs(line)) {
        Some(fields) => of_fields(&fields),
        None => Said { level: level::of_text(line), text: line.to_owned() },
    }
}

fn of_fields(fields: &[(String, String)]) -> Said {
    let named = |name: &str| fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let mut parts: Vec<String> = TEXTS.iter().filter_map(|name| named(name)).map(str::to_owned).collect();
    parts.dedup();
    if parts.is_empty() {
        // What nobody knows how to read is known by the names of its fields.
        let keys: Vec<&str> = fields.iter().map(|(key, _)| key.as_str()).collect();
        parts.push(format!("{{{}}}", keys.join(", ")));
    }
    parts.extend(STATUSES.iter().find_map(|name| named(name).map(|status| format!("({name}={status})"))));
    let text = parts.join(" ");
    let level = LEVELS.iter().find_map(|name| named(name)).map(level::of_field);
    Said { level: level.unwrap_or_else(|| level::of_text(&text)), text }
}

/// The fields of a JSON object; of an object within it, its message.
fn json(line: &str) -> Option<Vec<(String, String)>> {
    if !line.starts_with('{') {
        return None;
    }
    let Ok(Value::Object(object)) = serde_json::from_str(line) else { return None };
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        Value::Object(within) => {
            let message = within.get("message").or_else(|| within.get("msg")).and_then(Value::as_str);
            message.unwrap_or_default().to_owned()
        }
        other => other.to_string(),
    };
    let fields = object.iter().map(|(key, value)| (key.clone(), text(value)));
    Some(fields.filter(|(_, value)| !value.is_empty()).collect())
}

/// The fields of a line that is made of `key=value` alone and says what happened in one of them.
fn pairs(line: &str) -> Option<Vec<(String, String)>> {
    let mut fields = Vec::new();
    let mut rest = line.trim();
    while !rest.is_empty() {
        let (key, after) = rest.split_once('=')?;
        let is_key = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '-');
        if key.is_empty() || !key.chars().all(is_key) {
            return None;
        }
        let (value, after) = value(after);
        fields.push((key.to_owned(), value));
        rest = after.trim_start();
    }
    let tells = fields.iter().any(|(key, _)| TEXTS.contains(&key.as_str()));
    (tells && fields.len() > 1).then_some(fields)
}

/// A value, in quotes or up to the next space, and what follows it.
fn value(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(char::is_whitespace).unwrap_or(text.len());
        return (text[..end].to_owned(), &text[end..]);
    };
    let (mut value, mut is_escaped) = (String::new(), false);
    for (at, c) in quoted.char_indices() {
        match c {
            _ if is_escaped => {
                value.push(c);
                is_escaped = false;
            }
            '\\' => is_escaped = true,
            '"' => return (value, &quoted[at + 1..]),
            c => value.push(c),
        }
    }
    (value, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_json_the_message_and_the_error_are_told() {
        let line = r#"{"time":"2026-11-22T10:00:00Z","level":"error","msg":"order 7 was not paid","err":{"message":"no column \"note\"","stack":"…"},"status":500}"#;
        let text = "order 7 was not paid no column \"note\" (status=500)".to_owned();
        assert_eq!(said(line), Said { level: LogLevel::Error, text });
    }

    #[test]
    fn of_pairs_the_message_is_told() {
        let line = r#"time=2026-11-22T10:00:00Z level=warning msg="no column \"note\"" order=7"#;
        let text = "no column \"note\"".to_owned();
        assert_eq!(said(line), Said { level: LogLevel::Warning, text });
    }

    #[test]
    fn an_object_without_a_message_is_known_by_its_fields() {
        assert_eq!(said(r#"{"took":12,"rows":3}"#).text, "{took, rows}");
    }

    #[test]
    fn any_other_line_is_its_own_text() {
        for line in ["{broken", "a=b is no pair", "msg=alone", "plain words"] {
            assert_eq!(said(line).text, line);
        }
    }
}
