//! The columns that are masked: those of the rows, as the restored tables describe them.

use std::collections::BTreeMap;

use super::relations::Relations;
use crate::archive::Archive;
use crate::model::error::{Error, ErrorKind, Result};
use crate::model::masking::{MaskColumn, Masking, TableMasking};
use crate::model::name::TableName;

/// Columns of every table with rows, in the order of its COPY; of other tables those that a rule names.
///
/// A foreign key is described by the type of the column that it points to, or the same value could be masked to two
/// lengths. A column that `described` lacks is an error of kind `Backup`.
pub(super) fn columns(
    archive: &Archive,
    relations: &Relations,
    masking: &Masking,
    described: &BTreeMap<TableName, Vec<MaskColumn>>,
) -> Result<BTreeMap<TableName, Vec<MaskColumn>>> {
    let mut columns = BTreeMap::new();
    for data in &archive.tables {
        let of_table = data.columns.iter().map(|name| column(&data.table, name, relations, described));
        columns.insert(data.table.clone(), of_table.collect::<Result<Vec<_>>>()?);
    }
    for (table, rules) in &masking.tables {
        if columns.contains_key(table) {
            continue;
        }
        if let Some(existing) = described.get(table) {
            let named = |column: &&MaskColumn| match rules {
                TableMasking::Columns(rules) => rules.contains_key(&column.name),
                TableMasking::Empty => false,
            };
            columns.insert(table.clone(), existing.iter().filter(named).cloned().collect());
        }
    }
    Ok(columns)
}

fn column(
    table: &TableName,
    name: &str,
    relations: &Relations,
    described: &BTreeMap<TableName, Vec<MaskColumn>>,
) -> Result<MaskColumn> {
    let find =
        |table: &TableName, name: &str| described.get(table)?.iter().find(|column| column.name == name);
    let own = find(table, name).ok_or_else(|| {
        Error::new(
            ErrorKind::Backup,
            format!("the backup has rows for `{table}.{name}`, but does not create it"),
        )
        .hint("take the backup of the whole database, schema and rows, at once")
    })?;
    let target = relations.chain(table, name).pop().and_then(|(table, name)| find(&table, &name));
    let type_name = target.unwrap_or(own).type_name.clone();
    Ok(MaskColumn { type_name, unique: own.unique || relations.is_unique(table, name), ..own.clone() })
}
