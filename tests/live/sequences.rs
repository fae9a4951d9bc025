//! Where migrations leave sequences, as a user sees it, and what stops a change that leaves one behind its column.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::bad_input::replace;
use super::stage::{Stage, changed};

/// Twenty tickets whose next one is 21, a table whose sequence production itself never used, and a sequence of nobody's.
const PREPARED: &str = "CREATE TABLE ticket (id bigserial PRIMARY KEY, v text);\n\
    INSERT INTO ticket (v) SELECT 'v' FROM generate_series(1, 20);\n\
    CREATE TABLE imported (id serial PRIMARY KEY);\n\
    INSERT INTO imported VALUES (1), (7);\n\
    CREATE SEQUENCE numbers INCREMENT BY 10;\n";

/// The small environment with these tables in its seed, and these migrations.
fn with_sequences(name: &str, migrations: &[(&str, &str)]) -> (tempfile::TempDir, Stage) {
    changed(name, |folder: &Path| {
        replace(
            &folder.join("stage.yaml"),
            "masks: masks.yaml",
            "masks: masks.yaml, prepare: [sequences.sql]",
        );
        fs::write(folder.join("sequences.sql"), PREPARED).unwrap();
        let files = folder.join("migrations");
        fs::remove_dir_all(&files).unwrap();
        fs::create_dir(&files).unwrap();
        for (file, sql) in migrations {
            fs::write(files.join(file), sql).unwrap();
        }
    })
}

/// What a migration made of sequences: name, next value before and after, and how far the column is that one is behind.
fn sequences(report: &Value, migration: usize) -> Vec<(&str, &Value, &Value, &Value)> {
    let of = |it| {
        let it: &Value = it;
        (it["sequence"].as_str().unwrap(), &it["next_before"], &it["next_after"], &it["behind"]["reach"])
    };
    report["migrations"][migration]["sequences"].as_array().unwrap().iter().map(of).collect()
}

#[test]
fn sequences_are_told_and_one_that_falls_behind_its_column_blocks_the_change() {
    let migrations = [
        (
            "001-use.sql",
            "INSERT INTO ticket (v) VALUES ('new');\nSELECT nextval('numbers'), nextval('numbers');\n",
        ),
        ("002-still.sql", "UPDATE ticket SET v = 'w' WHERE id = 1;\nINSERT INTO imported VALUES (8);\n"),
        ("003-reset.sql", "SELECT setval('ticket_id_seq', 5);\nALTER SEQUENCE numbers RESTART WITH 500;\n"),
        ("004-use.sql", "SELECT nextval('numbers');\n"),
        ("005-drop.sql", "DROP SEQUENCE numbers;\nCREATE SEQUENCE others;\n"),
    ];
    let (_environments, stage) = with_sequences("behind", &migrations);
    let files = tempfile::tempdir().unwrap();
    let markdown = files.path().join("report.md");
    let report =
        stage.run(&["check", "behind", "--json", "--markdown", markdown.to_str().unwrap()]).exits(1).json();
    let (null, number) = (Value::Null, |number: i64| json!(number));
    let expected =
        [("numbers", &number(1), &number(21), &null), ("ticket_id_seq", &number(21), &number(22), &null)];
    assert_eq!(sequences(&report, 0), expected);
    assert_eq!(
        sequences(&report, 1),
        [],
        "they stand where they stood, and production lives with what it imported"
    );
    let expected = [
        ("numbers", &number(21), &number(500), &null),
        ("ticket_id_seq", &number(22), &number(6), &number(21)),
    ];
    assert_eq!(sequences(&report, 2), expected);
    assert_eq!(sequences(&report, 3), [("numbers", &number(500), &number(510), &null)]);
    assert_eq!(sequences(&report, 4), [], "the schema tells what was dropped and made");
    let findings = report["findings"].as_array().unwrap();
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert_eq!(
        (&findings[0]["guard"], &findings[0]["migration"]),
        (&json!("sequence_behind"), &json!("003-reset.sql"))
    );
    let message = "ticket_id_seq gives 6 next, but id of ticket is at 21 already: inserts will fail";
    assert_eq!(findings[0]["message"], message);
    let comment = fs::read_to_string(markdown).unwrap();
    assert!(comment.contains("| ❌ | `003-reset.sql` | `ticket_id_seq` | 22 | 6 |"), "{comment}");
    let shown = stage.run(&["check", "behind"]).exits(1);
    assert!(shown.stdout.contains("sequence: next value of ticket_id_seq: 22 → 6\n"), "{}", shown.stdout);
    stage.run(&["seed", "remove", report["seeds"][0]["key"].as_str().unwrap()]).exits(0);
}

#[test]
fn a_column_that_overtakes_its_sequence_is_found_and_one_that_is_mended_passes() {
    let overtakes = "INSERT INTO ticket SELECT i, 'loaded' FROM generate_series(21, 30) i;\n";
    let rolled_back = "BEGIN;\nSELECT setval('ticket_id_seq', 2);\nROLLBACK;\n";
    let (_environments, stage) = with_sequences("overtaken", &[("001-load.sql", overtakes)]);
    let report = stage.run(&["check", "overtaken", "--json"]).exits(1).json();
    assert_eq!(sequences(&report, 0), [("ticket_id_seq", &json!(21), &json!(21), &json!(30))]);
    assert_eq!(report["findings"][0]["guard"], "sequence_behind");
    drop(stage);
    let mended = [
        ("001-load.sql", overtakes),
        ("002-mend.sql", "SELECT setval('ticket_id_seq', max(id)) FROM ticket;\n"),
        (
            "003-made.sql",
            "CREATE TABLE late (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY);\nINSERT INTO late DEFAULT VALUES;\n",
        ),
    ];
    let (environments, stage) = with_sequences("mended", &mended);
    let report = stage.run(&["check", "mended", "--json"]).exits(0).json();
    assert_eq!(sequences(&report, 1), [("ticket_id_seq", &json!(21), &json!(31), &Value::Null)]);
    assert_eq!(sequences(&report, 2), [], "what is new and right is nothing to say");
    // No rollback takes back what was set.
    fs::write(environments.path().join("mended/migrations/004-undone.sql"), rolled_back).unwrap();
    let report = stage.run(&["check", "mended", "--json"]).exits(1).json();
    assert_eq!(sequences(&report, 3), [("ticket_id_seq", &json!(31), &json!(3), &json!(30))]);
    stage.run(&["seed", "remove", report["seeds"][0]["key"].as_str().unwrap()]).exits(0);
}
