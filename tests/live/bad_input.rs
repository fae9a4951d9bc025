//! Bad input: each kind has its own message and exit code, and nothing is left behind.

use std::fs;
use std::path::Path;

use super::engine::{assert_same, listing};
use super::stage::{Ran, Stage, repository};

/// A copy of the small environment in which one thing is wrong.
fn check_broken(change: impl Fn(&Path)) -> (Ran, Vec<String>) {
    let environments = tempfile::tempdir().unwrap();
    let folder = environments.path().join("small");
    copy(&repository("tests/environments/small"), &folder);
    change(&folder);
    let stage = Stage::with(environments.path().to_owned());
    let before = listing();
    let ran = stage.run(&["check", "small"]);
    let after = listing();
    let kept: Vec<String> = after
        .difference(&before)
        .filter(|line| line.starts_with("volume stage-seed-") || line.starts_with("subvolume "))
        .cloned()
        .collect();
    let rest: std::collections::BTreeSet<String> =
        after.into_iter().filter(|line| !kept.contains(line)).collect();
    assert_same(&before, &rest, &ran.stderr);
    for line in &kept {
        if let Some(key) = line.strip_prefix("volume stage-seed-") {
            stage.run(&["seed", "remove", key]).exits(0);
        }
    }
    (ran, kept)
}

/// Copies a folder with everything in it.
pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Replaces a part of a file, which must be there.
pub fn replace(file: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(file).unwrap();
    assert!(text.contains(from), "{from} is not in {}", file.display());
    fs::write(file, text.replace(from, to)).unwrap();
}

/// The change makes `stage` exit with `code` and say all of `words`; no seed is built for it.
#[track_caller]
fn refused(code: i32, words: &[&str], change: impl Fn(&Path)) {
    let (ran, kept) = check_broken(change);
    let ran = ran.exits(code);
    for word in words {
        assert!(ran.stderr.contains(word), "`{word}` is not said:\n{}", ran.stderr);
    }
    assert!(!ran.stderr.contains("private.example"), "a raw value was shown:\n{}", ran.stderr);
    assert!(kept.is_empty(), "a seed was left: {kept:?}");
}

#[test]
fn a_malformed_stage_yaml_is_told_with_its_place() {
    refused(2, &["stage.yaml:4:1", "not YAML"], |folder| {
        replace(&folder.join("stage.yaml"), "db: {backup", "db: {{backup");
    });
}

#[test]
fn an_unknown_key_is_told_with_what_was_meant() {
    refused(2, &["stage.yaml:2:1", "databses", "did you mean `databases`?"], |folder| {
        replace(&folder.join("stage.yaml"), "databases:", "databses:");
    });
}

#[test]
fn a_live_credential_stops_the_run_with_its_place_and_without_its_value() {
    let key = ["sk_li", "ve_8Kq2ZrT5wXc7LmB4nVh9JdPs"].concat();
    let live = |folder: &Path| {
        fs::write(folder.join("web.env"), format!("LEVEL=info\nSTRIPE_KEY={key}\n")).unwrap();
        replace(
            &folder.join("compose.yaml"),
            "    volumes: [\"files:/files\", /scratch]",
            "    env_file: web.env",
        );
    };
    let (ran, kept) = check_broken(live);
    let ran = ran.exits(2);
    let said = "web.env:2:1: `STRIPE_KEY` of service `web` looks like a live key of Stripe (stripe-live)";
    assert!(ran.stderr.contains(said), "{}", ran.stderr);
    assert!(!ran.stderr.contains("8Kq2") && ran.stdout.is_empty() && kept.is_empty(), "{}", ran.stderr);

    let (ran, _) = check_broken(|folder| {
        live(folder);
        let allow = "credentials: {allow: [{name: STRIPE_KEI, because: \"test account\"}]}\nsuite:";
        replace(&folder.join("stage.yaml"), "suite:", allow);
    });
    let ran = ran.exits(2);
    assert!(ran.stderr.contains("did you mean `STRIPE_KEY`?"), "{}", ran.stderr);
}

#[test]
fn a_missing_backup_is_an_error_of_the_backup() {
    refused(6, &["no backup matches"], |folder| fs::remove_file(folder.join("backup.sql")).unwrap());
}

#[test]
fn a_truncated_plain_backup_is_refused() {
    refused(6, &["backup.sql"], |folder| {
        let file = folder.join("backup.sql");
        let text = fs::read(&file).unwrap();
        fs::write(&file, &text[..text.len() / 2]).unwrap();
    });
}

#[test]
fn a_truncated_archive_is_refused() {
    refused(6, &["shop.dump"], |folder| {
        let archive = fs::read(repository("environments/incident/backups/shop.dump")).unwrap();
        fs::write(folder.join("shop.dump"), &archive[..archive.len() / 2]).unwrap();
        replace(&folder.join("stage.yaml"), "backup.sql", "shop.dump");
        fs::copy(repository("environments/incident/masks.yaml"), folder.join("masks.yaml")).unwrap();
    });
}

#[test]
fn a_file_that_is_no_backup_is_refused() {
    refused(6, &["backup.sql"], |folder| fs::write(folder.join("backup.sql"), [0_u8; 4096]).unwrap());
}

#[test]
fn a_mask_for_a_column_that_does_not_exist_is_refused() {
    refused(2, &["masks.yaml:4:", "emial", "did you mean `email`?"], |folder| {
        replace(&folder.join("masks.yaml"), "mask: {email: email,", "mask: {emial: email, email: email,");
    });
}

#[test]
fn a_column_without_a_rule_is_refused_by_name_with_a_proposal() {
    refused(3, &["people.email", "email: email"], |folder| {
        replace(&folder.join("masks.yaml"), "email: email, ", "");
    });
}

#[test]
fn a_migration_with_a_syntax_error_blocks_at_its_place() {
    let (ran, _) = check_broken(|folder| {
        fs::write(folder.join("migrations/001-mark.sql"), "UPDATE people\nSET email == 'x';\n").unwrap();
    });
    let ran = ran.exits(1);
    for word in ["BLOCKED", "001-mark.sql", "syntax error", "line 2, column 11"] {
        assert!(ran.stdout.contains(word), "`{word}` is not said:\n{}", ran.stdout);
    }
    assert!(ran.stdout.contains("002-add.sql"), "what did not run is not said:\n{}", ran.stdout);
}

#[test]
fn a_suite_that_hangs_is_ended_at_its_time() {
    let (ran, _) = check_broken(|folder| {
        replace(&folder.join("stage.yaml"), "timeout: 20s", "command: [sleep, \"300\"], timeout: 2s");
    });
    let ran = ran.exits(1);
    assert!(ran.stdout.contains("did not finish within 2 s"), "{}", ran.stdout);
}

#[test]
fn a_service_that_does_not_come_up_after_the_migrations_blocks() {
    let (ran, _) = check_broken(|folder| {
        replace(
            &folder.join("compose.yaml"),
            "command: [sleep, \"300\"]",
            "command: [sh, -c, \"echo no table; exit 3\"]",
        );
    });
    let ran = ran.exits(1);
    for word in ["web", "exited with 3", "no table"] {
        assert!(ran.stdout.contains(word), "`{word}` is not said:\n{}", ran.stdout);
    }
}

#[test]
fn no_docker_is_told_with_what_to_do() {
    let stage = Stage::of_the_tests();
    let before = listing();
    let output =
        stage.command(&["check", "small"]).env("DOCKER_HOST", "unix:///nonexistent/docker.sock").output();
    let ran = Ran::from(output.unwrap()).exits(5);
    assert!(
        ran.stderr.contains("no Docker Engine: the socket /nonexistent/docker.sock is not there"),
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.contains("hint: "), "{}", ran.stderr);
    assert_same(&before, &listing(), "without an engine");
}

#[test]
fn an_environment_that_is_not_there_is_told_with_what_was_meant() {
    let stage = Stage::of_the_tests();
    let ran = stage.run(&["check", "smal"]).exits(2);
    assert!(ran.stderr.contains("did you mean `small`?"), "{}", ran.stderr);
}
