//! Real migration tools, each of which runs three migrations in one go: what each of them did is told apart.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::bad_input::{copy, replace};
use super::observer::with_command;
use super::stage::{Ran, Stage, repository};

/// Updates 7 rows, deletes 20 of 100, makes a table with 2: what the three migrations of every fixture do.
const DONE: [&str; 3] = ["people 0/7/0", "people 0/0/20", "audit 2/0/0 created"];

/// `name: table inserted/updated/deleted events` of every step of every command.
fn steps(report: &Value) -> Vec<String> {
    let steps =
        report["migrations"].as_array().unwrap().iter().flat_map(|it| it["steps"].as_array().unwrap());
    steps.map(step).collect()
}

fn step(step: &Value) -> String {
    let name = step["name"].as_str().unwrap();
    let tables: Vec<String> = step["tables"].as_array().unwrap().iter().map(table).collect();
    assert!(step["wal_bytes"].as_u64().unwrap() > 0, "{step}");
    assert_eq!(step["unplaced"]["inserted"], 0, "{step}");
    match step["state"].as_str().unwrap() {
        "applied" => format!("{name}: {}", tables.join(", ")),
        other => format!("{name} ({other}): {}", tables.join(", ")),
    }
}

fn table(table: &Value) -> String {
    let gross = &table["gross"];
    let events =
        table["events"].as_array().unwrap().iter().map(|event| format!(" {}", event.as_str().unwrap()));
    let events: String = events.collect();
    let name = table["table"].as_str().unwrap();
    format!("{name} {}/{}/{}{events}", gross["inserted"], gross["updated"], gross["deleted"])
}

/// The command is blocked by the loss of rows, the guard names the migration that lost them, and all three are told, with
/// `more` behind them. Tables that a tool keeps for itself are no data.
#[track_caller]
fn told_apart_with(ran: Ran, names: [&str; 3], more: &[&str], touched: &[&str]) {
    let report = ran.exits(1).json();
    let mut expected: Vec<String> =
        names.iter().zip(DONE).map(|(name, done)| format!("{name}: {done}")).collect();
    expected.extend(more.iter().map(|step| (*step).to_owned()));
    let steps = steps(&report);
    assert_eq!(steps[steps.len() - expected.len()..], expected, "{steps:?}");
    let findings = report["findings"].as_array().unwrap();
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert_eq!((&findings[0]["guard"], &findings[0]["steps"]), (&"rows_lost".into(), &vec![names[1]].into()));
    let last = report["migrations"].as_array().unwrap().last().unwrap();
    let tables = last["tables"].as_array().unwrap().iter().map(|it| it["table"].as_str().unwrap());
    assert_eq!(tables.collect::<Vec<_>>(), touched);
}

#[track_caller]
fn told_apart(ran: Ran, names: [&str; 3]) {
    told_apart_with(ran, names, &[], &["audit", "people"]);
}

fn check(environment: &str) -> Ran {
    Stage::of_the_tests().run(&["check", environment, "--json"])
}

#[test]
fn alembic_moves_one_row() {
    told_apart(check("alembic"), ["1f0c3d2e4b5a", "1f9d7e6a5b4c", "8c7b6a5d4e3f"]);
}

#[test]
fn django_notes_an_app_and_a_name() {
    let names = ["people.0001_mark", "people.0002_purge", "people.0003_audit"];
    let behind = ["after people.0003_audit (between_migrations): django_content_type 1/0/0"];
    told_apart_with(check("django"), names, &behind, &["audit", "django_content_type", "people"]);
}

#[test]
fn a_tool_that_fails_in_its_last_migration_has_done_the_others() {
    let environments = tempfile::tempdir().unwrap();
    for name in ["small", "django"] {
        copy(&repository("tests/environments").join(name), &environments.path().join(name));
    }
    let last = environments.path().join("django/app/people/migrations/0003_audit.py");
    replace(&last, "INSERT INTO audit", "INSERT INTO nowhere");
    let report =
        Stage::with(environments.path().to_owned()).run(&["check", "django", "--json"]).exits(1).json();
    assert_eq!(report["migrations"][0]["failure"]["message"], "exited with 1");
    let steps = steps(&report);
    let done = ["people.0001_mark: people 0/7/0", "people.0002_purge: people 0/0/20"];
    assert_eq!(steps[steps.len() - 2..], done, "{steps:?}");
    let guards: Vec<&str> =
        report["findings"].as_array().unwrap().iter().map(|it| it["guard"].as_str().unwrap()).collect();
    assert_eq!(guards, ["rows_lost", "migration_failed"]);
}

#[test]
fn active_record_notes_a_version() {
    told_apart(check("activerecord"), ["20240101000001", "20240101000002", "20240101000003"]);
}

#[test]
fn sequel_notes_the_name_of_a_file() {
    let names = ["20240101000001_mark.rb", "20240101000002_purge.rb", "20240101000003_audit.rb"];
    told_apart(check("sequel"), names);
}

#[test]
fn sqlx_notes_a_version_and_a_description() {
    let environments = tempfile::tempdir().unwrap();
    for name in ["small", "sqlx"] {
        copy(&repository("tests/environments").join(name), &environments.path().join(name));
    }
    std::fs::copy(migrate_by_sqlx(), environments.path().join("sqlx/app/migrate")).unwrap();
    let stage = Stage::with(environments.path().to_owned());
    let names = ["20240101000001 mark", "20240101000002 purge", "20240101000003 audit"];
    told_apart(stage.run(&["check", "sqlx", "--json"]), names);
}

/// The statements that golang-migrate and Prisma send: the one notes a migration twice in a row that it writes anew, the
/// other has a row before the migration has run.
const ANNOUNCED: &str = "
    CREATE TABLE schema_migrations (version bigint PRIMARY KEY, dirty boolean NOT NULL);
    CREATE TABLE _prisma_migrations (id varchar(36) PRIMARY KEY, checksum varchar(64) NOT NULL, finished_at timestamptz,
        migration_name varchar(255) NOT NULL, logs text, rolled_back_at timestamptz,
        started_at timestamptz NOT NULL DEFAULT now(), applied_steps_count integer NOT NULL DEFAULT 0);
    BEGIN; TRUNCATE schema_migrations; INSERT INTO schema_migrations VALUES (1, true); COMMIT;
    BEGIN; SAVEPOINT one; DELETE FROM people WHERE id = 1; ROLLBACK TO one; SAVEPOINT two;
    UPDATE people SET born = NULL WHERE id <= 7; RELEASE two; COMMIT;
    BEGIN; TRUNCATE schema_migrations; INSERT INTO schema_migrations VALUES (1, false); COMMIT;
    CREATE INDEX people_born ON people (born);
    BEGIN; TRUNCATE schema_migrations; INSERT INTO schema_migrations VALUES (2, true); COMMIT;
    TRUNCATE people; INSERT INTO people (id, email) VALUES (1, 'a'), (2, 'b');
    INSERT INTO _prisma_migrations (id, checksum, migration_name) VALUES ('c0ffee', 'abc', '20240101_first');
    BEGIN; ALTER TABLE people ALTER COLUMN id TYPE bigint; SELECT pg_sleep(0.1); COMMIT; DELETE FROM people WHERE id = 2;
    UPDATE _prisma_migrations SET finished_at = now(), applied_steps_count = 1;
";

#[test]
fn a_migration_that_is_announced_begins_there_and_may_never_end() {
    let words = format!("psql --quiet --set=ON_ERROR_STOP=1 <<'SQL'\n{ANNOUNCED}\nSQL");
    let (_environments, stage) = with_command(&words);
    let report = stage.run(&["check", "observed", "--json"]).exits(1).json();
    let expected = [
        "1: people 0/7/0",
        "2 (unfinished): people 2/0/0 truncated",
        "20240101_first: people 0/0/1 rewritten",
    ];
    assert_eq!(steps(&report), expected);
    assert_eq!(report["findings"][0]["guard"], "rows_lost");
    assert_eq!(report["findings"][0]["steps"], serde_json::json!(["2 (not finished)", "20240101_first"]));
    let lock = &report["migrations"].as_array().unwrap().last().unwrap()["locks"][0];
    assert_eq!(
        (&lock["mode"], &lock["step"]),
        (&"ACCESS EXCLUSIVE".into(), &"20240101_first".into()),
        "{lock}"
    );
}

#[test]
fn people_read_step_by_step_what_a_command_did() {
    let ran = Stage::of_the_tests().run(&["check", "django"]).exits(1);
    let words: Vec<&str> = ran.stdout.split_whitespace().collect();
    let purge = ["people.0002_purge", "people", "·", "·", "20", "people.0003_audit", "audit", "2"];
    assert!(words.windows(purge.len()).any(|part| part == purge), "{}", ran.stdout);
    assert!(ran.stdout.contains("rows_lost: people.0002_purge: 20 of 100 rows"), "{}", ran.stdout);
}

/// The app of the fixture: an example of this package, so that whatever builds the tests can build it.
fn migrate_by_sqlx() -> PathBuf {
    let stage = Path::new(env!("CARGO_BIN_EXE_stage"));
    let folder = stage.parent().unwrap().file_name().unwrap().to_str().unwrap();
    let profile = if folder == "debug" { "dev" } else { folder };
    let arguments = ["build", "--quiet", "--locked", "--example", "migrate_by_sqlx", "--profile", profile];
    let mut cargo = Command::new(env!("CARGO"));
    // What a test run is told of its package would make Cargo compile half of its dependencies anew.
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("CARGO_")) {
        if !["CARGO_HOME", "CARGO_TARGET_DIR", "CARGO_BUILD_JOBS"].contains(&name.as_str()) {
            cargo.env_remove(name);
        }
    }
    assert!(cargo.current_dir(repository("")).args(arguments).status().unwrap().success());
    stage.with_file_name("examples").join("migrate_by_sqlx")
}
