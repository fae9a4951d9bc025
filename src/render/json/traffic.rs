//! What of the traffic waited, as JSON.

use serde::Serialize;

use super::{SqlFailure, sql_failure};
use crate::model::traffic::{self, Access, MigrationTraffic, TableWaits};

#[derive(Serialize)]
pub(super) struct Traffic<'a> {
    /// What ran: the command, or `pgbench` and the name of its script.
    command: &'a str,
    /// The migrations that ran with it, in the order of those above; fewer if one failed or the traffic ended.
    migrations: Vec<Migration<'a>>,
    /// Why it does not tell what production would have felt; empty if it does.
    doubts: &'a [String],
}

#[derive(Serialize)]
struct Migration<'a> {
    database: &'a str,
    name: &'a str,
    /// With the traffic.
    duration_s: f64,
    /// With the traffic; alone it runs through.
    failure: Option<SqlFailure<'a>>,
    /// At least so many of the traffic's statements ran meanwhile.
    statements_seen: u64,
    /// So many of them waited for the migration. What waits for a few milliseconds may be missed.
    statements: u64,
    longest_s: f64,
    total_s: f64,
    /// By table and access, those that waited longest first.
    waits: Vec<Waits<'a>>,
}

#[derive(Serialize)]
struct Waits<'a> {
    /// `null`, as `table`, where the server does not say which it was.
    schema: Option<&'a str>,
    /// As it was called before.
    table: Option<&'a str>,
    /// What those who waited wanted: `reads`, `writes`, `others`.
    access: &'static str,
    statements: u64,
    longest_s: f64,
    total_s: f64,
}

/// The traffic.
pub(super) fn traffic(of: &traffic::Traffic) -> Traffic<'_> {
    let migrations = of.migrations.iter().map(migration).collect();
    Traffic { command: &of.command, migrations, doubts: &of.doubts }
}

fn migration(of: &MigrationTraffic) -> Migration<'_> {
    Migration {
        database: &of.database,
        name: &of.migration,
        duration_s: of.duration_s,
        failure: of.failure.as_ref().map(sql_failure),
        statements_seen: of.seen,
        statements: of.all.statements,
        longest_s: of.all.longest_s,
        total_s: of.all.total_s,
        waits: of.tables.iter().map(waits).collect(),
    }
}

fn waits(of: &TableWaits) -> Waits<'_> {
    Waits {
        schema: of.table.as_ref().map(|table| table.schema.as_str()),
        table: of.table.as_ref().map(|table| table.name.as_str()),
        access: match of.access {
            Access::Reads => "reads",
            Access::Writes => "writes",
            Access::Others => "others",
        },
        statements: of.waits.statements,
        longest_s: of.waits.longest_s,
        total_s: of.waits.total_s,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::render::{json, sample};

    #[test]
    fn waits_have_their_figures() {
        let root = json::value(&sample::traffic::busy());
        let migration = &root["traffic"]["migrations"][1];
        assert_eq!((&migration["statements"], &migration["longest_s"]), (&json!(313), &json!(14.0)));
        let first = json!({
            "schema": "public", "table": "item_datafeed", "access": "writes",
            "statements": 312, "longest_s": 14.0, "total_s": 184.0,
        });
        assert_eq!(migration["waits"][0], first);
        assert_eq!(json::value(&sample::incident())["traffic"], json!(null));
    }
}
