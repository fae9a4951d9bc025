//! Migrations of sqlx and plain ones, applied to a real server.

use std::path::PathBuf;
use std::sync::Arc;

use stage::model::environment::MigrationFolder;
use stage::model::error::ErrorKind;
use stage::model::migration::{Migration, MigrationLayout, MigrationRun};
use stage::model::name::TableName;
use stage::world::Files;
use stage::world::database::Database;
use stage::world::disk::DiskFiles;

use crate::server::{sql, with_database};

/// Writes the files and reads them back as a run does.
pub async fn layout(files: &[(&str, &str)]) -> (tempfile::TempDir, MigrationLayout, Vec<Migration>) {
    layout_of(None, files).await
}

/// As [`layout`], where the user says which one it is.
pub async fn layout_of(
    layout: Option<MigrationLayout>,
    files: &[(&str, &str)],
) -> (tempfile::TempDir, MigrationLayout, Vec<Migration>) {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let directory = PathBuf::from(folder.path());
    let source = MigrationFolder { database: "db".to_owned(), directory, layout };
    let (layout, migrations) = DiskFiles.migrations(&source).await.unwrap();
    (folder, layout, migrations)
}

pub async fn apply(
    db: &Arc<dyn Database>,
    layout: MigrationLayout,
    all: &[Migration],
    index: usize,
) -> MigrationRun {
    db.apply(layout, &all[index], all).await.unwrap()
}

async fn versions(db: &Arc<dyn Database>, layout: MigrationLayout) -> Vec<String> {
    db.applied(layout).await.unwrap().into_iter().map(|applied| applied.version).collect()
}

#[tokio::test]
async fn sqlx_migrations_run_one_by_one_and_are_recorded_as_sqlx_records_them() {
    with_database(|db, _| async move {
        let (_folder, layout, all) = layout_of(
            Some(MigrationLayout::Sqlx),
            &[
                ("1_make.up.sql", "CREATE TABLE t (id int PRIMARY KEY)"),
                ("1_make.down.sql", "DROP TABLE t"),
                ("2_fill.up.sql", "INSERT INTO t SELECT generate_series(1, 10)"),
                ("3_index.up.sql", "-- no-transaction\nCREATE INDEX CONCURRENTLY ON t (id)"),
                ("4_broken.up.sql", "INSERT INTO t VALUES (11);\nINSERT INTO nowhere VALUES (1)"),
            ],
        )
        .await;
        assert_eq!(layout, MigrationLayout::Sqlx);
        assert_eq!(all.len(), 4, "what takes a migration back is none");
        assert!(versions(&db, layout).await.is_empty());
        for index in 0..3 {
            let run = apply(&db, layout, &all, index).await;
            assert_eq!(run.failure, None);
            assert!(run.duration_s > 0.0);
        }
        let run = apply(&db, layout, &all, 3).await;
        let failure = run.failure.unwrap();
        assert_eq!((failure.code.as_str(), failure.line, failure.column), ("42P01", Some(2), Some(13)));
        assert_eq!(db.count(&[TableName::new("public", "t")]).await.unwrap(), [10], "rolled back");
        let applied = db.applied(layout).await.unwrap();
        let expected: Vec<_> =
            all[..3].iter().map(|m| (m.version.clone(), Some(m.checksum.clone()))).collect();
        assert_eq!(applied.into_iter().map(|a| (a.version, a.checksum)).collect::<Vec<_>>(), expected);
        let mut edited = all.clone();
        edited[0].sql.push_str(" -- edited");
        let error = db.apply(layout, &edited[3], &edited).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Config);
        assert!(error.to_string().contains("1_make.up.sql` was changed"), "{error}");
        let error = db.apply(layout, &all[3], &all[1..]).await.unwrap_err();
        assert!(
            error.to_string().contains("`1` was applied in production, but its file is missing"),
            "{error}"
        );
    })
    .await;
}

#[tokio::test]
async fn plain_migrations_run_in_a_transaction_each_and_a_failed_one_leaves_nothing() {
    with_database(|db, _| async move {
        let (_folder, layout, all) = layout(&[
            (
                "a make.sql",
                "CREATE TABLE t (id int PRIMARY KEY, up int REFERENCES t DEFERRABLE INITIALLY DEFERRED)",
            ),
            ("b.sql", "-- no-transaction\nVACUUM t"),
            ("c.sql", "INSERT INTO t VALUES (1, 2)"),
        ])
        .await;
        assert_eq!(layout, MigrationLayout::Plain);
        assert_eq!(apply(&db, layout, &all, 0).await.failure, None);
        assert_eq!(apply(&db, layout, &all, 1).await.failure, None);
        assert_eq!(apply(&db, layout, &all, 1).await.duration_s.to_bits(), 0, "applied already");
        let failure = apply(&db, layout, &all, 2).await.failure.unwrap();
        assert_eq!(failure.code, "23503", "the deferred constraint speaks at the end");
        assert_eq!(versions(&db, layout).await, ["a make.sql", "b.sql"]);
        assert_eq!(db.count(&[TableName::new("public", "t")]).await.unwrap(), [0]);
        sql(&db, "UPDATE stage_migrations SET checksum = 'other' WHERE name = 'b.sql'").await;
        let error = db.apply(layout, &all[2], &all).await.unwrap_err();
        assert!(error.to_string().contains("migration `b.sql` was changed"), "{error}");
    })
    .await;
}
