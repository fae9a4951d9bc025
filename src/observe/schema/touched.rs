//! Whether a migration may have changed the schema at all: asking for all of it costs more than most migrations.

use std::collections::BTreeSet;

use crate::model::catalog::{Catalog, Table};
use crate::observe::wal::{File, WalFacts};

/// The server's own tables that hold no definitions: `pg_largeobject`, its metadata, and what ANALYZE finds out.
const NO_DEFINITIONS: [u32; 7] = [2613, 2995, 2619, 2840, 2841, 3429, 3430];

/// Whether the log shows the server's catalogues as written to, or the tables differ. `before` and `after` are the
/// catalogues on either side of the stretch of log that `facts` are of.
pub fn is_touched(before: &Catalog, after: &Catalog, facts: &WalFacts) -> bool {
    let tables = before.tables.values().chain(after.tables.values());
    let of_users: BTreeSet<u32> = tables.map(|table| table.filenode).collect();
    // VACUUM FULL gives the server's own tables numbers like those of users'. What else is no table's own, as what is
    // stored out of line, is rare enough to be looked at for nothing.
    let is_catalog = |(database, node): &File| {
        // 0 is what all databases share: roles, and who owns what.
        [0, after.database_oid].contains(database)
            && !of_users.contains(node)
            && !NO_DEFINITIONS.contains(node)
    };
    facts.rows.by_file.keys().any(is_catalog) || shape(before) != shape(after)
}

/// What of a catalogue is definition. The file of a table changes by TRUNCATE as well.
fn shape(catalog: &Catalog) -> (Vec<Table>, &std::collections::BTreeMap<String, Vec<String>>) {
    let tables = catalog.tables.values().cloned();
    (tables.map(|table| Table { filenode: 0, ..table }).collect(), &catalog.enums)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::change::GrossRows;

    fn written(database: u32, node: u32) -> bool {
        let mut facts = WalFacts::default();
        let rows = GrossRows { inserted: 1, ..GrossRows::default() };
        facts.rows.by_file.insert((database, node), rows);
        let catalog = Catalog::of_tables(16_384, [Table::bare("people", 16_385)]);
        is_touched(&catalog, &catalog, &facts)
    }

    #[test]
    fn only_writes_to_definitions_are_worth_a_look() {
        assert!(written(16_384, 1259) && written(16_384, 1255) && written(0, 1214));
        assert!(written(16_384, 16_400), "a catalogue after VACUUM FULL, for all that anybody knows");
        assert!(!written(16_384, 16_385), "a table of the user's");
        assert!(!written(16_384, 2619), "statistics");
        assert!(!written(5, 1259), "another database");
    }
}
