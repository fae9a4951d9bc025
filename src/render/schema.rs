//! Changes of the schema in words that several forms of the report share: one line an object.

use crate::model::schema::{Facet, GRANTED_TO, ObjectKind, STATE};
use crate::model::schema_change::{FacetChange, SchemaChange, SchemaEvent};

/// Facets that need their names to be understood; the texts of all others begin with a keyword.
const NAMED: [&str; 4] = ["type", "version", "schema", "owner"];
/// Characters of two definitions that are told whole; of longer ones only what differs.
const MAX_WHOLE: usize = 100;
/// Words on either side of what differs.
const CONTEXT: usize = 2;

/// One object that was added, dropped or altered.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// `+`, `-` or `~`.
    pub sign: char,
    /// Its kind and its name.
    pub object: String,
    /// What defines it, or what changed; may be empty. One line, as long as it takes.
    pub detail: String,
    /// Whether it is an index that answers no query and is paid for by every write.
    pub is_invalid: bool,
}

/// A change in one line.
pub(super) fn line(change: &SchemaChange) -> Line {
    let (sign, detail) = match &change.event {
        SchemaEvent::Added(facets) => {
            let said = std::iter::once(defined(facets)).chain(granted(facets)).filter(|it| !it.is_empty());
            ('+', said.collect::<Vec<_>>().join("; "))
        }
        SchemaEvent::Dropped(facets) => ('-', defined(facets)),
        SchemaEvent::Altered { renamed_from, facets } => {
            let renamed = renamed_from.iter().map(|name| format!("renamed from {name}"));
            ('~', renamed.chain(facets.iter().map(altered)).collect::<Vec<_>>().join("; "))
        }
    };
    Line {
        sign,
        object: format!("{} {}", change.kind, change.name),
        detail: collapsed(&detail),
        is_invalid: is_invalid(change),
    }
}

fn is_invalid(change: &SchemaChange) -> bool {
    let state = match &change.event {
        SchemaEvent::Added(facets) => {
            facets.iter().find(|facet| facet.name == STATE).map(|facet| facet.text.as_str())
        }
        SchemaEvent::Altered { facets, .. } => {
            facets.iter().find(|facet| facet.name == STATE).and_then(|facet| facet.after.as_deref())
        }
        SchemaEvent::Dropped(_) => None,
    };
    change.kind == ObjectKind::Index && state == Some("INVALID")
}

/// The definition of an object: its state first, who owns it not at all.
fn defined(facets: &[Facet]) -> String {
    let is_told = |facet: &&Facet| facet.name != "owner" && !facet.name.starts_with(GRANTED_TO);
    let (states, others): (Vec<&Facet>, Vec<&Facet>) =
        facets.iter().filter(is_told).partition(|facet| facet.name == STATE);
    let within: Vec<&str> =
        others.iter().filter(|it| is_of_table(&it.name)).map(|it| it.text.as_str()).collect();
    let mut parts: Vec<String> = states.iter().map(|state| format!("{},", state.text)).collect();
    if !within.is_empty() {
        parts.push(format!("({})", within.join(", ")));
    }
    parts.extend(others.iter().filter(|it| !is_of_table(&it.name)).map(|it| match it.name.as_str() {
        name @ ("version" | "schema") => format!("{name} {}", it.text),
        _ => it.text.clone(),
    }));
    parts.join(" ").trim_end_matches(',').to_owned()
}

/// `SELECT granted to app` for every role.
fn granted(facets: &[Facet]) -> impl Iterator<Item = String> {
    let grants = facets.iter().filter_map(|it| Some((it.name.strip_prefix(GRANTED_TO)?, &it.text)));
    grants.map(|(role, privileges)| format!("{privileges} granted to {role}"))
}

fn is_of_table(facet: &str) -> bool {
    matches!(facet, "columns" | "constraints")
}

/// What is said otherwise of an object.
fn altered(facet: &FacetChange) -> String {
    let name = facet.name.as_str();
    let prefix = if NAMED.contains(&name) { format!("{name} ") } else { String::new() };
    match (name.strip_prefix(GRANTED_TO), facet.before.as_deref(), facet.after.as_deref()) {
        (Some(role), None, Some(after)) => format!("{after} granted to {role}"),
        (Some(role), Some(before), None) => format!("{before} revoked from {role}"),
        (Some(role), Some(before), Some(after)) => format!("{role} may {before} → {after}"),
        (None, None, Some(after)) => format!("now {prefix}{after}"),
        (None, Some(before), None) => format!("no longer {prefix}{before}"),
        (None, Some(before), Some(after)) => {
            let (before, after) = differing(before, after);
            format!("{prefix}{before} → {after}")
        }
        (_, None, None) => String::new(),
    }
}

/// Two definitions without most of what both have, if they are long.
fn differing(before: &str, after: &str) -> (String, String) {
    let (before, after) = (collapsed(before), collapsed(after));
    if before.chars().count() + after.chars().count() <= MAX_WHOLE {
        return (before, after);
    }
    let (then, now): (Vec<&str>, Vec<&str>) = (before.split(' ').collect(), after.split(' ').collect());
    let same = |pairs: &mut dyn Iterator<Item = (&&str, &&str)>| pairs.take_while(|(a, b)| a == b).count();
    let first = same(&mut then.iter().zip(&now));
    let room = then.len().min(now.len()) - first;
    let last = same(&mut then.iter().rev().zip(now.iter().rev())).min(room);
    let cut = |words: &[&str]| {
        let start = first.saturating_sub(CONTEXT);
        let end = (words.len() - last + CONTEXT).min(words.len());
        let (before, after) = (if start > 0 { "… " } else { "" }, if end < words.len() { " …" } else { "" });
        format!("{before}{}{after}", words[start..end].join(" "))
    };
    (cut(&then), cut(&now))
}

/// On one line.
fn collapsed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facet(name: &str, text: &str) -> Facet {
        Facet { name: name.to_owned(), text: text.to_owned() }
    }

    fn said(kind: ObjectKind, event: SchemaEvent) -> String {
        let line = line(&SchemaChange { kind, name: "a.b".to_owned(), table: None, event });
        format!("{} {}: {}", line.sign, line.object, line.detail)
    }

    fn changed(name: &str, before: Option<&str>, after: Option<&str>) -> String {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        let facets = vec![FacetChange { name: name.to_owned(), before: owned(before), after: owned(after) }];
        said(ObjectKind::Column, SchemaEvent::Altered { renamed_from: None, facets })
    }

    #[test]
    fn what_is_new_or_gone_is_told_with_what_defines_it() {
        let column = [facet("type", "integer"), facet("not null", "NOT NULL"), facet("default", "DEFAULT 0")];
        let added = SchemaEvent::Added(column.to_vec());
        assert_eq!(said(ObjectKind::Column, added), "+ column a.b: integer NOT NULL DEFAULT 0");
        let index = vec![
            facet("unique", "UNIQUE"),
            facet("definition", "ON a (b)"),
            facet("state", "INVALID"),
            facet("owner", "shop"),
        ];
        let added = SchemaEvent::Added(index.clone());
        assert_eq!(said(ObjectKind::Index, added), "+ index a.b: INVALID, UNIQUE ON a (b)");
        let dropped = SchemaEvent::Dropped(index);
        assert_eq!(said(ObjectKind::Index, dropped), "- index a.b: INVALID, UNIQUE ON a (b)");
        let table = SchemaEvent::Added(vec![
            facet("columns", "id integer, name text"),
            facet("constraints", "PRIMARY KEY (id)"),
            facet("persistence", "UNLOGGED"),
            facet("granted to app", "SELECT"),
        ]);
        assert_eq!(
            said(ObjectKind::Table, table),
            "+ table a.b: (id integer, name text, PRIMARY KEY (id)) UNLOGGED; SELECT granted to app"
        );
    }

    #[test]
    fn what_changed_is_told_from_before_to_after() {
        let column = "~ column a.b:";
        assert_eq!(
            changed("type", Some("integer"), Some("bigint")),
            format!("{column} type integer → bigint")
        );
        assert_eq!(changed("not null", None, Some("NOT NULL")), format!("{column} now NOT NULL"));
        assert_eq!(changed("default", Some("DEFAULT 1"), None), format!("{column} no longer DEFAULT 1"));
        assert_eq!(
            changed("granted to app", None, Some("SELECT")),
            format!("{column} SELECT granted to app")
        );
        assert_eq!(
            changed("granted to app", Some("SELECT"), None),
            format!("{column} SELECT revoked from app")
        );
        let renamed = SchemaEvent::Altered { renamed_from: Some("a.c".to_owned()), facets: Vec::new() };
        assert_eq!(said(ObjectKind::Column, renamed), "~ column a.b: renamed from a.c");
    }

    #[test]
    fn of_long_definitions_only_what_differs_is_told() {
        let body = |n: u32| {
            format!(
                "(x integer)\n RETURNS integer LANGUAGE sql AS $$\n  SELECT {n} + x FROM everything WHERE that_is_so $$"
            )
        };
        let told = changed("definition", Some(&body(1)), Some(&body(2)));
        assert_eq!(told, "~ column a.b: … $$ SELECT 1 + x … → … $$ SELECT 2 + x …");
        let (before, after) = differing(&"word ".repeat(30), &"word ".repeat(31));
        assert_eq!((before.as_str(), after.as_str()), ("… word word", "… word word word"));
    }

    #[test]
    fn an_index_that_became_invalid_is_known() {
        let change = |state: &str| SchemaChange {
            kind: ObjectKind::Index,
            name: "i".to_owned(),
            table: None,
            event: SchemaEvent::Added(vec![facet("state", state)]),
        };
        assert!(line(&change("INVALID")).is_invalid && !line(&change("INCOMPLETE")).is_invalid);
    }
}
