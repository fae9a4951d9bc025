//! Which tables of the seed have to be counted, where nobody has counted all of them.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::catalog::{Catalog, Table};
use crate::model::name::TableName;
use crate::observe::wal::WalFacts;

/// Rows by the oid of their table, of those that the log tells of.
pub(super) fn held(seed: &Catalog, rows: &BTreeMap<TableName, u64>) -> BTreeMap<u32, u64> {
    let logged = seed.tables.values().filter(|table| !table.unlogged);
    logged.filter_map(|table| Some((table.oid, *rows.get(&table.name)?))).collect()
}

/// Tables that a migration wrote to, that are others or elsewhere after it, or of which the log does not tell; with all that
/// are partitions of the same table.
pub(super) fn uncounted(
    seed: &Catalog,
    counted: &BTreeMap<TableName, u64>,
    after: &Catalog,
    facts: &WalFacts,
) -> Vec<TableName> {
    let root = |table: &Table| {
        let line = std::iter::successors(Some(&table.name), |name| seed.tables.get(*name)?.parent.as_ref());
        line.last().cloned()
    };
    let is_same = |table: &Table, now: &Table| {
        (table.oid, table.filenode, &table.parent) == (now.oid, now.filenode, &now.parent)
    };
    let is_touched = |table: &&Table| {
        let file = (seed.database_oid, table.filenode);
        table.unlogged
            || facts.rows.by_file.contains_key(&file)
            || facts.undecided_files.contains(&file)
            || after.tables.get(&table.name).is_none_or(|now| !is_same(table, now))
    };
    let families: BTreeSet<_> = seed.tables.values().filter(is_touched).map(root).collect();
    let is_wanted = |table: &&Table| {
        table.kind != 'p' && !counted.contains_key(&table.name) && families.contains(&root(table))
    };
    seed.tables.values().filter(is_wanted).map(|table| table.name.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::change::GrossRows;

    const DATABASE: u32 = 5;

    fn seed() -> Catalog {
        let part =
            |name, oid| Table { parent: Some(TableName::new("public", "parts")), ..Table::bare(name, oid) };
        let root = Table { kind: 'p', filenode: 0, ..Table::bare("parts", 3) };
        Catalog::of_tables(
            DATABASE,
            [Table::bare("a", 1), Table::bare("b", 2), root, part("p1", 4), part("p2", 5)],
        )
    }

    #[track_caller]
    fn check(written: &[u32], change: impl Fn(&mut Table), expected: &[&str]) {
        let mut facts = WalFacts::default();
        let rows = GrossRows { updated: 1, ..GrossRows::default() };
        facts.rows.by_file.extend(written.iter().map(|node| ((DATABASE, *node), rows)));
        let mut after = seed();
        after.tables.values_mut().for_each(change);
        let counted = BTreeMap::from([(TableName::new("public", "b"), 7)]);
        let names: Vec<String> =
            uncounted(&seed(), &counted, &after, &facts).iter().map(ToString::to_string).collect();
        assert_eq!(names, expected);
    }

    #[test]
    fn what_nothing_was_done_to_need_not_be_counted() {
        check(&[], |_| {}, &[]);
        check(&[1, 2], |_| {}, &["a"]);
        check(&[5], |_| {}, &["p1", "p2"]);
        check(&[], |table| table.filenode += u32::from(table.oid == 1), &["a"]);
        check(&[], |table| table.oid += u32::from(table.oid == 4), &["p1", "p2"]);
    }

    #[test]
    fn of_a_database_that_is_gone_all_is_counted() {
        let gone = Catalog { database_oid: DATABASE, ..Catalog::default() };
        let names = uncounted(&seed(), &BTreeMap::new(), &gone, &WalFacts::default());
        assert_eq!(names.iter().map(ToString::to_string).collect::<Vec<_>>(), ["a", "b", "p1", "p2"]);
    }
}
