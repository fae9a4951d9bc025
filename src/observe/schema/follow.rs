//! What need not be told: it goes with its table, or with the object of the table that its own inherits from.

use std::collections::BTreeSet;

use crate::model::name::TableName;
use crate::model::schema::{Facet, GRANTED_TO, ObjectKind, SchemaObject};

/// Tables and views to which something happened as a whole.
pub(super) struct Wholes(BTreeSet<TableName>);

impl Wholes {
    /// Those among `objects`.
    pub fn among(objects: &[&SchemaObject]) -> Self {
        let tables = objects.iter().filter(|it| has_parts(it.kind));
        Self(tables.map(|it| TableName::new(it.schema.as_str(), it.name.as_str())).collect())
    }

    /// Tables that are no longer a partition, or no longer inherit: what they lost is not lost to their parent.
    pub fn left_alone(pairs: &[(&SchemaObject, &SchemaObject)]) -> Self {
        let is_left = |(then, now): &&(&SchemaObject, &SchemaObject)| {
            let parent = |facet| then.facet(facet).is_some() && now.facet(facet).is_none();
            parent("partition of") || parent("inherits")
        };
        let left = pairs.iter().filter(is_left);
        Self(left.map(|(then, _)| TableName::new(then.schema.as_str(), then.name.as_str())).collect())
    }

    /// Whether an object is part of one of them.
    pub fn contain(&self, object: &SchemaObject) -> bool {
        object.table.as_ref().is_some_and(|table| self.0.contains(table))
    }
}

/// Whether other objects are named within one of this kind.
pub(super) fn has_parts(kind: ObjectKind) -> bool {
    matches!(
        kind,
        ObjectKind::Table | ObjectKind::ForeignTable | ObjectKind::View | ObjectKind::MaterializedView
    )
}

/// Whether an object of a new table is told within the table's own line.
pub(super) fn is_within(kind: ObjectKind) -> bool {
    matches!(kind, ObjectKind::Column | ObjectKind::Constraint | ObjectKind::Sequence)
}

/// What is said of an object that came or went: nobody is told of privileges that every object of its kind has.
pub(super) fn own(object: &SchemaObject) -> impl Iterator<Item = Facet> {
    let usual = match object.kind {
        ObjectKind::Function | ObjectKind::Procedure | ObjectKind::Aggregate => "EXECUTE",
        ObjectKind::Type => "USAGE",
        _ => "",
    };
    let to_all = format!("{GRANTED_TO}PUBLIC");
    object.facets.iter().filter(move |facet| facet.name != to_all || facet.text != usual).cloned()
}

/// What is said of a new object. A table brings its own columns and constraints.
pub(super) fn introduced(object: &SchemaObject, all: &[&SchemaObject]) -> Vec<Facet> {
    let mut facets = Vec::new();
    for (name, kind) in [("columns", ObjectKind::Column), ("constraints", ObjectKind::Constraint)] {
        let text = parts(object, kind, all);
        if has_parts(object.kind) && !text.is_empty() {
            facets.push(Facet { name: name.to_owned(), text });
        }
    }
    facets.extend(own(object));
    facets
}

/// The columns of a table in order of position, or its constraints, as in its own statement.
fn parts(table: &SchemaObject, kind: ObjectKind, all: &[&SchemaObject]) -> String {
    let name = TableName::new(table.schema.as_str(), table.name.as_str());
    let is_part =
        |it: &&&SchemaObject| it.kind == kind && it.table.as_ref() == Some(&name) && !it.is_inherited;
    let mut parts: Vec<&&SchemaObject> = all.iter().filter(is_part).collect();
    parts.sort_by_key(|it| (it.position, it.name.as_str()));
    let said = parts.iter().map(|it| {
        let texts = it.facets.iter().filter(|facet| !facet.name.starts_with(GRANTED_TO));
        let texts = texts.map(|facet| facet.text.as_str());
        let name = (kind == ObjectKind::Column).then_some(it.name.as_str());
        name.into_iter().chain(texts).collect::<Vec<_>>().join(" ")
    });
    said.collect::<Vec<_>>().join(", ")
}
