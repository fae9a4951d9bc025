//! The layouts of other tools, applied to a real server: what is pending, what fails where, and what stands in the version
//! table afterwards, so that the tool itself would go on from there.

use std::sync::Arc;

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, Connection};
use stage::model::migration::{Migration, MigrationLayout};
use stage::model::name::TableName;
use stage::plan::History;
use stage::world::database::{Address, Database};

use crate::migrations::{apply, layout, layout_of};
use crate::server::{sql, with_database};

/// Rows as text, columns between `|`.
async fn rows(at: &Address, query: &str) -> Vec<String> {
    let options = PgConnectOptions::new()
        .host(&at.socket.ip().to_string())
        .port(at.socket.port())
        .username("shop")
        .password("secret")
        .database("shop");
    let mut connection = PgConnection::connect_with(&options).await.unwrap();
    let text = format!(
        "SELECT concat_ws('|', VARIADIC ARRAY(SELECT value FROM json_each_text(row_to_json(r)))) FROM ({query}) r"
    );
    sqlx::query_scalar(AssertSqlSafe(text)).fetch_all(&mut connection).await.unwrap()
}

/// Versions of what is pending, or why the tool would refuse to go on.
async fn pending(db: &Arc<dyn Database>, layout: MigrationLayout, all: &[Migration]) -> String {
    let applied = db.applied(layout).await.unwrap();
    let history = History { layout, all, applied: &applied };
    if let Some(refusal) = history.refusal() {
        return refusal.message;
    }
    history.pending().iter().map(|migration| migration.version.as_str()).collect::<Vec<_>>().join(" ")
}

/// Applies the migration at `index`, which fails at line and column of its file.
async fn fails_at(
    db: &Arc<dyn Database>,
    (layout, all): (MigrationLayout, &[Migration]),
    index: usize,
    (line, column): (usize, usize),
) {
    let failure = apply(db, layout, all, index).await.failure.unwrap();
    assert_eq!((failure.line, failure.column), (Some(line), Some(column)), "{}", failure.message);
}

async fn count(db: &Arc<dyn Database>, table: &str) -> u64 {
    db.count(&[TableName::new("public", table)]).await.unwrap()[0]
}

#[tokio::test]
async fn diesel_folders_are_noted_as_diesel_does() {
    with_database(|db, at| async move {
        let (_folder, layout, all) = layout(&[
            ("2024-01-01-000000_make/up.sql", "CREATE TABLE t (id int);\nINSERT INTO t VALUES (1);"),
            ("2024-01-01-000000_make/down.sql", "DROP TABLE t"),
            ("2024-01-02-000000_index/up.sql", "CREATE INDEX CONCURRENTLY t_i ON t (id)"),
            ("2024-01-02-000000_index/metadata.toml", "run_in_transaction = false"),
            ("2024-01-03-000000_broken/up.sql", "INSERT INTO t VALUES (2);\nINSERT INTO nowhere VALUES (1)"),
        ])
        .await;
        assert_eq!(layout, MigrationLayout::Diesel);
        for index in 0..2 {
            assert_eq!(apply(&db, layout, &all, index).await.failure, None);
        }
        fails_at(&db, (layout, &all), 2, (2, 13)).await;
        assert_eq!(count(&db, "t").await, 1, "rolled back");
        assert_eq!(pending(&db, layout, &all).await, "20240103000000");
        assert_eq!(pending(&db, layout, &all[..2]).await, "");
        let noted = "SELECT version, run_on > now() - interval '1 min' AS recent FROM __diesel_schema_migrations ORDER BY 1";
        assert_eq!(rows(&at, noted).await, ["20240101000000|true", "20240102000000|true"]);
    })
    .await;
}

#[tokio::test]
async fn golang_migrate_has_one_row_which_stays_dirty_after_a_failure() {
    with_database(|db, at| async move {
        let (_folder, layout, all) = layout_of(
            Some(MigrationLayout::GolangMigrate),
            &[
                ("000001_make.up.sql", "CREATE TABLE t (id int);\nINSERT INTO t VALUES (1);"),
                ("000001_make.down.sql", "DROP TABLE t"),
                ("000002_index.up.sql", "CREATE INDEX CONCURRENTLY t_i ON t (id)"),
                ("000010_half.up.sql", "INSERT INTO t VALUES (2);\nINSERT INTO nowhere VALUES (1)"),
                ("000011_own.up.sql", "BEGIN;\nINSERT INTO t VALUES (3);\nCOMMIT;"),
            ],
        )
        .await;
        assert_eq!(pending(&db, layout, &all).await, "1 2 10 11");
        for index in 0..2 {
            assert_eq!(apply(&db, layout, &all, index).await.failure, None);
        }
        assert_eq!(pending(&db, layout, &all).await, "10 11");
        let row = "SELECT version, dirty FROM schema_migrations";
        assert_eq!(rows(&at, row).await, ["2|false"]);
        fails_at(&db, (layout, &all), 2, (2, 13)).await;
        assert_eq!(count(&db, "t").await, 1, "the server makes one transaction of a file");
        assert_eq!(rows(&at, row).await, ["10|true"]);
        let refusal = "migration `000010_half.up.sql` is marked as failed in `schema_migrations`";
        assert_eq!(pending(&db, layout, &all).await, refusal);
        sql(&db, "UPDATE schema_migrations SET dirty = false").await;
        assert_eq!(apply(&db, layout, &all, 3).await.failure, None);
        assert_eq!(pending(&db, layout, &all).await, "");
        let error = db.applied(MigrationLayout::Dbmate).await.unwrap_err();
        assert!(error.message.contains("is golang-migrate's"), "{error}");
    })
    .await;
}

#[tokio::test]
async fn dbmate_files_run_up_and_are_noted_as_dbmate_does() {
    with_database(|db, at| async move {
        let down = "\n-- migrate:down\nDROP TABLE t;\n";
        let file = |text: &str| format!("{text}{down}");
        let (make, index, broken) = (
            file("-- migrate:up\nCREATE TABLE t (id int);\nINSERT INTO t VALUES (1);"),
            file("-- migrate:up transaction:false\nCREATE INDEX CONCURRENTLY t_i ON t (id);"),
            file("-- why\n\n-- migrate:up\nINSERT INTO t VALUES (2);\nINSERT INTO nowhere VALUES (1);"),
        );
        let (_folder, layout, all) = layout(&[
            ("20240101000000_make.sql", &make),
            ("20240102000000_index.sql", &index),
            ("20240103000000_broken.sql", &broken),
        ])
        .await;
        assert_eq!(layout, MigrationLayout::Dbmate);
        for index in 0..2 {
            assert_eq!(apply(&db, layout, &all, index).await.failure, None);
        }
        fails_at(&db, (layout, &all), 2, (5, 13)).await;
        assert_eq!(count(&db, "t").await, 1, "rolled back, and never taken down");
        assert_eq!(pending(&db, layout, &all).await, "20240103000000");
        let noted = "SELECT * FROM schema_migrations ORDER BY 1";
        assert_eq!(rows(&at, noted).await, ["20240101000000", "20240102000000"]);
        let error = db.applied(MigrationLayout::GolangMigrate).await.unwrap_err();
        assert!(error.message.contains("is not golang-migrate's"), "{error}");
    })
    .await;
}

#[tokio::test]
async fn flyway_scripts_are_noted_with_their_checksums_and_repeated_when_changed() {
    with_database(|db, at| async move {
        let view = "CREATE OR REPLACE VIEW v AS SELECT id FROM t;";
        let files = [
            ("V1__make_t.sql", "CREATE TABLE t (id int);\nINSERT INTO t VALUES (1);"),
            ("sub/V1.1__index.sql", "CREATE INDEX CONCURRENTLY i ON t (id);\nDROP INDEX CONCURRENTLY i;"),
            ("R__view.sql", view),
            ("U1__make_t.sql", "DROP TABLE t"),
        ];
        let (_folder, found, all) = layout(&files).await;
        assert_eq!(found, MigrationLayout::Flyway);
        assert_eq!(pending(&db, found, &all).await, "1 1.1 R__view");
        for index in 0..3 {
            assert_eq!(apply(&db, found, &all, index).await.failure, None);
        }
        assert_eq!(pending(&db, found, &all).await, "");
        let noted = "SELECT installed_rank, coalesce(version, '-') AS version, description, type, script, checksum, \
                     installed_by, execution_time >= 0 AS took, success FROM flyway_schema_history ORDER BY 1";
        // Checksums by another implementation: the CRC-32 of Python's zlib over the lines, as a signed number.
        assert_eq!(
            rows(&at, noted).await,
            [
                "1|1|make t|SQL|V1__make_t.sql|169406234|shop|true|true",
                "2|1.1|index|SQL|sub/V1.1__index.sql|-1710827213|shop|true|true",
                "3|-|view|SQL|R__view.sql|-52122244|shop|true|true",
            ]
        );

        let changed = "CREATE OR REPLACE VIEW v AS SELECT id, 1 AS one FROM t;";
        let (_folder, _, all) = layout(&[files[0], files[1], ("R__view.sql", changed)]).await;
        assert_eq!(pending(&db, found, &all).await, "R__view");
        assert_eq!(apply(&db, found, &all, 2).await.failure, None);
        assert_eq!(pending(&db, found, &all).await, "");

        let (_folder, _, all) = layout(&[("V1__make_t.sql", "edited"), files[1], ("R__view.sql", changed)]).await;
        let refusal = "migration `V1__make_t.sql` was changed after it had been applied";
        assert_eq!(pending(&db, found, &all).await, refusal);
    })
    .await;
}

#[tokio::test]
async fn flyway_scripts_that_fail_leave_what_flyway_would_leave() {
    with_database(|db, at| async move {
        let (_folder, layout, all) = layout(&[
            ("V1__make.sql", "CREATE TABLE t (id int)"),
            ("V2__whole.sql", "INSERT INTO t VALUES (1);\nINSERT INTO nowhere VALUES (1)"),
            ("V3__half.sql", "VACUUM t;\n  VACUUM nowhere;"),
        ])
        .await;
        assert_eq!(apply(&db, layout, &all, 0).await.failure, None);
        fails_at(&db, (layout, &all), 1, (2, 13)).await;
        assert_eq!(count(&db, "t").await, 0, "rolled back, with its row");
        assert_eq!(pending(&db, layout, &all).await, "2 3");
        let failure = apply(&db, layout, &all, 2).await.failure.unwrap();
        assert_eq!(failure.code, "42P01");
        let noted = "SELECT version, success FROM flyway_schema_history ORDER BY installed_rank";
        assert_eq!(rows(&at, noted).await, ["1|true", "3|false"]);
        let refusal = "migration `V3__half.sql` is marked as failed in `flyway_schema_history`";
        assert_eq!(pending(&db, layout, &all).await, refusal);
        sql(&db, "DELETE FROM flyway_schema_history").await;
        sql(
            &db,
            "INSERT INTO flyway_schema_history VALUES \
             (1, '2', '<< Flyway Baseline >>', 'BASELINE', '<< Flyway Baseline >>', NULL, 'shop', now(), 0, true)",
        )
        .await;
        assert_eq!(pending(&db, layout, &all).await, "3");
    })
    .await;
}

#[tokio::test]
async fn goose_files_run_up_and_are_noted_behind_its_first_row() {
    with_database(|db, at| async move {
        let (_folder, layout, all) = layout(&[
            (
                "00001_make.sql",
                "-- +goose Up\nCREATE TABLE t (id int);\n-- +goose StatementBegin\n\
                 DO $$ BEGIN INSERT INTO t VALUES (1); END $$;\n-- +goose StatementEnd\n-- +goose Down\nDROP TABLE t;",
            ),
            (
                "00002_index.sql",
                "-- +goose NO TRANSACTION\n-- +goose Up\nCREATE INDEX CONCURRENTLY i ON t (id);\n\
                 DROP INDEX CONCURRENTLY i;",
            ),
            ("00003_broken.sql", "-- +goose Up\nINSERT INTO t VALUES (2);\nINSERT INTO nowhere VALUES (1);"),
        ])
        .await;
        assert_eq!(layout, MigrationLayout::Goose);
        for index in 0..2 {
            assert_eq!(apply(&db, layout, &all, index).await.failure, None);
        }
        fails_at(&db, (layout, &all), 2, (3, 13)).await;
        assert_eq!(count(&db, "t").await, 1);
        assert_eq!(pending(&db, layout, &all).await, "3");
        let noted = "SELECT id, version_id, is_applied FROM goose_db_version ORDER BY id";
        // The sequence does not go back with the transaction, in goose's own hands neither.
        assert_eq!(rows(&at, noted).await, ["1|0|true", "2|1|true", "3|2|true"]);
    })
    .await;
}

#[tokio::test]
async fn connections_of_others_are_gone_when_they_are_hung_up() {
    with_database(|db, at| async move {
        let sleeper = tokio::spawn({
            let at = at.clone();
            async move { rows(&at, "SELECT pg_sleep(60)").await }
        });
        let others =
            "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND wait_event = 'PgSleep'";
        while rows(&at, others).await != ["1"] {
            tokio::task::yield_now().await;
        }
        db.hang_up_others().await.unwrap();
        assert_eq!(rows(&at, others).await, ["0"]);
        assert!(sleeper.await.is_err(), "the statement was ended");
        assert_eq!(db.run("SELECT 1").await.unwrap(), Ok(()), "our own connections stay");
    })
    .await;
}
