//! Locks by the statements that took them.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::model::catalog::Catalog;
use crate::model::lock::{HeldLock, LockMode, StatementLocks};
use crate::model::migration::{StatementRun, TakenLock};
use crate::model::name::TableName;
use crate::model::step::Step;
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

/// Lays each lock of a file without a transaction at the statement during which it was surely held. Times of locks count from
/// `begun_us`, by the server's clock.
pub fn place(
    locks: &mut [HeldLock],
    told: &mut [StatementLocks],
    statements: &[StatementRun],
    begun_us: i64,
) {
    for lock in locks.iter_mut().filter(|lock| lock.line.is_none()) {
        let at = certain_us(lock, begun_us);
        let ran = |it: &StatementRun| it.span_us.is_some_and(|(since, until)| (since..=until).contains(&at));
        if let Some(at) = statements.iter().position(ran) {
            lock.line = Some(statements[at].line);
            told[at].locks.push((lock.table.clone(), lock.mode));
        }
    }
}

/// Lays each lock of a command at the migration at whose commit it ended; at none where one commit ended several.
pub fn place_in_steps(locks: &mut [HeldLock], steps: &[Step], begun_us: i64) {
    for lock in locks {
        let at = certain_us(lock, begun_us);
        let mut later = steps.iter().filter(|step| step.until_us.is_none_or(|until| at <= until));
        let (Some(step), next) = (later.next(), later.next()) else { continue };
        if next.is_none_or(|next| next.until_us != step.until_us) {
            lock.step = Some(step.name.to_string());
        }
    }
}

/// A moment at which it was surely held, by the server's clock.
fn certain_us(lock: &HeldLock, begun_us: i64) -> i64 {
    let after = Duration::from_secs_f64(lock.certain_s.max(0.0));
    begun_us.saturating_add(i64::try_from(after.as_micros()).unwrap_or(i64::MAX))
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
    use crate::model::change::GrossRows;
    use crate::model::step::StepName;

    fn catalog() -> Catalog {
        let tables = [("orders", 1), ("people", 2), ("schema_migrations", 3)];
        let tables = tables.map(|(name, oid)| Table::bare(name, oid));
        Catalog { indexes: [(11, 1)].into(), ..Catalog::of_tables(0, tables) }
    }

    fn statement(line: usize, taken: &[(u32, LockMode)]) -> StatementRun {
        let taken = taken.iter().map(|&(relation, mode)| TakenLock { relation, mode }).collect();
        StatementRun { line, duration_s: 0.5, taken, span_us: None }
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
    fn without_a_transaction_a_lock_is_of_the_statement_that_ran_meanwhile() {
        let ran = |line, since_us, until_us| StatementRun {
            span_us: Some((since_us, until_us)),
            ..statement(line, &[])
        };
        let runs = [ran(1, 1_000_000, 1_200_000), ran(4, 1_200_100, 1_900_000)];
        let held = |mode, certain_s| HeldLock {
            table: TableName::new("public", "orders"),
            mode,
            held_s: 0.2,
            begun_s: certain_s - 0.2,
            certain_s,
            times: 1,
            line: None,
            step: None,
        };
        // Most of what is told of the first is the pause before its statement, in which no sample was taken.
        let mut locks = [held(LockMode::AccessExclusive, 0.2002), held(LockMode::Share, 0.11)];
        let mut told = by_statement(&runs, &catalog());
        place(&mut locks, &mut told, &runs, 1_000_000);
        assert_eq!(locks.each_ref().map(|lock| lock.line), [Some(4), Some(1)]);
        assert_eq!(told[1].locks, [(TableName::new("public", "orders"), LockMode::AccessExclusive)]);
        let mut strange = [held(LockMode::Share, 5.0)];
        place(&mut strange, &mut told, &runs, 1_000_000);
        assert_eq!(strange[0].line, None);
    }

    #[test]
    fn a_lock_of_a_command_is_of_the_migration_whose_commit_ended_it() {
        let step = |name: &str, until_us| Step {
            name: StepName::Applied(name.to_owned()),
            tables: Vec::new(),
            unplaced: GrossRows::default(),
            wal_bytes: 1,
            until_us,
        };
        let held = |begun_s, held_s| HeldLock {
            table: TableName::new("public", "orders"),
            mode: LockMode::AccessExclusive,
            held_s,
            begun_s,
            certain_s: begun_s + held_s,
            times: 1,
            line: None,
            step: None,
        };
        let told = |steps: &[Step]| {
            let mut locks = [held(0.1, 0.1), held(0.199, 0.101), held(0.5, 0.2)];
            place_in_steps(&mut locks, steps, 1_000_000);
            locks.map(|lock| lock.step)
        };
        let named = |name: &str| Some(name.to_owned());
        let apart = [step("1", Some(1_200_000)), step("2", Some(1_300_000)), step("3", None)];
        assert_eq!(told(&apart), [named("1"), named("2"), named("3")]);
        let together = [step("1", Some(1_300_000)), step("2", Some(1_300_000))];
        assert_eq!(told(&together), [None, None, None]);
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
            certain_s: 0.0,
            times: 1,
            line: None,
            step: None,
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
