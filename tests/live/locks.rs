//! What a migration locked and for how long, set against the clock of the server that it ran on.

use std::collections::BTreeMap;

use super::bad_input::{copy, replace};
use super::engine::output_of;
use super::stacks::container;
use super::stage::{Stage, changed, repository, tell};

/// What a hold may be told wrong by, in seconds.
const TOLERANCE_S: f64 = 0.02;

const MIGRATIONS: &str = "name: observed
databases:
  db: {backup: ../small/backup.sql, masks: ../small/masks.yaml}
migrations:
  - {database: db, sql: made}
  - {database: db, service: tool, command: [sh, /app/migrate], timeout: 1m}
";

const MAKE: &str = "CREATE TABLE marks (name text, at timestamptz DEFAULT clock_timestamp());
    CREATE TABLE altered (id integer); CREATE TABLE truncated (id integer); CREATE TABLE locked (id integer);
    CREATE TABLE undone (id integer); CREATE TABLE short (id integer);
    CREATE TABLE filled AS SELECT id, id % 97 AS value FROM generate_series(1, 300000) AS id;";

/// The first mark is the time at which the transaction began. The server notes when it was through with each statement, and
/// with it the commit, which no mark can.
const ALTER: &str = "SET log_min_duration_statement = 0; INSERT INTO marks VALUES ('altered', now()); ALTER TABLE altered ADD COLUMN note text; INSERT INTO marks VALUES ('altered');
    SELECT pg_sleep(0.3); INSERT INTO marks VALUES ('altered');";

const CONCURRENTLY: &str = "INSERT INTO marks VALUES ('NAME');
CREATE INDEX CONCURRENTLY NAME ON filled (value);
INSERT INTO marks VALUES ('NAME');
";

/// Every statement is a transaction of its own unless it says otherwise, as its own tool would have it.
const COMMAND: &str = "psql --quiet --set=ON_ERROR_STOP=1 <<'END'
INSERT INTO marks VALUES ('truncated');
TRUNCATE truncated;
INSERT INTO marks VALUES ('truncated');
INSERT INTO marks VALUES ('locked');
BEGIN; LOCK TABLE locked IN EXCLUSIVE MODE; INSERT INTO marks VALUES ('locked');
SELECT pg_sleep(0.2); INSERT INTO marks VALUES ('locked'); COMMIT;
INSERT INTO marks VALUES ('locked');
INSERT INTO marks VALUES ('undone');
BEGIN; ALTER TABLE undone ADD COLUMN note text; SELECT pg_sleep(0.1); ROLLBACK;
INSERT INTO marks VALUES ('undone');
INSERT INTO marks VALUES ('filled');
CREATE INDEX filled_id ON filled (id);
INSERT INTO marks VALUES ('filled');
CONCURRENTLY
CREATE TABLE fresh (id integer);
BEGIN; LOCK TABLE fresh; SELECT pg_sleep(0.06); COMMIT;
SELECT unnest(ARRAY['INSERT INTO marks VALUES (''short'')', 'TRUNCATE short']) FROM generate_series(1, 50) \\gexec
INSERT INTO marks VALUES ('short');
END
";

/// An environment whose migrations lock what the test wants.
fn locking() -> (tempfile::TempDir, Stage) {
    let environments = tempfile::tempdir().unwrap();
    for name in ["small", "observed"] {
        copy(&repository("tests/environments").join(name), &environments.path().join(name));
    }
    let folder = environments.path().join("observed");
    let command = COMMAND.replace("CONCURRENTLY\n", &CONCURRENTLY.replace("NAME", "watched"));
    std::fs::create_dir(folder.join("made")).unwrap();
    for (file, text) in [
        ("stage.yaml", MIGRATIONS),
        ("made/001-make.sql", MAKE),
        ("made/002-alter.sql", ALTER),
        ("app/migrate", &command),
    ] {
        std::fs::write(folder.join(file), text).unwrap();
    }
    let stage = Stage::with(environments.path().to_owned());
    (environments, stage)
}

fn psql(container: &str, sql: &str) -> String {
    let psql = ["exec", "--interactive", container, "psql", "--username=small", "--quiet", "--tuples-only"];
    output_of("docker", &[&psql[..], &["--no-align", "small", "--command", sql]].concat())
}

/// When the migrations passed their marks, in seconds.
fn marks(container: &str) -> BTreeMap<String, Vec<f64>> {
    let mut marks: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    let said = psql(container, "SELECT name || ' ' || extract(epoch FROM at) FROM marks ORDER BY at");
    for line in said.lines() {
        let (name, at) = line.split_once(' ').unwrap();
        marks.entry(name.to_owned()).or_default().push(at.parse().unwrap());
    }
    marks
}

/// When the server was through with a commit, by its log: the last that it noted.
fn committed_at(container: &str) -> f64 {
    let logged = output_of("sh", &["-c", &format!("docker logs {container} 2>&1")]);
    let commit = logged.lines().rfind(|line| line.ends_with("statement: COMMIT"));
    let commit = commit.unwrap_or_else(|| panic!("no commit was noted: {logged}"));
    let time = commit.split(" [").next().unwrap();
    psql(container, &format!("SELECT extract(epoch FROM '{time}'::timestamptz)")).trim().parse().unwrap()
}

/// The longest time between two marks.
fn between(marks: &BTreeMap<String, Vec<f64>>, name: &str) -> f64 {
    marks[name].windows(2).map(|pair| pair[1] - pair[0]).fold(0.0, f64::max)
}

#[test]
fn what_a_migration_locked_is_told_with_its_time_and_nothing_waits_for_who_looks() {
    let (_environments, stage) = locking();
    let report = stage.run(&["up", "observed", "--name", "locks", "--json"]).exits(0).json();
    let server = container(&stage, "locks", "db");
    let mut marked = marks(&server);
    // It says so to the millisecond, and leaves out what is less.
    marked.get_mut("altered").unwrap().push(committed_at(&server) + 0.001);
    for statement in CONCURRENTLY.replace("NAME", "alone").lines() {
        psql(&server, statement);
    }
    let alone = between(&marks(&server), "alone");
    stage.run(&["down", "locks"]).exits(0);

    let migrations = report["report"]["migrations"].as_array().unwrap();
    let locks: Vec<&serde_json::Value> =
        migrations.iter().flat_map(|it| it["locks"].as_array().unwrap()).collect();
    let lock = |table: &str, mode: &str| {
        let found = locks.iter().find(|it| it["table"] == table && it["mode"] == mode);
        let found = found.unwrap_or_else(|| panic!("{table} {mode}: {locks:#?}"));
        (found["held_s"].as_f64().unwrap(), found["times"].as_u64().unwrap())
    };
    for (table, mode) in [("altered", "ACCESS EXCLUSIVE"), ("locked", "EXCLUSIVE"), ("filled", "SHARE")] {
        let (held, times) = lock(table, mode);
        let (inside, around) = (between(&marked, table), marked[table].last().unwrap() - marked[table][0]);
        let marked = format!("{inside:.4} s to {around:.4} s");
        tell(&format!("locks: {table} {mode} held {held:.4} s, by the server's clock {marked}"));
        let told = inside - TOLERANCE_S..=around + TOLERANCE_S;
        assert!(told.contains(&held), "{table}: told {held} s, was {marked}");
        assert_eq!(times, 1, "{table}");
        assert!(held >= 0.05, "{table}: {held} s are too short to say anything");
    }
    for (table, count) in [("truncated", 1), ("short", 50)] {
        let ((held, times), marked) = (lock(table, "ACCESS EXCLUSIVE"), between(&marked, table));
        tell(&format!("locks: {table} held {held:.4} s, by the server's clock at most {marked:.4} s"));
        assert_eq!(times, count, "{table}");
        assert!(held > 0.0 && held <= marked + TOLERANCE_S, "{table}: told {held} s, was {marked} s");
    }
    let ((undone, times), around) = (lock("undone", "ACCESS EXCLUSIVE"), between(&marked, "undone"));
    tell(&format!("locks: undone held {undone:.4} s, by the server's clock at most {around:.4} s"));
    assert!(undone >= 0.1 && undone <= around + TOLERANCE_S, "told {undone} s, was {around} s");
    assert_eq!(times, 1, "undone");
    let concurrently = lock("filled", "SHARE UPDATE EXCLUSIVE").0;
    let watched = between(&marked, "watched");
    tell(&format!(
        "locks: an index built concurrently took {watched:.3} s, and {alone:.3} s with nobody looking"
    ));
    assert!(concurrently >= 0.05 && concurrently <= watched + TOLERANCE_S, "{concurrently} s of {watched} s");
    assert!(watched <= 2.0 * alone + 0.3, "{watched} s, and {alone} s alone");
    let strange = locks
        .iter()
        .find(|it| ["fresh", "people", "stage_migrations"].iter().any(|&name| it["table"] == name));
    assert_eq!(strange, None);
}

#[test]
fn a_lock_that_is_held_for_longer_than_its_limit_blocks() {
    let (_environments, stage) = changed("guarded", |folder| {
        let hold = "LOCK TABLE people IN SHARE MODE; SELECT pg_sleep(0.3);";
        std::fs::write(folder.join("migrations/003-hold.sql"), hold).unwrap();
        let limit = "name: guarded\nguards: {table_locked: 200ms}";
        replace(&folder.join("stage.yaml"), "name: guarded", limit);
    });
    let report = stage.run(&["check", "guarded", "--json"]).exits(1).json();
    let finding = &report["findings"][0];
    assert_eq!((&finding["guard"], &finding["migration"]), (&"table_locked".into(), &"003-hold.sql".into()));
    let message = finding["message"].as_str().unwrap();
    assert!(message.starts_with("writes to people would have waited up to 0."), "{message}");
    assert!(message.ends_with("s (SHARE), the limit is 0.20 s"), "{message}");
    assert_eq!(report["findings"].as_array().unwrap().len(), 1);
}

#[test]
fn locks_are_told_by_the_statement_of_the_file_that_took_them() {
    let sql = "-- Two tables, one statement that asks for no more than there is, and one that fails nothing.\n\
        UPDATE people SET born = born + 1 WHERE id = 1;\n\
        ALTER TABLE people\n    ADD COLUMN note text;\n\
        CREATE TABLE made (id int); INSERT INTO made SELECT id FROM people;\n\
        DO $$ BEGIN PERFORM pg_sleep(0.1); END $$;\n";
    let (_environments, stage) = changed("by-statement", |folder: &std::path::Path| {
        std::fs::remove_dir_all(folder.join("migrations")).unwrap();
        std::fs::create_dir(folder.join("migrations")).unwrap();
        std::fs::write(folder.join("migrations/001-lock.sql"), sql).unwrap();
    });
    let report = stage.run(&["check", "by-statement", "--json"]).exits(0).json();
    let statements = report["migrations"][0]["statements"].as_array().unwrap();
    let told: Vec<String> = statements
        .iter()
        .map(|it| {
            let locks = it["locks"].as_array().unwrap().iter();
            let locks: Vec<String> = locks
                .map(|it| format!("{} {}", it["table"].as_str().unwrap(), it["mode"].as_str().unwrap()))
                .collect();
            format!("{}: {}", it["line"], locks.join(", "))
        })
        .collect();
    assert_eq!(
        told,
        ["2: people ROW EXCLUSIVE", "3: people ACCESS EXCLUSIVE", "5: ", "5: people ACCESS SHARE", "6: "]
    );
    assert!(statements[4]["duration_s"].as_f64().unwrap() >= 0.1, "{statements:?}");
    let locks = report["migrations"][0]["locks"].as_array().unwrap();
    let lines: Vec<(&str, Option<u64>)> =
        locks.iter().map(|it| (it["mode"].as_str().unwrap(), it["line"].as_u64())).collect();
    assert!(lines.contains(&("ACCESS EXCLUSIVE", Some(3))), "{lines:?}");
    let shown = stage.run(&["check", "by-statement"]).exits(0);
    assert!(shown.stdout.contains("reads and writes of people would have waited"), "{}", shown.stdout);
    assert!(shown.stdout.contains("(line 3)"), "{}", shown.stdout);
}

/// The statements of a migration, each with what it locked of people.
fn of_people(report: &serde_json::Value, migration: usize) -> Vec<String> {
    let statements = report["migrations"][migration]["statements"].as_array().unwrap().iter();
    let told = |it: &serde_json::Value| {
        let locks = it["locks"].as_array().unwrap().iter().filter(|lock| lock["table"] == "people");
        let modes: Vec<&str> = locks.map(|lock| lock["mode"].as_str().unwrap()).collect();
        format!("{}: {}", it["line"], modes.join(", "))
    };
    statements.map(told).collect()
}

#[test]
fn locks_are_told_by_the_statement_for_sqlx_and_without_a_transaction() {
    let (_environments, stage) = changed("other-tools", |folder: &std::path::Path| {
        let files = [
            ("sqlx/20240101000000_lock.sql", "SELECT 1;\nALTER TABLE people ADD COLUMN note text;\n"),
            ("sqlx/20240102000000_wrong.sql", "SELECT 1;\n\n  SELECT nothing;\n"),
            (
                "goose/00001_apart.sql",
                "-- +goose NO TRANSACTION\n-- +goose Up\nSELECT 1;\nALTER TABLE people ADD COLUMN more text;\n\
                 SELECT pg_sleep(0.05);\nCREATE INDEX born ON people (born);\n",
            ),
        ];
        for (file, sql) in files {
            std::fs::create_dir_all(folder.join(file).parent().unwrap()).unwrap();
            std::fs::write(folder.join(file), sql).unwrap();
        }
        let layouts = "migrations:\n  - {database: db, sql: goose, layout: goose}\n  - {database: db, sql: sqlx, layout: sqlx}";
        replace(&folder.join("stage.yaml"), "migrations:\n  - {database: db, sql: migrations}", layouts);
    });
    let report = stage.run(&["check", "other-tools", "--json"]).exits(1).json();
    let of_goose = of_people(&report, 0);
    assert_eq!(of_goose[..3], ["3: ", "4: ACCESS EXCLUSIVE", "5: "]);
    // What an index takes is surely seen only where making it takes its time.
    assert!(of_goose[3..] == ["6: "] || of_goose[3..] == ["6: SHARE"], "{of_goose:?}");
    assert_eq!(of_people(&report, 1), ["1: ", "2: ACCESS EXCLUSIVE"]);
    let failure = &report["migrations"][2]["failure"];
    assert_eq!((&failure["line"], &failure["column"]), (&3.into(), &10.into()), "{failure}");
    let lock = &report["migrations"][1]["locks"][0];
    assert_eq!((&lock["table"], &lock["line"]), (&"people".into(), &2.into()), "{lock}");
}
