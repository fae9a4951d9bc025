//! Which sequences a migration may have changed, and which columns may be ahead of them.

use std::collections::BTreeSet;

use crate::model::catalog::{Catalog, Column, Table};
use crate::model::name::TableName;
use crate::model::sequence::{FedColumn, Sequence};
use crate::model::version_table;

/// A unique column of integers that gets its values from a sequence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The table.
    pub table: TableName,
    /// The column.
    pub column: String,
}

/// Sequences of `after` that have to be looked at, those of bookkeeping tables left out: those that are new or not what they were, those whose files (`written`) the
/// log ever shows as written in this run, and those that feed a table that was touched.
pub fn looked_at<'a>(
    (before, after): (&Catalog, &'a Catalog),
    written: &BTreeSet<u32>,
    touched: &BTreeSet<TableName>,
) -> Vec<&'a Sequence> {
    let tables = after.tables.values().filter(|table| touched.contains(&table.name));
    let oids: BTreeSet<u32> = tables.map(|table| table.oid).collect();
    let bookkeeping = after.tables.values().filter(|table| version_table::is_bookkeeping(&table.name.name));
    let bookkeeping: BTreeSet<u32> = bookkeeping.map(|table| table.oid).collect();
    let is_data = |sequence: &&Sequence| {
        sequence.feeds.is_empty() || sequence.feeds.iter().any(|fed| !bookkeeping.contains(&fed.table))
    };
    let is_looked_at = |sequence: &&Sequence| {
        sequence.unlogged
            || written.contains(&sequence.filenode)
            || !before.sequences.contains(sequence)
            || sequence.feeds.iter().any(|fed| oids.contains(&fed.table))
    };
    after.sequences.iter().filter(is_data).filter(is_looked_at).collect()
}

/// Columns that must hold no value that the sequence has yet to give: those that are unique by themselves. Where others
/// make a value unique, or it is put together with something else, nothing need collide.
pub fn held_against<'a>(
    sequence: &'a Sequence,
    catalog: &'a Catalog,
) -> impl Iterator<Item = (FedColumn, Held)> + 'a {
    sequence.feeds.iter().filter_map(|fed| {
        let (table, column) = fed_column(*fed, catalog)?;
        let is_integer = ["smallint", "integer", "bigint"].contains(&column.type_name.as_str());
        let is_unique = table.unique_keys.iter().any(|key| key.len() == 1 && key[0] == column.name);
        (is_integer && is_unique)
            .then(|| (*fed, Held { table: table.name.clone(), column: column.name.clone() }))
    })
}

/// The sequence of the seed that one stands for: the same one, else that of its name.
pub fn in_seed<'a>(sequence: &Sequence, seed: &'a Catalog) -> Option<&'a Sequence> {
    let same = seed.sequences.iter().find(|it| it.oid == sequence.oid);
    same.or_else(|| seed.sequences.iter().find(|it| it.name == sequence.name))
}

/// The column of the seed that one of `now` stands for: in the table of that name, else in the same table.
pub fn column_in_seed(fed: FedColumn, now: &Catalog, seed: &Catalog) -> Option<Held> {
    let (table, column) = fed_column(fed, now)?;
    let (table, column) = match seed.tables.get(&table.name).filter(|it| it.oid != table.oid) {
        Some(other) => (other, other.columns.iter().find(|it| it.name == column.name)?),
        None => fed_column(fed, seed)?,
    };
    Some(Held { table: table.name.clone(), column: column.name.clone() })
}

fn fed_column(fed: FedColumn, catalog: &Catalog) -> Option<(&Table, &Column)> {
    let table = catalog.tables.values().find(|table| table.oid == fed.table)?;
    let column = table.columns.iter().find(|column| column.position == fed.position)?;
    Some((table, column))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(name: &str, oid: u32, keys: &[&[&str]], columns: &[(&str, &str)]) -> Table {
        let column = |(position, (name, type_name)): (i16, &(&str, &str))| Column {
            name: (*name).to_owned(),
            type_name: (*type_name).to_owned(),
            position,
            not_null: true,
            generated: false,
            default: None,
        };
        let unique_keys = keys.iter().map(|key| key.iter().map(|&it| it.to_owned()).collect()).collect();
        Table { columns: (1..).zip(columns).map(column).collect(), unique_keys, ..Table::bare(name, oid) }
    }

    fn sequence(name: &str, oid: u32, feeds: &[(u32, i16)]) -> Sequence {
        let feeds = feeds.iter().map(|&(table, position)| FedColumn { table, position }).collect();
        let name = TableName::new("public", name);
        Sequence { name, oid, filenode: oid, unlogged: false, increment: 1, cycles: false, feeds }
    }

    fn catalog(tables: impl IntoIterator<Item = Table>, sequences: Vec<Sequence>) -> Catalog {
        Catalog { sequences, ..Catalog::of_tables(0, tables) }
    }

    fn people(oid: u32) -> Table {
        table(
            "people",
            oid,
            &[&["id"], &["tenant", "number"]],
            &[("id", "bigint"), ("number", "integer"), ("tenant", "integer"), ("code", "text")],
        )
    }

    #[track_caller]
    fn check(before: &Catalog, after: &Catalog, written: &[u32], touched: &[&str], expected: &[&str]) {
        let touched = touched.iter().map(|name| TableName::new("public", *name)).collect();
        let written = written.iter().copied().collect();
        let names: Vec<&str> = looked_at((before, after), &written, &touched)
            .into_iter()
            .map(|sequence| sequence.name.name.as_str())
            .collect();
        assert_eq!(names, expected);
    }

    #[test]
    fn only_what_may_have_changed_is_looked_at() {
        let seed =
            catalog([people(1)], vec![sequence("people_id_seq", 2, &[(1, 1)]), sequence("other", 3, &[])]);
        check(&seed, &seed, &[], &[], &[]);
        check(&seed, &seed, &[3], &[], &["other"]);
        let mut noted = seed.clone();
        let bookkeeping = table("django_migrations", 7, &[&["id"]], &[("id", "integer")]);
        noted.tables.insert(bookkeeping.name.clone(), bookkeeping);
        noted.sequences.push(sequence("django_migrations_id_seq", 8, &[(7, 1)]));
        check(&seed, &noted, &[8], &[], &[]);
        check(&seed, &seed, &[], &["people"], &["people_id_seq"]);
        let mut restarted = seed.clone();
        restarted.sequences[1].filenode = 9;
        check(&seed, &restarted, &[], &[], &["other"]);
        restarted.sequences.push(Sequence { unlogged: true, ..sequence("cache_id_seq", 4, &[]) });
        check(&restarted, &restarted, &[], &[], &["cache_id_seq"]);
    }

    #[test]
    fn a_sequence_is_held_against_columns_that_are_unique_by_themselves() {
        let feeds = [(1, 1), (1, 2), (1, 4), (7, 1)];
        let now = catalog([people(1)], vec![sequence("all", 2, &feeds)]);
        let held: Vec<String> = held_against(&now.sequences[0], &now).map(|(_, held)| held.column).collect();
        assert_eq!(held, ["id"], "the others are unique with another one, text, and nowhere");
    }

    #[test]
    fn what_was_made_again_stands_for_what_it_replaced() {
        let seed = catalog([people(1)], vec![sequence("people_id_seq", 2, &[(1, 1)])]);
        let now = catalog([people(8)], vec![sequence("people_id_seq", 9, &[(8, 1)])]);
        assert_eq!(in_seed(&now.sequences[0], &seed).unwrap().oid, 2);
        let held = Held { table: TableName::new("public", "people"), column: "id".to_owned() };
        assert_eq!(column_in_seed(FedColumn { table: 8, position: 1 }, &now, &seed), Some(held.clone()));
        let mut renamed = seed.clone();
        let mut table = renamed.tables.pop_first().unwrap().1;
        table.name = TableName::new("public", "persons");
        table.columns[0].name = "number".to_owned();
        renamed.tables.insert(table.name.clone(), table);
        assert_eq!(column_in_seed(FedColumn { table: 1, position: 1 }, &renamed, &seed), Some(held));
        assert_eq!(in_seed(&sequence("made", 5, &[]), &seed), None);
    }
}
