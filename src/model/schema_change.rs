//! What a migration did to the schema.

use super::name::TableName;
use super::schema::{Facet, ObjectKind};

/// An object that a migration added, dropped or altered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemaChange {
    /// What it is.
    pub kind: ObjectKind,
    /// Its name as users write it; the one that it has afterwards, unless it was dropped.
    pub name: String,
    /// The table or view that it is part of.
    pub table: Option<TableName>,
    /// What happened to it.
    pub event: SchemaEvent,
}

/// What happened to an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SchemaEvent {
    /// It was not there before; what defines it. A table brings its columns and constraints as facets.
    Added(Vec<Facet>),
    /// It is no longer there; what defined it. What a table took along with it is not told apart.
    Dropped(Vec<Facet>),
    /// It has another name or another definition.
    Altered {
        /// The name that it had before, if that was another.
        renamed_from: Option<String>,
        /// What is said otherwise now.
        facets: Vec<FacetChange>,
    },
}

/// A facet that differs. At least one side has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FacetChange {
    /// What is said.
    pub name: String,
    /// How it was said before.
    pub before: Option<String>,
    /// How it is said now.
    pub after: Option<String>,
}
