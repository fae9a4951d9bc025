//! Which object before is which object after: first by name, then by identity, tables before what is within them.

use std::collections::{BTreeMap, BTreeSet};

use super::follow::has_parts;
use crate::model::name::TableName;
use crate::model::schema::{ObjectKind, Schema, SchemaObject};

/// What an object is known by: its kind, its schema, its table if it is named within it, and its name.
type Key = (ObjectKind, String, Option<TableName>, String);

/// The objects of two schemas, paired.
#[derive(Debug, Default)]
pub(super) struct Pairs<'a> {
    /// What is on both sides, before and after.
    pub both: Vec<(&'a SchemaObject, &'a SchemaObject)>,
    /// What was only there before.
    pub dropped: Vec<&'a SchemaObject>,
    /// What is only there after.
    pub added: Vec<&'a SchemaObject>,
}

/// Where the containers of objects are to be looked for afterwards.
#[derive(Default)]
struct Moved {
    schemas: BTreeMap<String, String>,
    tables: BTreeMap<TableName, TableName>,
}

impl Moved {
    /// What an object of before is known by afterwards, unless it was itself renamed.
    fn key(&self, before: &SchemaObject) -> Key {
        let schema = self.schemas.get(&before.schema).unwrap_or(&before.schema).clone();
        let table = before.table.as_ref().filter(|_| before.kind.is_named_within_table());
        let table = table.map(|table| {
            self.tables.get(table).cloned().unwrap_or_else(|| {
                let schema = self.schemas.get(&table.schema).unwrap_or(&table.schema);
                TableName::new(schema.as_str(), table.name.as_str())
            })
        });
        // The schema of what is within a table is that of the table.
        let schema = table.as_ref().map_or(schema, |table| table.schema.clone());
        (before.kind, schema, table, before.name.clone())
    }

    fn learn(&mut self, before: &SchemaObject, after: &SchemaObject) {
        if before.kind == ObjectKind::Schema {
            self.schemas.insert(before.name.clone(), after.name.clone());
        } else if has_parts(before.kind) {
            self.tables.insert(
                TableName::new(before.schema.as_str(), before.name.as_str()),
                TableName::new(after.schema.as_str(), after.name.as_str()),
            );
        }
    }
}

/// Schemas first, as their names are part of all others; then what stands by itself; then what is within tables.
fn depth(object: &SchemaObject) -> u8 {
    match object.kind {
        ObjectKind::Schema => 0,
        kind if kind.is_named_within_table() => 2,
        _ => 1,
    }
}

/// Pairs the objects of two schemas. A name decides where both sides have it, whatever holds it: it is what everybody
/// else reads. An identity whose old name is free and whose new one was never there is a rename.
pub(super) fn pair<'a>(before: &'a Schema, after: &'a Schema) -> Pairs<'a> {
    let stays = Moved::default();
    let by_key: BTreeMap<Key, &SchemaObject> = after.objects.iter().map(|it| (stays.key(it), it)).collect();
    let identity = |it: &SchemaObject| (it.kind, it.oid, it.position);
    let by_identity: BTreeMap<_, &SchemaObject> = after.objects.iter().map(|it| (identity(it), it)).collect();
    let (mut pairs, mut moved, mut taken) = (Pairs::default(), Moved::default(), BTreeSet::new());
    for level in 0..=2 {
        let of_level: Vec<(Key, &SchemaObject)> =
            before.objects.iter().filter(|it| depth(it) == level).map(|it| (moved.key(it), it)).collect();
        let known: BTreeSet<&Key> = of_level.iter().map(|(key, _)| key).collect();
        for (key, then) in &of_level {
            let renamed =
                || by_identity.get(&identity(then)).copied().filter(|now| !known.contains(&stays.key(now)));
            match by_key.get(key).copied().or_else(renamed) {
                Some(now) => {
                    moved.learn(then, now);
                    taken.insert(stays.key(now));
                    pairs.both.push((*then, now));
                }
                None => pairs.dropped.push(then),
            }
        }
    }
    pairs.added = by_key.into_iter().filter(|(key, _)| !taken.contains(key)).map(|(_, it)| it).collect();
    pairs
}
