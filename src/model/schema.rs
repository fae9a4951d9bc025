//! The schema of a database at one moment: its objects by kind and name, each with what defines it.

use std::fmt;

use super::name::TableName;

/// What sort of thing an object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ObjectKind {
    /// A schema.
    Schema,
    /// An extension, whose own objects are left out.
    Extension,
    /// An enum, a domain, a range or a composite type.
    Type,
    /// A sequence; that of an identity column is part of the column.
    Sequence,
    /// A table, a partition or a partitioned table.
    Table,
    /// A foreign table.
    ForeignTable,
    /// A column of a table.
    Column,
    /// A constraint of a table; NOT NULL is a column's.
    Constraint,
    /// An index that belongs to no constraint.
    Index,
    /// A view.
    View,
    /// A materialized view.
    MaterializedView,
    /// A function.
    Function,
    /// A procedure.
    Procedure,
    /// An aggregate.
    Aggregate,
    /// A trigger of a table or view.
    Trigger,
    /// A rewrite rule of a table or view.
    Rule,
    /// A row policy of a table.
    Policy,
    /// Extended statistics.
    Statistics,
    /// An event trigger.
    EventTrigger,
    /// Privileges that later objects get.
    DefaultPrivileges,
}

impl ObjectKind {
    /// All of them, in the order in which they are told.
    pub const ALL: [Self; 20] = [
        Self::Schema,
        Self::Extension,
        Self::Type,
        Self::Sequence,
        Self::Table,
        Self::ForeignTable,
        Self::Column,
        Self::Constraint,
        Self::Index,
        Self::View,
        Self::MaterializedView,
        Self::Function,
        Self::Procedure,
        Self::Aggregate,
        Self::Trigger,
        Self::Rule,
        Self::Policy,
        Self::Statistics,
        Self::EventTrigger,
        Self::DefaultPrivileges,
    ];

    /// Its name in SQL, in lower case.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Schema => "schema",
            Self::Extension => "extension",
            Self::Type => "type",
            Self::Sequence => "sequence",
            Self::Table => "table",
            Self::ForeignTable => "foreign table",
            Self::Column => "column",
            Self::Constraint => "constraint",
            Self::Index => "index",
            Self::View => "view",
            Self::MaterializedView => "materialized view",
            Self::Function => "function",
            Self::Procedure => "procedure",
            Self::Aggregate => "aggregate",
            Self::Trigger => "trigger",
            Self::Rule => "rule",
            Self::Policy => "policy",
            Self::Statistics => "statistics",
            Self::EventTrigger => "event trigger",
            Self::DefaultPrivileges => "default privileges",
        }
    }

    /// Whether its name is one among those of a table, as a column's is.
    pub fn is_named_within_table(self) -> bool {
        matches!(self, Self::Column | Self::Constraint | Self::Trigger | Self::Rule | Self::Policy)
    }
}

impl fmt::Display for ObjectKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One thing that is said of an object: `type` is `numeric(10,2)`, `not null` is `NOT NULL`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facet {
    /// What is said.
    pub name: String,
    /// How: a piece of SQL, which may hold literals and go over several lines.
    pub text: String,
}

/// The facet that says in which state an object is: `INVALID` an index, `NOT VALID` a constraint.
pub const STATE: &str = "state";
/// What the names of facets that hold privileges begin with; the role follows.
pub const GRANTED_TO: &str = "granted to ";

/// An object of a schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemaObject {
    /// What it is.
    pub kind: ObjectKind,
    /// Its schema; empty for what is in none.
    pub schema: String,
    /// The table or view that it is part of.
    pub table: Option<TableName>,
    /// Its name, unquoted; that of a function has the types of its arguments.
    pub name: String,
    /// Its identity among its kind; with a column that of its table.
    pub oid: u32,
    /// A column's position (`attnum`), else 0.
    pub position: i16,
    /// Whether it is there because the table that its own is a partition of, or inherits from, has such an object.
    pub is_inherited: bool,
    /// What defines it, in the order of telling. What has nothing to say is left out.
    pub facets: Vec<Facet>,
}

impl SchemaObject {
    /// What one facet says.
    pub fn facet(&self, name: &str) -> Option<&str> {
        self.facets.iter().find(|facet| facet.name == name).map(|facet| facet.text.as_str())
    }
}

impl fmt::Display for SchemaObject {
    /// Its name as users write it: after its table where it is named within it, without `public.`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.table {
            Some(table) if self.kind.is_named_within_table() => write!(f, "{table}.{}", self.name),
            _ if self.schema.is_empty() => f.write_str(&self.name),
            _ => TableName::new(self.schema.as_str(), self.name.as_str()).fmt(f),
        }
    }
}

/// All objects of a database's schemas, those of the server left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Schema {
    /// In no order.
    pub objects: Vec<SchemaObject>,
}
