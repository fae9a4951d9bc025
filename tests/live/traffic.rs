//! How long migrations keep an app waiting, with traffic that waits for a time that is known, as a user sees it.

use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};

use super::bad_input::{copy, replace};
use super::engine::{assert_same, listing};
use super::stage::{Stage, repository, tell};

/// How long each of the migrations holds what it locks, in seconds.
const HELD_S: f64 = 0.4;
/// What a wait may be told too short by: a look that is held up may miss its beginning.
const TOLERANCE_S: f64 = 0.05;

const STAGE: &str = "name: busy
databases:
  db: {backup: ../small/backup.sql, masks: ../small/masks.yaml}
migrations:
  - {database: db, sql: migrations}
traffic: {pgbench: busy.sql, clients: 3}
";

/// Every statement of it writes a row.
const TRAFFIC: &str = "\\set id random(1, 3)
UPDATE people SET born = born + 1 WHERE id = :id;
SELECT count(*) FROM people;
";

const MIGRATIONS: [(&str, &str); 3] = [
    ("001-lock.sql", "MARK; ALTER TABLE people ADD COLUMN note text; ALL_WAIT; SELECT pg_sleep(0.4);"),
    ("002-rows.sql", "MARK; UPDATE people SET note = '' WHERE id = 3; ALL_WAIT; SELECT pg_sleep(0.4);"),
    ("003-none.sql", "MARK; CREATE TABLE fresh (id int); SELECT pg_sleep(0.1);"),
];

/// Leaves the time by the server's clock in a file, which the run with traffic, the last one, overwrites.
const MARK: &str = "COPY (SELECT extract(epoch FROM clock_timestamp())) TO '/marks/NAME'";

/// Goes on once every connection of the traffic, if there is any, waits for a lock.
pub const ALL_WAIT: &str = "DO $$ BEGIN FOR attempt IN 1..6000 LOOP
    EXIT WHEN (SELECT count(*) FROM pg_stat_activity WHERE application_name = 'pgbench') <=
        (SELECT count(*) FROM pg_locks WHERE NOT granted);
    PERFORM pg_sleep(0.005);
END LOOP; END $$";

#[test]
fn statements_that_wait_for_a_migration_are_counted_and_their_rows_are_nobodys() {
    let environments = tempfile::tempdir().unwrap();
    for name in ["small", "brief"] {
        copy(&repository("tests/environments").join(name), &environments.path().join(name));
    }
    let folder = environments.path().join("brief");
    std::fs::remove_dir_all(folder.join("migrations")).unwrap();
    std::fs::create_dir(folder.join("migrations")).unwrap();
    for (name, sql) in MIGRATIONS {
        let sql = sql.replace("MARK", &MARK.replace("NAME", name)).replace("ALL_WAIT", ALL_WAIT);
        std::fs::write(folder.join("migrations").join(name), sql).unwrap();
    }
    let marks = folder.join("marks");
    std::fs::create_dir(&marks).unwrap();
    std::fs::set_permissions(&marks, std::fs::Permissions::from_mode(0o777)).unwrap();
    let mounted = "volumes: [\"./marks:/marks\", \"data:/var/lib/postgresql/data\"]";
    replace(&folder.join("compose.yaml"), "volumes: [\"data:/var/lib/postgresql/data\"]", mounted);
    std::fs::write(folder.join("stage.yaml"), STAGE).unwrap();
    std::fs::write(folder.join("busy.sql"), TRAFFIC).unwrap();
    let stage = Stage::with(environments.path().to_owned());
    stage.run(&["seed", "build", "brief"]).exits(0);
    let before = listing();
    let markdown = environments.path().join("report.md");
    let shown = stage.run(&["check", "brief", "--markdown", markdown.to_str().unwrap()]).exits(0).stdout;
    assert_same(&before, &listing(), "after a check with traffic");

    let report = stage.run(&["report", "busy", "--json"]).exits(0).json();
    let traffic = &report["traffic"];
    assert_eq!((&traffic["command"], &traffic["doubts"]), (&json!("pgbench busy.sql"), &json!([])));
    let migrations = traffic["migrations"].as_array().unwrap();
    let names: Vec<&Value> = migrations.iter().map(|it| &it["name"]).collect();
    assert_eq!(names, ["001-lock.sql", "002-rows.sql", "003-none.sql"]);
    let at =
        |name: &str| -> f64 { std::fs::read_to_string(marks.join(name)).unwrap().trim().parse().unwrap() };
    for (of, pair) in migrations.iter().zip(MIGRATIONS.windows(2)) {
        let longest = of["longest_s"].as_f64().unwrap();
        let (name, around) = (pair[0].0, at(pair[1].0) - at(pair[0].0));
        tell(&format!(
            "traffic: {name} held for {HELD_S} s of {around:.3} s, statements waited for up to {longest:.3} s: {of}"
        ));
        assert!(longest >= HELD_S - TOLERANCE_S && longest <= around, "{around} s: {of}");
        assert!(of["statements_seen"].as_u64().unwrap() > 0, "{of}");
        let total = of["total_s"].as_f64().unwrap();
        assert!(total >= longest && total <= 3.0 * around, "three connections in {around} s: {of}");
    }
    // Each of three connections meets the lock once, with whatever statement comes next.
    assert_eq!(migrations[0]["statements"], 3, "{migrations:#?}");
    assert!(migrations[0]["waits"].as_array().unwrap().iter().all(|it| it["table"] == "people"));
    let of_rows = &migrations[1]["waits"];
    assert_eq!((&of_rows[0]["table"], &of_rows[0]["access"]), (&json!("people"), &json!("writes")));
    assert_eq!((&migrations[2]["statements"], &migrations[2]["waits"]), (&json!(0), &json!([])));

    // What the traffic wrote is in no clone that was measured.
    for (at, updated) in [(0, 0), (1, 1)] {
        let people = &report["migrations"][at]["tables"][0];
        assert_eq!(people["gross"], json!({"inserted": 0, "updated": updated, "deleted": 0}), "{people}");
        assert_eq!(people["columns_changed"], json!([]), "the traffic changes `born`: {people}");
    }

    for it in migrations[..2].iter().map(|of| &of["waits"][0]) {
        let (access, longest) = (it["access"].as_str().unwrap(), it["longest_s"].as_f64().unwrap());
        let word = if access == "reads" { "of" } else { "to" };
        let told = format!("traffic: {access} {word} people would have waited up to {longest:.2} s");
        assert!(shown.contains(&told), "{told}\n{shown}");
    }
    assert!(shown.contains("traffic: nothing would have waited"), "{shown}");
    assert!(shown.contains("traffic `pgbench busy.sql` ran beside 3 migrations once more"), "{shown}");
    let comment = std::fs::read_to_string(markdown).unwrap();
    assert!(comment.contains("| `002-rows.sql` | writes to people |"), "{comment}");
}
