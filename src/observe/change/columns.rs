//! Which column of the seed is which column now, and what identifies a row on both sides.

use std::collections::BTreeSet;

use super::touched::{ComparedColumn, Comparison};
use crate::model::catalog::{Catalog, Column, Table};

/// The columns of a table in the seed, set against those of the table that stands for it now.
#[derive(Debug)]
pub(super) struct Columns {
    /// Columns that both have.
    both: Vec<ComparedColumn>,
    /// Names of those that are gone. One that was dropped and added again is in both lists: its values are lost.
    pub dropped: Vec<String>,
    /// Names of those that are new.
    pub added: Vec<String>,
    /// Whether values may differ in rows that no statement touched.
    pub may_differ: bool,
}

impl Columns {
    /// Sets two tables against each other, with the catalogues that they are of.
    pub fn pair(seed: (&Table, &Catalog), now: (&Table, &Catalog)) -> Self {
        let is_same_table = seed.0.oid == now.0.oid;
        let mut pairs = Self { both: Vec::new(), dropped: Vec::new(), added: Vec::new(), may_differ: false };
        for before in &seed.0.columns {
            // Within one table the position is the identity, and the name may have changed.
            let after = now.0.columns.iter().find(|after| {
                if is_same_table { after.position == before.position } else { after.name == before.name }
            });
            if let Some(after) = after {
                pairs.may_differ |=
                    before.type_name != after.type_name || relabelled(&before.type_name, seed.1, now.1);
                pairs.both.push(compared(before, after));
                continue;
            }
            pairs.dropped.push(before.name.clone());
            if let Some(again) = now.0.columns.iter().find(|after| after.name == before.name) {
                let is_renamed_other = seed.0.columns.iter().any(|other| other.position == again.position);
                if !is_renamed_other {
                    pairs.may_differ = true;
                    pairs.both.push(compared(before, again));
                }
            }
        }
        pairs.added = now
            .0
            .columns
            .iter()
            .filter(|after| {
                let is_known = |before: &Column| {
                    if is_same_table { before.position == after.position } else { before.name == after.name }
                };
                !seed.0.columns.iter().any(is_known)
            })
            .map(|after| after.name.clone())
            .collect();
        pairs
    }

    /// What has to be compared.
    pub fn comparison(self, seed: &Table, now: &Table) -> Comparison {
        let key = self.key(seed, now);
        Comparison { before: seed.name.clone(), after: now.name.clone(), key, columns: self.both, rows: None }
    }

    /// The primary key if both have it, else a unique key of both without NULLs, else nothing.
    fn key(&self, seed: &Table, now: &Table) -> Vec<ComparedColumn> {
        let keys = |table: &Table| {
            let is_total = |key: &&Vec<String>| {
                !key.is_empty()
                    && key.iter().all(|name| {
                        table.columns.iter().any(|column| column.name == *name && column.not_null)
                    })
            };
            let unique: Vec<_> = table.unique_keys.iter().filter(is_total).cloned().collect();
            let primary = (!table.primary_key.is_empty()).then(|| table.primary_key.clone());
            primary.into_iter().chain(unique).collect::<Vec<_>>()
        };
        let of_now: Vec<BTreeSet<String>> = keys(now).into_iter().map(BTreeSet::from_iter).collect();
        keys(seed)
            .into_iter()
            .filter_map(|key| {
                let columns: Option<Vec<_>> = key
                    .iter()
                    .map(|name| self.both.iter().find(|column| column.before == *name).cloned())
                    .collect();
                columns
            })
            .find(|columns| {
                let names: BTreeSet<_> = columns.iter().map(|column| column.after.clone()).collect();
                of_now.contains(&names)
            })
            .unwrap_or_default()
    }
}

/// Whether some column of a table is of an enum of which a label was renamed: its values change, and no row does.
pub(super) fn has_relabelled_column(table: &Table, before: &Catalog, after: &Catalog) -> bool {
    table.columns.iter().any(|column| relabelled(&column.type_name, before, after))
}

/// Whether two tables have the same columns, by position, name and type.
pub(super) fn same_shape(one: &Table, other: &Table) -> bool {
    let shape = |table: &Table| {
        let columns = table.columns.iter();
        columns.map(|column| (column.position, column.name.clone(), column.type_name.clone())).collect()
    };
    let (one, other): (Vec<_>, Vec<_>) = (shape(one), shape(other));
    one == other
}

fn compared(before: &Column, after: &Column) -> ComparedColumn {
    ComparedColumn {
        before: before.name.clone(),
        after: after.name.clone(),
        before_type: before.type_name.clone(),
        after_type: after.type_name.clone(),
    }
}

/// Whether an enum type, or the array of one, lost a label between two catalogues. Types are printed with their
/// schema only where it is needed, so the schema counts only where both sides name it; the doubtful case compares.
fn relabelled(type_name: &str, before: &Catalog, after: &Catalog) -> bool {
    let wanted = unquoted(type_name.trim_end_matches("[]"));
    before.enums.iter().filter(|(name, _)| is_type(&unquoted(name), &wanted)).any(|(name, labels)| {
        let kept = after.enums.get(name).map_or(&[][..], Vec::as_slice);
        let mut rest = kept.iter();
        !labels.iter().all(|label| rest.any(|other| other == label))
    })
}

fn unquoted(name: &str) -> String {
    name.replace('"', "")
}

fn is_type(name: &str, wanted: &str) -> bool {
    let last = |name: &str| name.rsplit('.').next().map(str::to_owned);
    if name.contains('.') && wanted.contains('.') { name == wanted } else { last(name) == last(wanted) }
}
