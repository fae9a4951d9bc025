//! Partitions of one table, among which an UPDATE moves rows.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::catalog::{Catalog, Table};

/// What all migrations so far did to one partition.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Flow {
    /// Rows that came into it, by whatever statement.
    pub inserted: u64,
    /// Rows that left it, by whatever statement.
    pub deleted: u64,
    /// Of those: how many went to another partition.
    pub moved: u64,
    /// Whether rows may have gone in a way that no record tells.
    pub is_unclear: bool,
}

/// Tables, by oid, of which a partition was dropped or detached between two catalogues: rows may have gone with it.
pub(super) fn that_lost_one(before: &Catalog, after: &Catalog) -> BTreeSet<u32> {
    let (then, now) = (families(before), families(after));
    let is_less =
        |(root, members): &(&u32, &BTreeSet<u32>)| now.get(*root).is_none_or(|left| !members.is_subset(left));
    then.iter().filter(is_less).map(|(root, _)| *root).collect()
}

/// Partitions, by oid, of which every row that left went to another partition of the same table, and of which as many came.
/// `flows` are those of all tables that anything happened to, `less` tables that lost a partition.
pub(super) fn that_only_moved(
    less: &BTreeSet<u32>,
    now: &Catalog,
    flows: &BTreeMap<u32, Flow>,
) -> BTreeSet<u32> {
    let only_moved = |members: &BTreeSet<u32>| {
        let flows: Vec<&Flow> = members.iter().filter_map(|oid| flows.get(oid)).collect();
        let inserted: u64 = flows.iter().map(|flow| flow.inserted).sum();
        let moved: u64 = flows.iter().map(|flow| flow.moved).sum();
        inserted == moved && flows.iter().all(|flow| !flow.is_unclear && flow.deleted == flow.moved)
    };
    let families =
        families(now).into_iter().filter(|(root, members)| !less.contains(root) && only_moved(members));
    families.flat_map(|(_, members)| members).collect()
}

/// Partitions that hold rows, by the oid of the table that they are parts of.
fn families(catalog: &Catalog) -> BTreeMap<u32, BTreeSet<u32>> {
    let mut families: BTreeMap<u32, BTreeSet<u32>> = BTreeMap::new();
    for table in catalog.tables.values().filter(|table| table.parent.is_some() && table.filenode != 0) {
        let line =
            std::iter::successors(Some(table), |table: &&Table| catalog.tables.get(table.parent.as_ref()?));
        if let Some(root) = line.last() {
            families.entry(root.oid).or_default().insert(table.oid);
        }
    }
    families
}
