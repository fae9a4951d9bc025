//! What waited for migrations, in words that several forms of the report share.

use super::locks::waited;
use crate::model::quantity::{Count, counted};
use crate::model::report::Report;
use crate::model::traffic::{MigrationTraffic, TableWaits, Traffic, Waits};

/// What ran, and how much of it waited.
pub(super) fn summary(of: &Traffic) -> String {
    let ran = counted(of.migrations.len(), "migration", "migrations");
    let all = of.migrations.iter().fold(Waits::default(), |sum, it| sum.with(it.all));
    let waited = match all.statements {
        0 => "no statement of it waited for them".to_owned(),
        statements => format!(
            "{} of it waited for them, up to {}",
            counted_statements(statements),
            waited(all.longest_s)
        ),
    };
    format!("`{}` ran beside {ran} once more: {waited}", of.command)
}

/// Who would have waited, and for how long (`writes to orders would have waited up to 1.9 s: 12 statements, 9.4 s in all`).
pub(super) fn forecast(of: &TableWaits) -> String {
    format!("{} would have waited up to {}: {}", of.who(), waited(of.waits.longest_s), in_all(&of.waits))
}

/// How many waited, and for how long all together.
pub(super) fn in_all(of: &Waits) -> String {
    format!("{}, {} in all", counted_statements(of.statements), waited(of.total_s))
}

/// A migration that kept nobody waiting.
pub(super) fn nobody(of: &MigrationTraffic) -> String {
    format!("nothing would have waited ({} seen)", counted_statements(of.seen))
}

/// Why a migration failed that runs through alone.
pub(super) fn failure(of: &MigrationTraffic) -> Option<String> {
    let failure = of.failure.as_ref()?;
    let code = if failure.code.is_empty() { String::new() } else { format!(" ({})", failure.code) };
    Some(format!("fails while traffic runs: {}{code}", failure.message))
}

/// The traffic during the migration of the report at `at`.
pub(super) fn of_migration(report: &Report, at: usize) -> Option<&MigrationTraffic> {
    report.traffic.as_ref()?.migrations.get(at)
}

fn counted_statements(statements: u64) -> String {
    let noun = if statements == 1 { "statement" } else { "statements" };
    format!("{} {noun}", Count(statements))
}
