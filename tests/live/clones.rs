//! How clones are made, as a user chooses and sees it.

use std::process::Command;

use super::engine::{assert_same, listing, output_of};
use super::stage::Stage;

/// Removes a pool on the engine's own disk, which no command of `stage` does.
struct CopyPool;

impl Drop for CopyPool {
    fn drop(&mut self) {
        let arguments = ["rm --force --volumes stage-pool-copy-keeper", "volume rm --force stage-pool-copy"];
        for arguments in arguments {
            // What is left shows in the listing that the test compares.
            let _ = Command::new("docker").args(arguments.split(' ')).output();
        }
    }
}

#[test]
fn a_check_on_full_copies_builds_a_seed_of_its_own_and_leaves_that_of_others_alone() {
    let stage = Stage::of_the_tests();
    stage.run(&["seed", "build", "small"]).exits(0);
    let before = listing();
    {
        let _pool = CopyPool;
        let checked = stage.run(&["check", "small", "--clones", "copy", "--json"]).exits(0).json();
        assert_eq!(checked["seeds"][0]["reused"], false, "that of another driver is none: {checked:#}");
        let key = checked["seeds"][0]["key"].as_str().unwrap().to_owned();
        let again = stage.run(&["check", "small", "--clones", "copy", "--json"]).exits(0).json();
        assert_eq!(again["seeds"][0]["reused"], true);
        // Neither a sweep nor the removal of a seed needs to be told how it was made.
        stage.run(&["sweep"]).exits(0);
        stage.run(&["check", "small", "--clones", "copy"]).exits(0);
        stage.run(&["seed", "remove", &key]).exits(0);
        let clones =
            output_of("docker", &["exec", "stage-pool-copy-keeper", "find", "/pool", "-mindepth", "2"]);
        assert_eq!(clones, "", "nothing is left in it");
    }
    assert_same(&before, &listing(), "after checks on full copies");
    let ours = stage.run(&["check", "small", "--json"]).exits(0).json();
    assert_eq!(ours["seeds"][0]["reused"], true, "the other seed was left alone");
}

#[test]
fn doctor_names_the_engine_the_driver_and_its_reasons() {
    let stage = Stage::of_the_tests();
    let before = listing();
    let found = stage.run(&["doctor", "--json"]).exits(0).json();
    assert_same(&before, &listing(), "doctor only looks");
    assert_eq!(found["can_check"], true, "{found:#}");
    let text = |name: &str| {
        let findings = found["findings"].as_array().unwrap();
        let finding = findings.iter().find(|finding| finding["name"] == name);
        finding.unwrap_or_else(|| panic!("no `{name}`: {found:#}"))["text"].as_str().unwrap().to_owned()
    };
    assert!(text("engine").contains("Docker Engine"), "{found:#}");
    for name in ["storage", "kernel", "memory", "disk", "pool", "helper image", "addresses", "seeds"] {
        assert!(!text(name).is_empty(), "{name}");
    }
    let (driver, _) =
        text("clones").split_once(':').map(|(driver, why)| (driver.to_owned(), why.to_owned())).unwrap();
    for other in ["reflink", "btrfs", "xfs", "copy"] {
        if other != driver {
            let text = text(&format!("clones by {other}"));
            assert!(
                text.starts_with("passed over: ") || text.starts_with("not taken, but would work: "),
                "{text}"
            );
        }
    }
    let shown = stage.run(&["doctor"]).exits(0).stdout;
    assert!(shown.ends_with("a check can run here\n"), "{shown}");
    let refused = stage.run(&["doctor", "--clones", "zfs"]).exits(2).stderr;
    assert!(refused.contains("[possible values: auto, reflink, btrfs, xfs, copy]"), "{refused}");
}
