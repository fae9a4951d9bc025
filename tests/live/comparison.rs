//! What services write and what the suite says, with the migrations and without them, as a user sees it.

use serde_json::{Value, json};

use super::engine::{assert_same, listing};
use super::stage::Stage;

/// A line of the report, without its indent and its time.
fn lines(report: &str) -> Vec<&str> {
    report.lines().map(str::trim).collect()
}

#[test]
fn an_app_that_fails_only_after_the_migration_is_told_beside_what_failed_before() {
    let stage = Stage::of_the_tests();
    stage.run(&["seed", "build", "compared"]).exits(0);
    let before = listing();
    let files = tempfile::tempdir().unwrap();
    let markdown = files.path().join("report.md");
    let arguments = ["check", "compared", "--markdown", markdown.to_str().unwrap()];
    let report = stage.run(&arguments).exits(1).stdout;
    assert_same(&before, &listing(), "after a check that compares");

    let told = lines(&report);
    for line in [
        "✘ app::birthday: no birthday",
        "✘ app::unfinished: never passed (fails before the migrations, too)",
        "logs 3 kinds of lines are new or far more frequent after the migrations",
        "✘ app, new, 3 times: ERROR: column \"born\" does not exist",
        "! app, new, 3 times: WARN: person 1 cannot be served from postgresql://small:***@db/small",
    ] {
        assert!(told.contains(&line), "{line}\n{report}");
    }
    // Three times for the app, and once for the suite.
    let of_database = told.iter().find(|line| line.starts_with("✘ db, new, 4 times: ")).unwrap();
    assert!(of_database.contains("ERROR: column \"born\" does not"), "{report}");
    let suites: Vec<&&str> = told.iter().filter(|line| line.contains("suite failed")).collect();
    assert!(suites[0].ends_with("with exit code 1: 2 failed, 0 passed"), "{report}");
    assert!(suites[1].starts_with("before the migrations the suite failed"), "{report}");
    assert!(suites[1].ends_with("with exit code 1: 1 failed, 1 passed"), "{report}");
    assert!(!report.contains("served person"), "what is as before is no news: {report}");

    let json = stage.run(&["report", "compared", "--json"]).exits(0).json();
    let comparison = &json["comparison"];
    let app: Vec<&Value> =
        comparison["logs"].as_array().unwrap().iter().filter(|it| it["service"] == "app").collect();
    assert_eq!(
        *app[0],
        json!({
            "service": "app", "level": "error", "template": "ERROR: column \"…\" does not exist",
            "example": "ERROR:  column \"born\" does not exist", "before": 0, "after": 3,
        })
    );
    assert_eq!(comparison["suite"]["failed"][0]["name"], "app::unfinished");
    assert_eq!(comparison["service_failure"], json!(null));
    let comment = std::fs::read_to_string(markdown).unwrap();
    let row = "| ❌ | `app` | new | 3 | `ERROR: column \"born\" does not exist` |";
    assert!(comment.contains(row), "{comment}");
    for told in [&report, &json.to_string(), &comment] {
        assert!(!told.contains("small-dev"), "a secret of the stack: {told}");
    }
}
