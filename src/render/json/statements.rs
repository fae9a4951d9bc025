//! The statements of a file, and what each locked, as JSON.

use serde::Serialize;

use crate::model::lock::{LockMode, StatementLocks};
use crate::model::name::TableName;

#[derive(Serialize)]
pub(super) struct Statement<'a> {
    /// In the file, from 1.
    line: usize,
    duration_s: f64,
    /// What it locked of the tables that were there before and that its transaction had not locked so yet, the strongest of
    /// each table first; held until the transaction ended.
    locks: Vec<Taken<'a>>,
}

#[derive(Serialize)]
struct Taken<'a> {
    schema: &'a str,
    table: &'a str,
    /// As the server's manual writes it (`ACCESS EXCLUSIVE`).
    mode: &'static str,
}

/// One statement.
pub(super) fn statement(of: &StatementLocks) -> Statement<'_> {
    Statement { line: of.line, duration_s: of.duration_s, locks: of.locks.iter().map(taken).collect() }
}

fn taken((table, mode): &(TableName, LockMode)) -> Taken<'_> {
    Taken { schema: &table.schema, table: &table.name, mode: mode.sql() }
}
