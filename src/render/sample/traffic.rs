//! Traffic that waited for the mended script.

use crate::model::name::TableName;
use crate::model::report::Report;
use crate::model::traffic::{Access, MigrationTraffic, TableWaits, Traffic, Waits};

/// The mended script, with traffic.
pub(in crate::render) fn busy() -> Report {
    let mut report = super::mended();
    let waits = |statements, longest_s, total_s| Waits { statements, longest_s, total_s };
    let of_feed =
        |access, waits| TableWaits { table: Some(TableName::new("public", "item_datafeed")), access, waits };
    let quiet = |name: &str| MigrationTraffic {
        database: "db".to_owned(),
        migration: name.to_owned(),
        duration_s: 0.5,
        failure: None,
        seen: 41,
        all: Waits::default(),
        tables: Vec::new(),
    };
    let mut migrations: Vec<MigrationTraffic> =
        report.migrations.iter().map(|it| quiet(&it.run.migration.name)).collect();
    if let Some(felt) = migrations.get_mut(1) {
        felt.seen = 4_012;
        felt.all = waits(313, 14.0, 184.012);
        felt.tables = vec![
            of_feed(Access::Writes, waits(312, 14.0, 184.0)),
            of_feed(Access::Reads, waits(1, 0.012, 0.012)),
        ];
    }
    report.traffic = Some(Traffic { command: "pgbench busy.sql".to_owned(), migrations, doubts: Vec::new() });
    report
}
