//! What becomes of every column: the rules of an environment, and the proof that none is missing.

use std::collections::BTreeMap;

use serde::Serialize;

use super::error::Location;
use super::name::TableName;

/// The rule of one column, as written: an id that `mask/` knows and its parameters.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MaskRule {
    /// The rule's id: `keep`, `null`, `constant`, `email`, `name`, `phone`, `address`, `hash`, `date_shift`, `redact`.
    pub id: String,
    /// Parameters by name (`value`, `days`, …); values in their text form.
    pub parameters: BTreeMap<String, String>,
    /// Where it is written.
    #[serde(skip)]
    pub location: Option<Location>,
}

/// The rules of one table.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub enum TableMasking {
    /// The table stays, its rows are left out.
    Empty,
    /// Each column has its rule.
    Columns(BTreeMap<String, MaskRule>),
}

/// What becomes of the bytes of large objects, which no rule can mask.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum ObjectMasking {
    /// The objects stay, so that columns point somewhere, and their bytes are left out.
    Empty,
    /// All of it stays as it is in production.
    Keep {
        /// Why that does no harm, in the user's words.
        #[serde(skip)]
        because: String,
    },
}

/// All rules of one database. Serializes the same for the same rules: it is part of a seed's key.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Masking {
    /// By table, in order of name.
    #[serde(serialize_with = "by_quoted_name")]
    pub tables: BTreeMap<TableName, TableMasking>,
    /// Of large objects; without it a backup that has some is refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub objects: Option<ObjectMasking>,
    /// Where each table is named, for messages.
    #[serde(skip)]
    pub locations: BTreeMap<TableName, Location>,
}

fn by_quoted_name<S: serde::Serializer>(
    tables: &BTreeMap<TableName, TableMasking>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_map(tables.iter().map(|(table, masking)| (table.quoted(), masking)))
}

/// The secret under which values are masked: the same key gives the same values, so joins and re-runs stay true.
/// Never printed; its id (a keyed hash of nothing) may be.
#[derive(Clone)]
pub struct MaskKey(pub std::sync::Arc<secrecy::SecretBox<[u8; 16]>>);

impl std::fmt::Debug for MaskKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MaskKey(…)")
    }
}

/// One column of a table that is about to be masked, as the database describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MaskColumn {
    /// Its name, unquoted.
    pub name: String,
    /// Its type as `format_type` prints it (`character varying(40)`, `timestamp with time zone`, `text[]`).
    pub type_name: String,
    /// Whether it may not be NULL.
    pub not_null: bool,
    /// Whether a unique index covers this column alone, or it is part of one: masked values must then differ when raw ones do.
    pub unique: bool,
}
