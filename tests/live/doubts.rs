//! Witnesses that disagree: a run that cannot say what happened never passes.

use std::fs;
use std::path::Path;

use super::engine::{assert_same, listing};
use super::stage::changed;

/// Deletes rows of a table that the server takes for unlogged while that lasts, so that its log has nothing of it. A
/// superuser can write to the catalogue; a defect of the log, or of its reader, would look the same.
const HIDDEN: &str = "UPDATE people SET born = born + 1 WHERE id <= 20;\n\
    UPDATE pg_class SET relpersistence = 'u' WHERE oid = 'people'::regclass;\n\
    DELETE FROM people WHERE id > 90;\n\
    UPDATE pg_class SET relpersistence = 'p' WHERE oid = 'people'::regclass;\n";

#[test]
fn a_run_whose_witnesses_disagree_says_why_and_ends_in_8() {
    let (_environments, stage) = changed("doubted", |folder: &Path| {
        let files = folder.join("migrations");
        fs::remove_dir_all(&files).unwrap();
        fs::create_dir(&files).unwrap();
        fs::write(files.join("001-hide.sql"), HIDDEN).unwrap();
    });
    stage.run(&["seed", "build", "doubted"]).exits(0);
    let before = listing();
    let files = tempfile::tempdir().unwrap();
    let [markdown, junit] = ["report.md", "report.xml"].map(|name| files.path().join(name));
    let [markdown_path, junit_path] = [&markdown, &junit].map(|path| path.to_str().unwrap());
    let ran = stage
        .run(&["check", "doubted", "--json", "--markdown", markdown_path, "--junit", junit_path])
        .exits(8);
    let report = ran.json();
    assert_eq!((&report["verdict"], &report["exit_code"]), (&"unverified".into(), &8.into()));
    assert_eq!(report["findings"], serde_json::json!([]), "no guard is broken, as far as anybody knows");
    assert_eq!(report["suite"]["is_passed"], true);
    let doubt = "people: 100 rows in the seed, 0 missing and 0 new, but 90 are there now";
    assert_eq!(report["migrations"][0]["doubts"], serde_json::json!([doubt]));
    assert!(fs::read_to_string(markdown).unwrap().contains(doubt));
    assert!(fs::read_to_string(junit).unwrap().contains(doubt));
    let shown = stage.run(&["check", "doubted"]).exits(8);
    assert!(shown.stdout.contains("could not verify:"), "{}", shown.stdout);
    assert!(!shown.stdout.contains("PASSED"), "{}", shown.stdout);
    assert_same(&before, &listing(), "after two runs that could not be verified");
}
