//! A migration that the server refused.

use crate::judge::evidence::Evidence;
use crate::judge::guard::Guard;
use crate::model::guard::Finding;
use crate::model::migration::SqlFailure;
use crate::model::quantity::counted;
use crate::model::traffic::MigrationTraffic;

/// A migration that does not run through on production's data.
pub(super) static GUARD: Guard = Guard {
    id: "migration_failed",
    summary: "a migration does not run through on the data of production",
    why: "what fails here fails in the deployment, and may leave the database between two versions",
    hint: "mend the migration and check again; what it did before it failed is in the report",
    check,
};

fn check(evidence: &Evidence) -> Vec<Finding> {
    let failed = |report: &crate::model::report::MigrationReport| {
        let failure = report.run.failure.as_ref()?;
        Some(Finding {
            guard: GUARD.id,
            migration: Some(report.run.migration.name.clone()),
            database: Some(report.run.migration.database.clone()),
            steps: Vec::new(),
            table: None,
            message: format!("{}{}", in_words(failure), not_run(evidence.not_run.len())),
            hint: failure.hint.clone().unwrap_or_else(|| GUARD.hint.to_owned()),
        })
    };
    evidence.migrations.iter().filter_map(failed).chain(with_traffic(evidence)).collect()
}

/// Those that run through alone, and not beside an app.
fn with_traffic<'a>(evidence: &'a Evidence<'_>) -> impl Iterator<Item = Finding> + 'a {
    let failed = |of: &MigrationTraffic| {
        let failure = of.failure.as_ref()?;
        Some(Finding {
            guard: GUARD.id,
            migration: Some(of.migration.clone()),
            database: Some(of.database.clone()),
            steps: Vec::new(),
            table: None,
            message: format!("with traffic: {}", in_words(failure)),
            hint: failure.hint.clone().unwrap_or_else(|| GUARD.hint.to_owned()),
        })
    };
    evidence.traffic.into_iter().flat_map(|traffic| &traffic.migrations).filter_map(failed)
}

/// The server's message with its code and the place in the text.
fn in_words(failure: &SqlFailure) -> String {
    let code = if failure.code.is_empty() { String::new() } else { format!(" ({})", failure.code) };
    let place = match (failure.line, failure.column) {
        (Some(line), Some(column)) => format!(" at line {line}, column {column}"),
        (Some(line), None) => format!(" at line {line}"),
        (None, _) => String::new(),
    };
    format!("{}{code}{place}", failure.message)
}

fn not_run(count: usize) -> String {
    match count {
        0 => String::new(),
        count => format!("; {} did not run", counted(count, "later migration", "later migrations")),
    }
}

#[cfg(test)]
mod tests {
    use crate::judge::sample::Sample;
    use crate::model::migration::SqlFailure;
    use crate::model::report::Verdict;

    fn failure() -> SqlFailure {
        SqlFailure {
            message: "syntax error at or near \"DELET\"".to_owned(),
            code: "42601".to_owned(),
            line: Some(3),
            column: Some(1),
            hint: None,
        }
    }

    #[test]
    fn a_refused_migration_is_told_with_its_place_and_what_did_not_run() {
        let mut sample = Sample::default().migration("0001", []).failed("0002", failure());
        sample.not_run.push("0003".to_owned());
        assert_eq!(
            sample.findings("migration_failed"),
            [
                "0002: syntax error at or near \"DELET\" (42601) at line 3, column 1; 1 later migration did not run"
            ]
        );
        assert_eq!(sample.judge().0, Verdict::Blocked);
    }

    #[test]
    fn a_migration_that_fails_beside_traffic_alone_is_told_as_such() {
        let bare = SqlFailure { message: "lock timeout".to_owned(), code: "55P03".to_owned(), ..failure() };
        let sample = Sample::default().migration("1", []).waited([]).fails_with_traffic(bare);
        let expected = "1: with traffic: lock timeout (55P03) at line 3, column 1";
        assert_eq!(sample.findings("migration_failed"), [expected]);
        assert_eq!(sample.judge().0, Verdict::Blocked);
    }

    #[test]
    fn a_failure_that_the_server_did_not_place_is_told_without_a_place() {
        let bare = SqlFailure { code: String::new(), line: None, column: None, ..failure() };
        assert_eq!(
            Sample::default().failed("1", bare).findings("migration_failed"),
            ["1: syntax error at or near \"DELET\""]
        );
    }

    #[test]
    fn the_hint_of_the_server_is_better_than_ours() {
        let hinted = SqlFailure { hint: Some("Perhaps you meant \"id\".".to_owned()), ..failure() };
        let (_, findings) = Sample::default().failed("1", hinted).judge();
        assert_eq!(findings[0].hint, "Perhaps you meant \"id\".");
    }

    #[test]
    fn no_approval_lifts_it() {
        let sample = Sample::default().failed("1", failure()).approve("migration_failed", "1", None);
        assert_eq!(sample.findings("migration_failed").len(), 1);
    }
}
