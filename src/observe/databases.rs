//! The other databases of the server: the log is that of all, so what was done there is in it, too.

use std::collections::BTreeSet;

use crate::model::catalog::Catalog;
use crate::observe::objects;
use crate::observe::wal::{File, WalFacts};

/// `pg_class`, where every table that is made, dropped or emptied leaves its mark.
const CLASSES: u32 = 1259;
/// Below it are the server's own tables.
const FIRST_OWN_NODE: u32 = 16_384;

/// Databases, by oid, in which a stretch of the log did something to tables, and those that are there, or called so, on one
/// side of it alone. The one that the catalogues are of is none of them.
pub fn touched(before: &Catalog, after: &Catalog, facts: &WalFacts) -> BTreeSet<u32> {
    let is_of_users = |file: &&File| file.1 >= FIRST_OWN_NODE || file.1 == CLASSES;
    let files = facts.rows.by_file.keys().chain(facts.emptied.keys()).chain(&facts.undecided_files);
    let written = files.filter(is_of_users).map(|file| file.0);
    let names = before.databases.keys().chain(after.databases.keys());
    let differing = names.filter(|oid| before.databases.get(oid) != after.databases.get(oid)).copied();
    let objects = files_of(facts).filter(|oid| objects::are_touched(*oid, facts));
    // What belongs to all databases lies in none.
    written.chain(differing).chain(objects).filter(|oid| *oid != 0 && *oid != after.database_oid).collect()
}

/// The databases of all files that rows were written to.
fn files_of(facts: &WalFacts) -> impl Iterator<Item = u32> {
    facts.rows.by_file.keys().map(|file| file.0)
}

/// Whether tables of a database were made, dropped, emptied or rewritten.
pub fn has_other_files(database_oid: u32, facts: &WalFacts) -> bool {
    facts.rows.by_file.contains_key(&(database_oid, CLASSES))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::change::GrossRows;

    const OWN: u32 = 5;

    fn catalog(databases: &[(u32, &str)]) -> Catalog {
        let databases = databases.iter().map(|(oid, name)| (*oid, (*name).to_owned())).collect();
        Catalog { database_oid: OWN, databases, ..Catalog::default() }
    }

    #[track_caller]
    fn check(written: &[File], after: &[(u32, &str)], expected: &[u32]) {
        let mut facts = WalFacts::default();
        let rows = GrossRows { inserted: 1, ..GrossRows::default() };
        facts.rows.by_file.extend(written.iter().map(|file| (*file, rows)));
        let before = catalog(&[(1, "template1"), (OWN, "shop"), (6, "audit")]);
        let after = catalog(&[&[(1, "template1"), (OWN, "shop")], after].concat());
        assert_eq!(touched(&before, &after, &facts), expected.iter().copied().collect());
    }

    #[test]
    fn a_database_is_touched_by_a_row_of_its_tables_or_by_their_coming_and_going() {
        check(&[(OWN, 16_400), (0, 1262)], &[(6, "audit")], &[]);
        check(&[(6, 16_400)], &[(6, "audit")], &[6]);
        check(&[(6, CLASSES)], &[(6, "audit")], &[6]);
        check(&[(6, 2619), (1, 2619)], &[(6, "audit")], &[]);
        check(&[(6, 2995)], &[(6, "audit")], &[6]);
    }

    #[test]
    fn databases_come_go_and_are_called_otherwise() {
        check(&[], &[], &[6]);
        check(&[], &[(6, "audit_2025"), (7, "audit")], &[6, 7]);
    }
}
