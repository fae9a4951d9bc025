//! Two databases in one environment, each with a backup and migrations of its own that are called alike.

use serde_json::{Value, json};

use super::bad_input::copy;
use super::engine::{assert_same, listing};
use super::stage::{Stage, repository};

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
                      INSERT INTO people SELECT generate_series(1, 5); SELECT pg_sleep(0.2);";

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
