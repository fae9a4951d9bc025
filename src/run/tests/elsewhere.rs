//! Other databases of the server: what comes and goes is told, judged, and never passed over where it cannot be looked at.

use super::story::{assert_clean, check, world};
use crate::model::change::{NetRows, TableEvent};
use crate::model::database::{DatabaseChange, DatabaseEvent};
use crate::model::report::Verdict;
use crate::world::memory::ROWS_ELSEWHERE;

fn change(name: &str, event: DatabaseEvent) -> DatabaseChange {
    DatabaseChange { name: name.to_owned(), event }
}

#[tokio::test]
async fn a_database_that_is_dropped_blocks_with_all_that_the_seed_had_in_it() {
    let world = world().with_others(&["audit", "template1"], &["template1"]);
    let report = check(&world).await.unwrap();
    assert_eq!(report.verdict, Verdict::Blocked);
    let first = &report.migrations[0].change;
    let dropped = DatabaseEvent::Dropped { tables: 1, rows: ROWS_ELSEWHERE };
    assert_eq!(first.databases, [change("audit", dropped)]);
    let table = first.tables.last().unwrap();
    assert_eq!(table.table.to_string(), "audit.public.people");
    assert_eq!(table.net, NetRows { missing: ROWS_ELSEWHERE, ..NetRows::default() });
    assert!(table.events.contains(&TableEvent::Dropped));
    let told: Vec<&str> = report.findings.iter().map(|finding| finding.message.as_str()).collect();
    assert_eq!(told, ["the database audit is dropped, with 1 table and 12 rows"]);
    assert!(report.migrations[1].change.databases.is_empty(), "once is enough");
    assert_clean(&world, "a database was dropped");
}

#[tokio::test]
async fn a_database_that_is_made_is_told_with_its_rows_and_breaks_nothing() {
    let report = check(&world().with_others(&[], &["shadow"])).await.unwrap();
    assert_eq!(report.verdict, Verdict::Passed, "{:?}", report.findings);
    let first = &report.migrations[0].change;
    assert_eq!(first.databases, [change("shadow", DatabaseEvent::Created)]);
    let table = first.tables.last().unwrap();
    assert_eq!(table.table.to_string(), "shadow.public.people");
    assert_eq!((table.rows_in_seed, table.net.new), (0, ROWS_ELSEWHERE));
}

#[tokio::test]
async fn a_database_that_cannot_be_looked_at_is_never_a_pass() {
    let world = world().with_others(&[], &["vault"]).with_closed("vault");
    let report = check(&world).await.unwrap();
    assert_eq!(report.verdict, Verdict::Unverified);
    let change = &report.migrations[0].change;
    assert_eq!(change.databases.len(), 1);
    let doubt = "database vault: what was done there could not be looked at: the database `vault` takes no connection";
    assert_eq!(change.doubts, [doubt]);
    assert_clean(&world, "a database took no connection");
}
