//! The main job on its real input: the incident is blocked, the repaired script passes, and every figure is true.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use serde_json::Value;

use super::engine::{assert_same, container, listing, psql};
use super::stage::{Ran, Stage};

/// A check of the incident that nobody disturbed, and which several tests look at.
pub struct Checked {
    /// What it printed.
    pub report: Value,
    /// All that it wrote: its output, a log that misses nothing, its reports and its state folder.
    pub files: Vec<(PathBuf, Vec<u8>)>,
}

/// The first check of the incident, whichever test asks for it first.
pub fn checked(stage: &Stage) -> &'static Checked {
    static CHECKED: OnceLock<Checked> = OnceLock::new();
    CHECKED.get_or_init(|| {
        stage.run(&["seed", "build", "incident"]).exits(0);
        let before = listing();
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
        let mut command = stage.command(&["check", "incident", "--json"]);
        command.args(["--markdown", &file("r.md"), "--junit", &file("r.xml")]);
        command.env("STAGE_LOG", "trace").env("STAGE_STATE", file("state"));
        let ran = Ran::from(command.output().unwrap()).exits(1);
        assert_same(&before, &listing(), "after the first check");
        std::fs::write(file("stdout"), &ran.stdout).unwrap();
        std::fs::write(file("stderr"), &ran.stderr).unwrap();
        let mut files = Vec::new();
        read_all(folder.path(), &mut files);
        Checked { report: ran.json(), files }
    })
}

fn read_all(folder: &Path, files: &mut Vec<(PathBuf, Vec<u8>)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read_all(&path, files);
        } else {
            files.push((path.clone(), std::fs::read(&path).unwrap()));
        }
    }
}

/// The figures of a report by migration and table, without times.
fn figures(report: &Value) -> BTreeMap<String, Value> {
    let mut figures = BTreeMap::new();
    for migration in report["migrations"].as_array().unwrap() {
        let name = migration["name"].as_str().unwrap();
        for table in migration["tables"].as_array().unwrap() {
            figures.insert(format!("{name} {}", table["table"].as_str().unwrap()), table.clone());
        }
    }
    figures
}

#[test]
fn the_incident_is_blocked_twice_with_the_same_figures_and_the_mended_script_passes() {
    let stage = Stage::of_the_demo();
    let first = &checked(&stage).report;
    let before = listing();
    let second = stage.run(&["check", "incident", "--json"]).exits(1).json();
    assert_same(&before, &listing(), "after the second check");
    assert_eq!(figures(first), figures(&second));

    let findings = first["findings"].as_array().unwrap();
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert_eq!(findings[0]["guard"], "rows_lost");
    assert_eq!(findings[0]["table"], "item_datafeed");
    assert_eq!(findings[0]["migration"], "0005_remove_duplicate_feed_items.sql");
    assert_eq!(first["suite"]["is_passed"], true, "the suite alone would have let it pass");

    let files = tempfile::tempdir().unwrap();
    let markdown = files.path().join("report.md");
    let junit = files.path().join("report.xml");
    let mended = stage
        .run(&[
            "check",
            "mended",
            "--markdown",
            markdown.to_str().unwrap(),
            "--junit",
            junit.to_str().unwrap(),
        ])
        .exits(0);
    assert!(mended.stdout.contains("PASSED"), "{}", mended.stdout);
    assert!(std::fs::read_to_string(markdown).unwrap().contains("item_datafeed"));
    assert!(std::fs::read_to_string(junit).unwrap().contains("<testsuite"));
    assert_same(&before, &listing(), "after the mended check");
}

/// Rows of a table by key, each as the server prints it: nothing of this is shared with `stage`.
fn rows(container: &str, table: &str, key: &str, columns: &str) -> HashMap<String, String> {
    let sql = format!("COPY (SELECT {key}, md5(ROW({columns})::text) FROM {table}) TO STDOUT");
    psql(container, "shop", &sql)
        .lines()
        .map(|line| {
            let (key, row) = line.rsplit_once('\t').unwrap();
            (key.to_owned(), row.to_owned())
        })
        .collect()
}

#[test]
fn the_figures_equal_a_full_comparison_by_plain_sql_of_every_table() {
    let stage = Stage::of_the_demo();
    let report = &checked(&stage).report;
    let before = listing();

    // The app's own traffic during the suite would blur the comparison: it is killed as soon as the meter has closed.
    let killed = stage.run_with_fault("kill-before:close#1", &["check", "incident"]);
    assert_eq!(killed.code, None, "{}", killed.stderr);
    let live = container("stage-incident-", "-db");
    let untouched = container("stage-incident-", "-db-before");

    let keys = "SELECT i.indrelid::regclass, string_agg(quote_ident(a.attname), ',' ORDER BY array_position(i.indkey::int[], a.attnum::int))
        FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
        JOIN pg_class c ON c.oid = i.indrelid WHERE i.indisprimary AND c.relnamespace = 'public'::regnamespace AND c.relname <> '_sqlx_migrations' GROUP BY 1";
    let mut last: BTreeMap<String, Value> = BTreeMap::new();
    for migration in report["migrations"].as_array().unwrap() {
        for table in migration["tables"].as_array().unwrap() {
            last.insert(table["table"].as_str().unwrap().to_owned(), table.clone());
        }
    }
    let mut compared = 0;
    for line in psql(&untouched, "shop", keys).lines() {
        let (table, key) = line.split_once('|').unwrap();
        let columns = psql(
            &untouched,
            "shop",
            &format!(
                "SELECT string_agg(quote_ident(attname), ',' ORDER BY attnum) FROM pg_attribute WHERE attrelid = '{table}'::regclass AND attnum > 0 AND NOT attisdropped"
            ),
        );
        let seed = rows(&untouched, table, key, columns.trim());
        let migrated = rows(&live, table, key, columns.trim());
        let missing = seed.keys().filter(|key| !migrated.contains_key(*key)).count();
        let new = migrated.keys().filter(|key| !seed.contains_key(*key)).count();
        let different =
            seed.iter().filter(|(key, row)| migrated.get(*key).is_some_and(|other| other != *row)).count();
        compared += 1;
        match last.get(table) {
            Some(told) => {
                assert_eq!(told["rows_in_seed"], seed.len(), "{table}");
                assert_eq!(told["net"]["missing"], missing, "{table}");
                assert_eq!(told["net"]["new"], new, "{table}");
                assert_eq!(told["net"]["different"], different, "{table}");
            }
            None => {
                assert_eq!((missing, new, different), (0, 0, 0), "{table} changed and the report is silent");
            }
        }
    }
    assert!(compared >= 10, "only {compared} tables were compared");
    assert!(last.len() >= 3, "{last:?}");

    stage.run(&["sweep"]).exits(0);
    assert_same(&before, &listing(), "after the sweep");
}
