//! What a sample migration locked.

use crate::model::lock::{HeldLock, LockMode, StatementLocks};
use crate::model::name::TableName;

/// A table that was dropped, and one that got a foreign key.
pub(super) fn held() -> Vec<HeldLock> {
    let lock = |table: &str, mode, held_s, begun_s| HeldLock {
        table: TableName::new("public", table),
        mode,
        held_s,
        begun_s,
        certain_s: begun_s + held_s,
        times: 1,
        line: (table == "orders").then_some(12),
        step: None,
    };
    vec![
        lock("audit_of_everything_that_ever_happened", LockMode::AccessExclusive, 0.0021, 4.9),
        lock("customer", LockMode::AccessExclusive, 0.84, 3.5),
        lock("orders", LockMode::ShareRowExclusive, 3.4, 1.2),
        lock("session", LockMode::ShareUpdateExclusive, 4.1, 0.4),
    ]
}

/// The statement that made the foreign key, and one that locked nothing.
pub(super) fn by_statement() -> Vec<StatementLocks> {
    let orders = TableName::new("public", "orders");
    let locks = vec![(orders.clone(), LockMode::ShareRowExclusive), (orders, LockMode::RowShare)];
    vec![
        StatementLocks { line: 12, duration_s: 3.25, locks },
        StatementLocks { line: 15, duration_s: 0.125, locks: Vec::new() },
    ]
}
