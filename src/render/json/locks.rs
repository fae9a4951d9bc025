//! What a migration locked, as JSON.

use serde::Serialize;

use crate::model::lock::{Blocked, HeldLock};

#[derive(Serialize)]
pub(super) struct Lock<'a> {
    /// As the table was called before.
    schema: &'a str,
    table: &'a str,
    /// As the server's manual writes it (`ACCESS EXCLUSIVE`).
    mode: &'static str,
    /// Whom it makes wait: `reads_and_writes`, `writes`, `schema_changes`.
    blocks: &'static str,
    /// Of the transaction that held it for longest.
    held_s: f64,
    /// When that one had it, since the migration began.
    begun_s: f64,
    /// How many transactions were seen to hold it.
    times: u64,
    /// Where the first statement stands that took it; `null` where statements were not watched one by one.
    line: Option<usize>,
    /// Of a command that ran several migrations: the step that took it; `null` where that cannot be told.
    step: Option<&'a str>,
}

/// One lock.
pub(super) fn lock(of: &HeldLock) -> Lock<'_> {
    let blocks = match of.mode.blocks() {
        Blocked::ReadsAndWrites => "reads_and_writes",
        Blocked::Writes => "writes",
        Blocked::SchemaChanges => "schema_changes",
    };
    Lock {
        schema: &of.table.schema,
        table: &of.table.name,
        mode: of.mode.sql(),
        blocks,
        held_s: of.held_s,
        begun_s: of.begun_s,
        times: of.times,
        line: of.line,
        step: of.step.as_deref(),
    }
}
