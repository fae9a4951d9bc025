//! Whether the log tells that the schema was touched, for every statement that a comparison finds to have changed it.

use std::sync::Arc;

use stage::model::lsn::Lsn;
use stage::observe::schema::{compare, is_touched};
use stage::observe::wal::Reader;
use stage::world::database::Database;

use crate::server::{sql, with_database};

const CHANGES: [&str; 3] = [
    include_str!("../environments/reshaped/migrations/001-make.sql"),
    include_str!("../environments/reshaped/migrations/002-change.sql"),
    include_str!("../environments/reshaped/migrations/004-drop.sql"),
];
/// Statements about what is no part of the schema that is compared.
const ABOUT_NOTHING: [&str; 3] = ["CREATE ROLE", "CREATE SERVER", "DROP SERVER"];
const ROWS_ALONE: [&str; 3] = [
    "INSERT INTO people SELECT n FROM generate_series(1, 100) n",
    "UPDATE people SET id = id + 1000 WHERE id < 50",
    "DELETE FROM people",
];

/// What one statement wrote to the log.
async fn touches(database: &Arc<dyn Database>, reader: &mut Reader, statement: &str) -> bool {
    let catalog = database.catalog().await.unwrap();
    sql(database, statement).await;
    let end = database.wal_end().await.unwrap();
    while reader.position() < end {
        let bytes = database.read_wal(reader.position(), end, 1 << 20).await.unwrap();
        reader.feed(&bytes).unwrap();
    }
    // The tables are those of before on both sides: the log alone has to tell.
    is_touched(&catalog, &catalog, &reader.take())
}

#[tokio::test]
async fn the_log_tells_of_every_statement_that_changes_the_schema() {
    with_database(|database, _| async move {
        sql(&database, "CREATE TABLE people (id integer)").await;
        let end: Lsn = database.wal_end().await.unwrap();
        let mut reader = Reader::new(end, database.wal_segment_size_bytes().await.unwrap());
        let mut last = database.schema().await.unwrap();
        let (mut changed, mut missed) = (0, Vec::new());
        for statement in CHANGES.iter().flat_map(|file| file.split(";\n")).filter(|it| !it.trim().is_empty())
        {
            let is_told = touches(&database, &mut reader, statement).await;
            let now = database.schema().await.unwrap();
            let is_changed = !compare(&last, &now).is_empty();
            let is_about_nothing = ABOUT_NOTHING.iter().any(|it| statement.trim().starts_with(it));
            assert_eq!(is_changed, !is_about_nothing, "{statement}");
            changed += usize::from(is_changed);
            missed.extend((is_changed && !is_told).then_some(statement));
            last = now;
        }
        assert_eq!(missed, [""; 0]);
        assert!(changed > 75, "{changed} statements");
        for statement in ROWS_ALONE {
            assert!(!touches(&database, &mut reader, statement).await, "{statement}");
        }
        sql(&database, "VACUUM FULL pg_policy, pg_class, pg_proc").await;
        let after = ["CREATE FUNCTION f() RETURNS integer LANGUAGE sql AS 'SELECT 1'", "DROP FUNCTION f"];
        for statement in after {
            assert!(touches(&database, &mut reader, statement).await, "{statement}");
        }
    })
    .await;
}
