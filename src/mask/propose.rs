//! A proposal for a column, from its name and type alone: a person reads it over.

use super::kind::Kind;

/// Words of a column's name and the rule that they speak for; the first that fits wins.
const BY_WORD: [(&[&str], &str); 6] = [
    (&["email", "mail"], "email"),
    (&["phone", "mobile", "fax", "tel", "telephone", "cell"], "phone"),
    (&["address", "street", "city", "town", "zip", "postcode", "postal", "addr"], "address"),
    (
        &[
            "password",
            "passwd",
            "token",
            "secret",
            "hash",
            "iban",
            "bic",
            "ssn",
            "card",
            "account",
            "salt",
            "key",
            "vat",
            "passport",
            "license",
            "session",
            "digest",
            "fingerprint",
        ],
        "hash",
    ),
    (
        &["ip", "agent", "note", "notes", "comment", "comments", "message", "body", "bio", "text", "payload"],
        "redact",
    ),
    (&["name", "surname", "firstname", "lastname", "fullname", "username", "nickname", "holder"], "name"),
];

/// Types whose values identify nobody by themselves.
const HARMLESS: [Kind; 4] = [Kind::Boolean, Kind::Number, Kind::Time, Kind::Interval];

/// The rule to propose, as it is written in a file of masks. `type_name` is empty if unknown.
pub fn propose(column: &str, type_name: &str) -> &'static str {
    let kind =
        if type_name.is_empty() { Kind::Text { limit: None, padded: false } } else { Kind::parse(type_name) };
    let words = words(column);
    let has = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    let by_word = BY_WORD.into_iter().find(|(list, _)| has(list)).map(|(_, rule)| rule);
    let identifies = has(&["id", "uuid", "sku", "status", "kind", "type", "version", "currency", "locale"]);
    let harmless = type_name.is_empty() && has(&["at", "count", "price", "total", "quantity"]);
    match kind {
        Kind::Text { .. } if harmless || (identifies && by_word.is_none()) => "keep",
        Kind::Text { .. } => by_word.unwrap_or("redact"),
        Kind::Date | Kind::Timestamp if has(&["birth", "born", "dob", "birthday", "birthdate"]) => {
            "{date_shift: {days: 30}}"
        }
        Kind::Bytes => "hash",
        Kind::Uuid => by_word.filter(|rule| *rule == "hash").unwrap_or("keep"),
        kind if HARMLESS.contains(&kind) => "keep",
        Kind::Date | Kind::Timestamp | Kind::Integer(_) | Kind::Other => "keep",
        _ => "redact",
    }
}

/// `firstName`, `first_name` and `FIRST NAME` are the same words.
fn words(column: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut lower = false;
    for letter in column.chars() {
        if !letter.is_alphanumeric() || (letter.is_uppercase() && lower) {
            words.push(String::new());
        }
        lower = letter.is_lowercase();
        if let Some(word) = words.last_mut().filter(|_| letter.is_alphanumeric()) {
            word.extend(letter.to_lowercase());
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_types_speak_for_a_rule() {
        for (column, type_name, rule) in [
            ("email", "character varying(60)", "email"),
            ("contactEmail", "text", "email"),
            ("full_name", "text", "name"),
            ("mobile_phone", "text", "phone"),
            ("street", "text", "address"),
            ("date_of_birth", "date", "{date_shift: {days: 30}}"),
            ("created_at", "timestamp with time zone", "keep"),
            ("id", "bigint", "keep"),
            ("password_digest", "text", "hash"),
            ("profile", "jsonb", "redact"),
            ("last_login_ip", "inet", "redact"),
            ("whatever", "text", "redact"),
            ("status", "text", "keep"),
            ("price", "numeric(10,2)", "keep"),
            ("email", "", "email"),
        ] {
            assert_eq!(propose(column, type_name), rule, "{column} {type_name}");
        }
    }
}
