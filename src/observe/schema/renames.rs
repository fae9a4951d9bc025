//! Definitions that say the same but for names that were changed: the server rewrites them by itself.

use std::collections::BTreeMap;

use crate::model::schema::{ObjectKind, SchemaObject};

/// Old names by new ones, of everything that was renamed.
#[derive(Debug, Default)]
pub(super) struct Renames {
    old_by_new: BTreeMap<String, String>,
    /// New names of schemas by old ones.
    schemas: BTreeMap<String, String>,
}

impl Renames {
    /// Collects what has another name in some pair.
    pub fn of(pairs: &[(&SchemaObject, &SchemaObject)]) -> Self {
        let renamed = pairs.iter().filter(|(then, now)| then.name != now.name || then.schema != now.schema);
        let mut old_by_new = BTreeMap::new();
        for (then, now) in renamed {
            // A function's name goes with the types of its arguments.
            let bare = |name: &str| name.split('(').next().unwrap_or_default().to_owned();
            for (old, new) in [(&then.name, &now.name), (&then.schema, &now.schema)] {
                if old != new {
                    old_by_new.insert(bare(new), bare(old));
                }
            }
        }
        let schemas = pairs.iter().filter(|(then, _)| then.kind == ObjectKind::Schema);
        let schemas = schemas.map(|(then, now)| (then.name.clone(), now.name.clone())).collect();
        Self { old_by_new, schemas }
    }

    /// Whether an object has another name, or moved to another schema: what is within something that was renamed has not.
    pub fn name(&self, then: &SchemaObject, now: &SchemaObject) -> bool {
        let schema = self.schemas.get(&then.schema).unwrap_or(&then.schema);
        then.name != now.name || (*schema != now.schema && !now.kind.is_named_within_table())
    }

    /// Whether a definition differs only where something was renamed. The body of a function is text to the server,
    /// which follows no name.
    pub fn explain(&self, kind: ObjectKind, before: &str, after: &str) -> bool {
        let is_followed =
            !matches!(kind, ObjectKind::Function | ObjectKind::Procedure | ObjectKind::EventTrigger);
        if !is_followed || self.old_by_new.is_empty() {
            return false;
        }
        let with_old = self.with_old_names(after);
        // A view keeps the names of its columns: `SELECT t.old` becomes `SELECT t.new AS old`.
        let kept = |text: &str| {
            let names = self.old_by_new.values();
            names.fold(text.to_owned(), |text, old| text.replace(&format!("{old} AS {old}"), old))
        };
        before == with_old || before == kept(&with_old)
    }

    fn with_old_names(&self, text: &str) -> String {
        let mut replaced = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(start) = rest.find(is_of_word) {
            let word = &rest[start..];
            let word = &word[..word.find(|c| !is_of_word(c)).unwrap_or(word.len())];
            replaced.push_str(&rest[..start]);
            replaced.push_str(self.old_by_new.get(word).map_or(word, String::as_str));
            rest = &rest[start + word.len()..];
        }
        replaced + rest
    }
}

fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}
