//! Locks by the statements that took them.

use std::collections::BTreeMap;

use crate::model::catalog::Catalog;
use crate::model::lock::{HeldLock, LockMode, StatementLocks};
use crate::model::migration::{StatementRun, TakenLock};
use crate::model::name::TableName;
use crate::model::version_table;

/// What each statement locked of the tables that `before` has, bookkeeping left out. Of locks on an index only those against
/// everybody are of interest, and are its table's: whoever plans a query locks all indexes.
pub fn by_statement(statements: &[StatementRun], before: &Catalog) -> Vec<StatementLocks> {
    let data = before.tables.values().filter(|table| !version_table::is_bookkeeping(&table.name.name));
    let tables: BTreeMap<u32, &TableName> = data.map(|table| (table.oid, &table.name)).collect();
    let locks_of = |statement: &StatementRun| {
        let lock = |taken: &TakenLock| {
            let table = match before.indexes.get(&taken.relation) {
                Some(table) if taken.mode == LockMode::AccessExclusive => *table,
                Some(_) => return None,
                None => taken.relation,
            };
            Some(((*tables.get(&table)?).clone(), taken.mode))
        };
        let mut locks: Vec<(TableName, LockMode)> = statement.taken.iter().filter_map(lock).collect();
        locks.sort_by(|one, other| one.0.cmp(&other.0).then(other.1.cmp(&one.1)));
        locks.dedup();
        StatementLocks { line: statement.line, duration_s: statement.duration_s, locks }
    };
    statements.iter().map(locks_of).collect()
}

/// Says of each lock in which line the first statement stands that took it.
pub fn locate(locks: &mut [HeldLock], statements: &[StatementLocks]) {
    for lock in locks {
        let took = |statement: &&StatementLocks| {
            statement.locks.iter().any(|(table, mode)| *table == lock.table && *mode == lock.mode)
        };
        lock.line = statements.iter().find(took).map(|statement| statement.line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::catalog::Table;

    fn catalog() -> Catalog {
        let table = |name: &str, oid| Table {
            name: TableName::new("public", name),
            oid,
            filenode: oid,
            kind: 'r',
            unlogged: false,
            columns: Vec::new(),
            primary_key: Vec::new(),
            unique_keys: Vec::new(),
            parent: None,
        };
        let tables = [table("orders", 1), table("people", 2), table("schema_migrations", 3)];
        let tables = tables.into_iter().map(|table| (table.name.clone(), table)).collect();
        Catalog { tables, indexes: [(11, 1)].into(), ..Catalog::default() }
    }

    fn statement(line: usize, taken: &[(u32, LockMode)]) -> StatementRun {
        let taken = taken.iter().map(|&(relation, mode)| TakenLock { relation, mode }).collect();
        StatementRun { line, duration_s: 0.5, taken }
    }

    #[test]
    fn locks_are_told_by_table_the_strongest_first() {
        let statements = [
            statement(
                1,
                &[(2, LockMode::AccessShare), (3, LockMode::RowExclusive), (11, LockMode::AccessShare)],
            ),
            statement(
                4,
                &[(1, LockMode::Share), (1, LockMode::AccessExclusive), (11, LockMode::AccessExclusive)],
            ),
            statement(9, &[(77, LockMode::AccessExclusive)]),
        ];
        let told: Vec<String> = by_statement(&statements, &catalog())
            .into_iter()
            .map(|it| {
                let locks: Vec<String> =
                    it.locks.iter().map(|(table, mode)| format!("{table} {}", mode.sql())).collect();
                format!("{}: {}", it.line, locks.join(", "))
            })
            .collect();
        assert_eq!(told, ["1: people ACCESS SHARE", "4: orders ACCESS EXCLUSIVE, orders SHARE", "9: "]);
    }

    #[test]
    fn a_lock_is_of_the_first_statement_that_took_it() {
        let statements = [
            statement(2, &[(1, LockMode::Share)]),
            statement(5, &[(1, LockMode::AccessExclusive)]),
            statement(6, &[(1, LockMode::AccessExclusive)]),
        ];
        let held = |table: &str, mode| HeldLock {
            table: TableName::new("public", table),
            mode,
            held_s: 1.0,
            begun_s: 0.0,
            times: 1,
            line: None,
        };
        let mut locks = [
            held("orders", LockMode::AccessExclusive),
            held("orders", LockMode::Share),
            held("people", LockMode::Share),
        ];
        locate(&mut locks, &by_statement(&statements, &catalog()));
        assert_eq!(locks.map(|lock| lock.line), [Some(5), Some(2), None]);
    }
}
