//! What a migration did to rows, as a user sees it: TRUNCATE by its name and its rows, columns that differ, and some of the
//! rows that are gone.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::bad_input::replace;
use super::stage::{Stage, changed};

/// The small environment with other migrations, each a file.
fn with_migrations(name: &str, migrations: &[(&str, &str)]) -> (tempfile::TempDir, Stage) {
    changed(name, |folder: &Path| write_migrations(folder, migrations))
}

fn write_migrations(folder: &Path, migrations: &[(&str, &str)]) {
    let files = folder.join("migrations");
    fs::remove_dir_all(&files).unwrap();
    fs::create_dir(&files).unwrap();
    for (file, sql) in migrations {
        fs::write(files.join(file), sql).unwrap();
    }
}

fn table<'r>(report: &'r Value, migration: usize, name: &str) -> &'r Value {
    let tables = report["migrations"][migration]["tables"].as_array().unwrap();
    tables.iter().find(|table| table["table"] == name).unwrap_or_else(|| panic!("{name} in {report}"))
}

/// The raw value of a column in the backup, by id.
fn raw(id: &str) -> Vec<String> {
    let backup = fs::read_to_string(super::stage::repository("tests/environments/small/backup.sql")).unwrap();
    let line = backup.lines().find(|line| line.starts_with(&format!("{id}\t"))).unwrap().to_owned();
    line.split('\t').map(str::to_owned).collect()
}

#[test]
fn what_truncate_took_is_told_in_every_form() {
    let migrations = [(
        "001-empty.sql",
        "CREATE TABLE visits (id integer PRIMARY KEY);\n\
         INSERT INTO visits SELECT generate_series(1, 12);\n\
         DELETE FROM visits WHERE id <= 2;\n\
         TRUNCATE visits;\n\
         INSERT INTO visits VALUES (1);\n",
    )];
    let (_environments, stage) = with_migrations("emptied", &migrations);
    let files = tempfile::tempdir().unwrap();
    let markdown = files.path().join("report.md");
    let report =
        stage.run(&["check", "emptied", "--json", "--markdown", markdown.to_str().unwrap()]).exits(0).json();
    let visits = table(&report, 0, "visits");
    assert_eq!(visits["truncated"], 10);
    assert_eq!(visits["events"], serde_json::json!(["created", "truncated"]));
    assert_eq!((&visits["gross"]["inserted"], &visits["gross"]["deleted"]), (&13.into(), &2.into()));
    let comment = fs::read_to_string(markdown).unwrap();
    assert!(comment.contains("created; truncated: 10 rows |"), "{comment}");
    let shown = stage.run(&["check", "emptied"]).exits(0);
    assert!(shown.stdout.contains("truncated: 10 rows"), "{}", shown.stdout);
}

#[test]
fn some_of_the_rows_that_are_gone_are_shown_as_the_masked_seed_has_them() {
    let migrations = [
        ("001-purge.sql", "DELETE FROM people WHERE id % 2 = 0;\n"),
        ("002-reshape.sql", "ALTER TABLE people DROP COLUMN born;\n"),
    ];
    let (_environments, stage) = with_migrations("purged", &migrations);
    let files = tempfile::tempdir().unwrap();
    let markdown = files.path().join("report.md");
    let ran = stage.run(&["check", "purged", "--json", "--markdown", markdown.to_str().unwrap()]).exits(1);
    let report = ran.json();
    let people = table(&report, 0, "people");
    let lost = &people["lost_rows"];
    assert_eq!(lost["columns"], serde_json::json!(["id", "email", "born"]));
    let rows = lost["rows"].as_array().unwrap();
    assert_eq!(rows.len() as u64, people["net"]["missing"].as_u64().unwrap().min(5), "{lost}");
    let comment = fs::read_to_string(markdown).unwrap();
    for row in rows {
        let (id, email) = (row[0].as_str().unwrap(), row[1].as_str().unwrap());
        assert_eq!(id.parse::<u32>().unwrap() % 2, 0, "{row}");
        assert!(email.contains('@'), "{row}");
        let raw = raw(id);
        assert!(!ran.stdout.contains(&raw[1]), "the mail address {} is in the report", raw[1]);
        assert!(!comment.contains(&raw[1]), "{comment}");
        assert!(comment.contains(&format!("| {id} | ")), "{comment}");
    }
    assert_eq!(people["lost_values"], Value::Null);
    let values = &table(&report, 1, "people")["lost_values"]["rows"];
    assert!(values[0][2].is_string(), "{values}");

    let again = stage.run(&["check", "purged"]).exits(1);
    let first = format!("id {}, email {}, born", rows[0][0].as_str().unwrap(), rows[0][1].as_str().unwrap());
    assert!(again.stdout.contains("lost rows, as the masked seed has them:"), "{}", again.stdout);
    assert!(again.stdout.contains(&first), "{first} in {}", again.stdout);
    assert!(again.stdout.contains("rows that lost values, as the masked seed has them:"), "{}", again.stdout);
}

#[test]
fn an_update_is_told_with_the_columns_whose_values_differ() {
    let migrations = [
        ("001-write.sql", "UPDATE people SET email = email || '.invalid', born = born WHERE id <= 3;\n"),
        ("002-again.sql", "UPDATE people SET email = email, born = born + 1 WHERE id = 7;\n"),
        ("003-nothing.sql", "UPDATE people SET id = id WHERE id = 9;\nDELETE FROM people WHERE id = 20;\n"),
    ];
    let (_environments, stage) = with_migrations("updated", &migrations);
    let files = tempfile::tempdir().unwrap();
    let markdown = files.path().join("report.md");
    let report =
        stage.run(&["check", "updated", "--json", "--markdown", markdown.to_str().unwrap()]).exits(0).json();
    let changed = |migration| table(&report, migration, "people")["columns_changed"].clone();
    assert_eq!(changed(0), serde_json::json!(["email"]));
    assert_eq!(changed(1), serde_json::json!(["email", "born"]), "with what the first one did");
    assert_eq!(changed(2), serde_json::json!(["email", "born"]));
    let comment = fs::read_to_string(markdown).unwrap();
    assert!(comment.contains("| 4 | other values in email, born |"), "{comment}");
    let shown = stage.run(&["check", "updated"]).exits(0);
    assert!(shown.stdout.contains("other values in email\n"), "{}", shown.stdout);
}

#[test]
fn rows_that_move_to_another_partition_are_no_loss() {
    let migrations = [
        ("001-move.sql", "UPDATE part SET region = 'us' WHERE id <= 30;\n"),
        ("002-lose.sql", "DELETE FROM part WHERE id <= 25;\n"),
    ];
    let (_environments, stage) = changed("moved", |folder: &Path| {
        replace(&folder.join("stage.yaml"), "masks: masks.yaml", "masks: masks.yaml, prepare: [parts.sql]");
        let parts = "CREATE TABLE part (id int, region text, PRIMARY KEY (id, region)) PARTITION BY LIST (region);\n\
             CREATE TABLE part_eu PARTITION OF part FOR VALUES IN ('eu');\n\
             CREATE TABLE part_us PARTITION OF part FOR VALUES IN ('us');\n\
             INSERT INTO part SELECT i, 'eu' FROM generate_series(1, 40) i;\n";
        fs::write(folder.join("parts.sql"), parts).unwrap();
        write_migrations(folder, &migrations);
    });
    let ran = stage.run(&["check", "moved", "--json"]).exits(1);
    let report = ran.json();
    let from = table(&report, 0, "part_eu");
    assert_eq!((&from["net"]["missing"], &from["moved"]), (&30.into(), &30.into()));
    assert_eq!(table(&report, 0, "part_us")["net"]["new"], 30);
    let findings = report["findings"].as_array().unwrap();
    let of = |migration: &str| findings.iter().filter(|it| it["migration"] == migration).count();
    assert_eq!(of("001-move.sql"), 0, "{findings:?}");
    // Of the rows that went, nobody can tell any more whether they are still there.
    assert_eq!(table(&report, 1, "part_us")["gross"]["deleted"], 25);
    assert_eq!(table(&report, 1, "part_eu")["moved"], 0);
    assert_eq!(of("002-lose.sql"), 1, "{findings:?}");
    assert_eq!(findings[0]["table"], "part_eu");
    stage.run(&["seed", "remove", report["seeds"][0]["key"].as_str().unwrap()]).exits(0);
}

#[test]
fn what_a_rewrite_and_a_sort_take_on_disk_is_told() {
    let sorted = "SET work_mem = '64kB';\n\
        CREATE TABLE sorted AS SELECT md5(i::text) AS v FROM generate_series(1, 20000) i ORDER BY v;\n\
        DELETE FROM sorted;\n";
    let migrations = [
        ("001-sort.sql", sorted),
        ("002-rewrite.sql", "ALTER TABLE people ALTER COLUMN id TYPE bigint;\n"),
        ("003-write.sql", "UPDATE people SET born = born + 1;\n"),
    ];
    let (_environments, stage) = with_migrations("on-disk", &migrations);
    let report = stage.run(&["check", "on-disk", "--json"]).exits(0).json();
    let temp_bytes = |migration: usize| report["migrations"][migration]["temp_bytes"].as_u64().unwrap();
    // Twenty thousand rows of 32 characters do not fit into what the sort may use.
    assert!((600_000..4_000_000).contains(&temp_bytes(0)), "{}", temp_bytes(0));
    assert_eq!((temp_bytes(1), temp_bytes(2)), (0, 0), "a hundred rows have room in memory");
    assert_eq!(table(&report, 1, "people")["events"], serde_json::json!(["rewritten"]));
    let rewritten = table(&report, 1, "people")["rewritten_bytes"].as_u64().unwrap();
    assert!(rewritten.is_multiple_of(8192) && (8192..100_000).contains(&rewritten), "{rewritten}");
    assert_eq!(table(&report, 2, "people")["rewritten_bytes"], Value::Null, "that was another migration");
    let shown = stage.run(&["check", "on-disk"]).exits(0);
    assert!(shown.stdout.contains(" of temporary files"), "{}", shown.stdout);
    assert!(shown.stdout.contains("rewritten: "), "{}", shown.stdout);
}
