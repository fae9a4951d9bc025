//! Two databases in one environment, each with a backup and migrations of its own that are called alike; and several on one
//! server, of which the environment names one.

use serde_json::{Value, json};

use super::bad_input::copy;
use super::engine::{assert_same, listing};
use super::stage::{Stage, changed, repository};
use super::traffic::ALL_WAIT;

const STAGE: &str = "name: pair
databases:
  db: {backup: ../small/backup.sql, masks: ../small/masks.yaml}
  other: {backup: large.dump, masks: masks.yaml}
migrations:
  - {database: db, sql: first}
  - {database: other, sql: second}
traffic: {pgbench: busy.sql, database: other, clients: 1}
";
const COMPOSE: &str = "services:
  db: &server
    image: postgres:15
    environment: {POSTGRES_USER: small, POSTGRES_PASSWORD: small-dev, POSTGRES_DB: small}
  other: *server
";
const MASKS: &str = "tables: {documents: {keep: [id, content]}}\nlarge_objects: empty\n";

/// Three of a hundred people, which no guard minds, and a table that the other has, too.
const FIRST: &str = "DELETE FROM people WHERE id <= 3; CREATE TABLE documents (id int);";
/// One of three documents, which is too many, and as many people as there are not.
const SECOND: &str = "DELETE FROM documents WHERE id = 1; CREATE TABLE people (id int); \
                      INSERT INTO people SELECT generate_series(1, 5); ALL_WAIT; SELECT pg_sleep(0.2);";

fn rows(report: &Value, migration: usize) -> Vec<(String, Value, Value)> {
    let tables = report["migrations"][migration]["tables"].as_array().unwrap().iter();
    let row = |it: &Value| (it["table"].as_str().unwrap().to_owned(), it["gross"].clone(), it["net"].clone());
    tables.map(row).collect()
}

#[test]
fn each_database_has_its_own_migrations_rows_and_findings() {
    let environments = tempfile::tempdir().unwrap();
    copy(&repository("tests/environments/small"), &environments.path().join("small"));
    let folder = environments.path().join("pair");
    for (directory, sql) in [("first", FIRST), ("second", SECOND)] {
        std::fs::create_dir_all(folder.join(directory)).unwrap();
        let sql = sql.replace("ALL_WAIT", ALL_WAIT);
        std::fs::write(folder.join(directory).join("001-same.sql"), sql).unwrap();
    }
    let traffic = "UPDATE documents SET content = content WHERE id = 1;";
    for (file, text) in
        [("stage.yaml", STAGE), ("compose.yaml", COMPOSE), ("masks.yaml", MASKS), ("busy.sql", traffic)]
    {
        std::fs::write(folder.join(file), text).unwrap();
    }
    std::fs::copy(repository("tests/fixtures/archives/large.dump"), folder.join("large.dump")).unwrap();
    let stage = Stage::with(environments.path().to_owned());
    stage.run(&["seed", "build", "pair"]).exits(0);
    let before = listing();
    let shown = stage.run(&["check", "pair"]).exits(1).stdout;
    assert_same(&before, &listing(), "after a check of two databases");

    let report = stage.run(&["report", "pair", "--json"]).exits(0).json();
    let databases = |key: &str| {
        report[key].as_array().unwrap().iter().map(|it| it["database"].clone()).collect::<Vec<Value>>()
    };
    assert_eq!(databases("seeds"), ["db", "other"]);
    assert_eq!(databases("migrations"), ["db", "other"]);
    let gross = |inserted: u64, deleted: u64| json!({"inserted": inserted, "updated": 0, "deleted": deleted});
    let net = |missing: u64, new: u64| json!({"missing": missing, "new": new, "different": 0});
    let none = (gross(0, 0), net(0, 0));
    let first = [("documents".to_owned(), none.0, none.1), ("people".to_owned(), gross(0, 3), net(3, 0))];
    assert_eq!(rows(&report, 0), first);
    let second =
        [("documents".to_owned(), gross(0, 1), net(1, 0)), ("people".to_owned(), gross(5, 0), net(0, 5))];
    assert_eq!(rows(&report, 1), second);
    let findings = report["findings"].as_array().unwrap();
    assert_eq!(findings.len(), 1, "{findings:#?}");
    assert_eq!((&findings[0]["database"], &findings[0]["table"]), (&json!("other"), &json!("documents")));
    let at = |text: &str| shown.find(text).unwrap_or_else(|| panic!("{text}\n{shown}"));
    assert!(at("001-same.sql on db") < at("001-same.sql on other"));
    assert!(at("001-same.sql on other") < at("✘ rows_lost:"), "{shown}");

    let waits = report["traffic"]["migrations"].as_array().unwrap();
    assert_eq!((waits.len(), &waits[0]["statements"]), (2, &json!(0)), "{waits:#?}");
    assert_eq!(waits[1]["waits"][0]["table"], "documents", "{waits:#?}");
}

/// A second database on the server of the seed.
const PREPARED: [(&str, &str); 2] = [
    ("1.sql", "CREATE DATABASE audit"),
    (
        "2.sql",
        "CREATE EXTENSION dblink;
         SELECT dblink_exec('dbname=audit user=small', 'CREATE TABLE log (id int PRIMARY KEY, said text); CREATE TABLE visits (id int);
             INSERT INTO log SELECT n, ''line '' || n FROM generate_series(1, 100) n;
             INSERT INTO visits SELECT generate_series(1, 7)');",
    ),
];
/// Rows go, come and change there, a table is emptied and another one made; then databases come, go and get other names.
const ELSEWHERE: [(&str, &str); 3] = [
    (
        "001-rows.sql",
        "SELECT dblink_exec('dbname=audit user=small', 'DELETE FROM log WHERE id <= 30; INSERT INTO log SELECT generate_series(201, 205);
             UPDATE log SET said = ''x'' WHERE id BETWEEN 41 AND 50; UPDATE log SET said = said WHERE id = 60;
             TRUNCATE visits; CREATE TABLE extra AS SELECT 1 AS id');
         DELETE FROM people WHERE id = 1;",
    ),
    (
        "002-copy.sql",
        "SELECT dblink_exec('dbname=postgres user=small', 'CREATE DATABASE shadow TEMPLATE audit');
         SELECT dblink_exec('dbname=shadow user=small', 'DELETE FROM log WHERE id = 100');
         SELECT dblink_exec('dbname=audit user=small', 'DELETE FROM log WHERE id <= 45');",
    ),
    (
        "003-drop.sql",
        "SELECT dblink_exec('dbname=postgres user=small', 'ALTER DATABASE shadow RENAME TO shade');
         SELECT dblink_exec('dbname=postgres user=small', 'DROP DATABASE audit');",
    ),
];

#[test]
fn what_a_migration_does_to_another_database_of_its_server_is_told_and_judged() {
    let (_environments, stage) = changed("elsewhere", |folder| {
        copy(&repository("tests/environments/brief"), folder);
        let files = folder.join("migrations");
        std::fs::remove_dir_all(&files).unwrap();
        std::fs::create_dir(&files).unwrap();
        let written = PREPARED.iter().map(|(file, sql)| (folder.join(file), sql));
        for (path, sql) in written.chain(ELSEWHERE.iter().map(|(file, sql)| (files.join(file), sql))) {
            std::fs::write(path, sql).unwrap();
        }
        let text = "name: elsewhere
databases:
  db: {backup: backup.sql, masks: masks.yaml, prepare: [1.sql, 2.sql]}
migrations:
  - {database: db, sql: migrations}
guards: {rows_lost: {all: 10%, tables: {audit.public.visits: off}}}
";
        std::fs::write(folder.join("stage.yaml"), text).unwrap();
    });
    let ran = stage.run(&["check", "elsewhere", "--json"]).exits(1);
    let report = ran.json();
    let told = |at: usize| -> Vec<Value> {
        let tables = report["migrations"][at]["tables"].as_array().unwrap().iter();
        let row = |it: &Value| {
            let name =
                format!("{} {}", it["elsewhere"].as_str().unwrap_or("-"), it["table"].as_str().unwrap());
            let [gross, net] = [&it["gross"], &it["net"]];
            json!([
                name,
                [&it["rows_in_seed"], &it["truncated"]],
                [&gross["inserted"], &gross["updated"], &gross["deleted"]],
                [&net["missing"], &net["new"], &net["different"]],
                it["events"],
            ])
        };
        tables.map(row).collect()
    };
    let first = json!([
        ["- people", [100, null], [0, 0, 1], [1, 0, 0], []],
        ["audit extra", [0, null], [1, 0, 0], [0, 1, 0], ["created"]],
        ["audit log", [100, null], [5, 11, 30], [30, 5, 10], []],
        ["audit visits", [7, 7], [0, 0, 0], [7, 0, 0], ["truncated"]],
    ]);
    assert_eq!(json!(told(0)), first);
    let second = json!([
        ["audit log", [100, null], [0, 0, 15], [45, 5, 5], []],
        ["shadow extra", [0, null], [0, 0, 0], [0, 1, 0], ["created"]],
        ["shadow log", [0, null], [0, 0, 1], [0, 74, 0], ["created"]],
        ["shadow visits", [0, null], [0, 0, 0], [0, 0, 0], ["created"]],
    ]);
    assert_eq!(json!(told(1)), second);
    assert_eq!(told(2).len(), 3, "{:?}", told(2));
    let events = |at: usize| report["migrations"][at]["databases"].clone();
    let event = |name: &str, event: &str, held: Value, from: Value| json!({"name": name, "event": event, "tables": held[0], "rows": held[1], "from": from});
    assert_eq!(events(0), json!([]));
    assert_eq!(events(1), json!([event("shadow", "created", Value::Null, Value::Null)]));
    let dropped = event("audit", "dropped", json!([2, 107]), Value::Null);
    assert_eq!(events(2), json!([dropped, event("shade", "renamed", Value::Null, json!("shadow"))]));
    let findings = report["findings"].as_array().unwrap().iter();
    let findings: Vec<String> = findings.map(|it| it["message"].as_str().unwrap().to_owned()).collect();
    let expected = [
        "none of the 7 rows of audit.public.visits is left",
        "the database audit is dropped, with 2 tables and 107 rows",
        "30 of 100 rows of audit.public.log are gone (30 %), the limit is 10 %",
        "45 of 100 rows of audit.public.log are gone (45 %, 15 more than before it), the limit is 10 %",
    ];
    assert_eq!(findings, expected);
    let doubts = |at: usize| report["migrations"][at]["doubts"].clone();
    assert_eq!([doubts(0), doubts(1), doubts(2)], [json!([]), json!([]), json!([])]);
}
