//! A table that some witness shows as touched, and where to learn how its rows compare with the seed.

use std::sync::Arc;

use crate::model::change::{GrossRows, NetRows, TableChange};
use crate::model::digest::{DigestColumn, DigestQuery, Form};
use crate::model::name::TableName;
use crate::model::tuples::TupleIds;

/// A table that some witness shows as touched by one migration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Touched {
    /// What happened, but for `net`, which [`Self::settle`] fills in, and for what is shown of rows and values; `moved` are
    /// all rows that ever went to another partition.
    pub change: TableChange,
    /// Where `net` comes from.
    pub source: NetSource,
    /// The table of the seed in which the dropped columns are to be counted; `None` if there is none.
    pub columns_gone_from: Option<TableName>,
    /// The name that it had before this migration, if that was another.
    pub renamed_from: Option<TableName>,
    /// The table of the seed that it stands for, where single rows of that can be looked at.
    pub seed: Option<SeedTable>,
    /// All that statements did to it in the run so far, if that alone explains how it differs from the seed.
    pub since_seed: Option<GrossRows>,
    /// What is already known to be wrong.
    pub doubts: Vec<String>,
    /// Whether this migration is known to have done something to it. Unlogged tables may turn out untouched.
    pub is_certain: bool,
}

/// A table of the seed that holds rows of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeedTable {
    /// Its name.
    pub name: TableName,
    /// Its columns, in order.
    pub columns: Vec<String>,
    /// Where rows were touched since, in a table that still is in its file; `None` if that is not so, or they are too many.
    pub touched: Option<Arc<TupleIds>>,
}

/// Where the net rows of a table come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NetSource {
    /// The log and the seed's counts say it all.
    Counted(NetRows),
    /// The seed has no such table: every row that it holds now is new. Count them.
    Count,
    /// Rows have to be compared.
    Compare(Comparison),
}

/// Which rows of the seed to compare with which rows now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// The table in the seed.
    pub before: TableName,
    /// The table now.
    pub after: TableName,
    /// Columns that identify a row on both sides; empty: the content does.
    pub key: Vec<ComparedColumn>,
    /// Columns that both have, the key's among them, in the seed's order.
    pub columns: Vec<ComparedColumn>,
    /// Rows to which the comparison may be confined, as all others are the same on both sides; `None` compares all.
    pub rows: Option<Arc<TupleIds>>,
}

/// A column that both sides have. It differs where its text does, whatever its types.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComparedColumn {
    /// Its name in the seed.
    pub before: String,
    /// Its name now.
    pub after: String,
    /// Its type in the seed.
    pub before_type: String,
    /// Its type now.
    pub after_type: String,
}

impl Touched {
    /// The change with its net rows; `None` if the table turns out untouched.
    pub fn settle(self, net: NetRows) -> Option<TableChange> {
        let is_touched = self.is_certain || net != NetRows::default();
        // Of those that went, some may be back.
        let moved = self.change.moved.min(net.missing);
        is_touched.then_some(TableChange { net, moved, ..self.change })
    }
}

impl Comparison {
    /// What to ask of the seed.
    pub fn query_before(&self) -> DigestQuery {
        self.query(&self.before, |column| &column.before)
    }

    /// What to ask of the database as it is now.
    pub fn query_after(&self) -> DigestQuery {
        self.query(&self.after, |column| &column.after)
    }

    /// Both sides get the same columns in the same forms, by their own names.
    fn query(&self, table: &TableName, name: impl Fn(&ComparedColumn) -> &String) -> DigestQuery {
        let digested =
            |column: &ComparedColumn| DigestColumn { name: name(column).clone(), form: column.form() };
        DigestQuery {
            table: table.clone(),
            key: self.key.iter().map(digested).collect(),
            columns: self.columns.iter().map(digested).collect(),
            rows: self.rows.clone(),
            has_places: false,
        }
    }
}

impl ComparedColumn {
    /// The cheapest form in which values of both types compare as their text would.
    fn form(&self) -> Form {
        let [before, after] = [&self.before_type, &self.after_type].map(|name| form(name));
        let is_one_type = self.before_type == self.after_type;
        // Widths of integers and limits of text may differ: they are no part of the value. All else is of one type.
        if before == after && (before != Form::Value || is_one_type) { before } else { Form::Text }
    }
}

/// What a type, as `format_type` prints it, allows. Not here are types of which equal values may print differently
/// (floats, `char(n)`, `interval`) and enums: one that was made again has other numbers for its labels.
fn form(type_name: &str) -> Form {
    let unlimited = match (type_name.find('('), type_name.find(')')) {
        (Some(open), Some(close)) if open < close => {
            format!("{}{}", &type_name[..open], &type_name[close + 1..])
        }
        _ => type_name.to_owned(),
    };
    match unlimited.as_str() {
        "smallint" | "integer" | "bigint" => Form::Integer,
        "uuid" => Form::Uuid,
        "text" | "character varying" => Form::Characters,
        "timestamp without time zone" => Form::Timestamp,
        "timestamp with time zone" => Form::Timestamptz,
        "numeric" => Form::Numeric,
        "jsonb" => Form::Jsonb,
        "bytea" => Form::Bytes,
        "boolean" | "date" | "oid" => Form::Value,
        _ => Form::Text,
    }
}
