//! The state folder: of this build's version, and with the reports of former checks.

use super::stage::Stage;

#[test]
fn the_report_of_a_check_can_be_read_again() {
    let stage = Stage::of_the_tests();
    let none = stage.run(&["report"]).exits(2);
    assert!(none.stderr.contains("no report is kept in this state folder"), "{}", none.stderr);
    let check = stage.run(&["check", "small", "--json"]).exits(0);
    let run = check.json()["run"].as_str().unwrap().to_owned();
    assert_eq!(stage.run(&["report", "--json"]).exits(0).stdout, check.stdout);
    assert_eq!(stage.run(&["report", "--run", &run, "--json"]).exits(0).stdout, check.stdout);
    let markdown = stage.run(&["report", "small"]).exits(0).stdout;
    assert!(markdown.contains(&run), "{markdown}");
    // Only the newest outlives a time of nothing.
    let second = stage.run(&["check", "small", "--json", "--keep-reports", "0"]).exits(0);
    stage.run(&["report", "--run", &run]).exits(2);
    assert_eq!(stage.run(&["report", "--json"]).exits(0).stdout, second.stdout);
}

#[test]
fn a_state_folder_of_a_newer_stage_is_refused_and_not_touched() {
    let stage = Stage::of_the_tests();
    std::fs::write(stage.state.path().join("format"), "2\n").unwrap();
    let before = stage.state_files();
    for arguments in [["check", "small"].as_slice(), &["sweep"], &["seed", "list"], &["report"]] {
        let refused = stage.run(arguments).exits(2);
        assert!(refused.stderr.contains("written by a newer stage"), "{}", refused.stderr);
    }
    assert_eq!(stage.state_files(), before);
}
