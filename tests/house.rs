//! The house rules of `src/` as tests: who may import whom, where effects may be, and what a tidy file looks like.
//!
//! The rules are functions over source text, so that planted violations can prove that each of them can fail.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot read the source has to stop"
)]

#[path = "house/effects.rs"]
mod effects;
#[path = "house/imports.rs"]
mod imports;
#[path = "house/paths.rs"]
mod paths;
#[path = "house/source.rs"]
mod source;
#[path = "house/tidy.rs"]
mod tidy;

use std::path::Path;

use source::Source;

/// A rule that is broken somewhere.
#[derive(Debug)]
struct Violation {
    place: String,
    message: String,
}

/// Every rule that looks at one file.
const RULES: [fn(&Source) -> Vec<Violation>; 3] = [imports::check, effects::check, tidy::check];

fn check(source: &Source) -> Vec<Violation> {
    RULES.iter().flat_map(|rule| rule(source)).collect()
}

fn assert_none(violations: &[Violation]) {
    let lines: Vec<String> =
        violations.iter().map(|it| format!("src/{}: {}", it.place, it.message)).collect();
    assert!(lines.is_empty(), "{} broken:\n{}", lines.len(), lines.join("\n"));
}

/// What a planted file says of itself: where it would stand in `src/`, and what it fails as.
struct Planted {
    source: Source,
    fails_as: Option<String>,
}

fn planted(folder: &str) -> Vec<Planted> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/house").join(folder);
    let read = |entry: std::io::Result<std::fs::DirEntry>| {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        let place = text.split('`').nth(1).expect("the place in src/, in backticks").to_owned();
        let fails_as = text.lines().find_map(|line| line.strip_prefix("//! Fails as: ")).map(str::to_owned);
        Planted { source: Source::parse(&place, &text, false), fails_as }
    };
    std::fs::read_dir(folder).unwrap().map(read).collect()
}

#[test]
fn every_room_keeps_the_rules() {
    let violations: Vec<Violation> = source::all().iter().flat_map(check).collect();
    assert_none(&violations);
}

#[test]
fn every_planted_violation_fails_as_it_says() {
    let planted = planted("planted");
    assert!(planted.len() >= 20, "only {} files are planted", planted.len());
    for Planted { source, fails_as } in planted {
        let expected = fails_as.expect("a line `Fails as:`");
        let violations = check(&source);
        let is_found = violations.iter().any(|it| it.message.contains(&expected));
        let are_all_meant = violations.iter().all(|it| it.message.contains(&expected));
        assert!(is_found && are_all_meant, "{}: expected `{expected}`, got {violations:#?}", source.text);
    }
}

#[test]
fn what_only_looks_like_a_violation_passes() {
    let planted = planted("clean");
    assert!(!planted.is_empty());
    for Planted { source, .. } in planted {
        assert_none(&check(&source));
    }
}

#[test]
fn every_file_belongs_to_the_crate() {
    assert_none(&source::unreached());
}

#[test]
fn the_import_table_has_every_room_and_no_other() {
    let mut rooms: Vec<String> =
        source::all().iter().filter(|it| it.path.contains('/')).map(|it| it.room().to_owned()).collect();
    rooms.dedup();
    let mut table: Vec<&str> =
        imports::TABLE.iter().map(|(room, _)| *room).filter(|room| *room != "main").collect();
    table.sort_unstable();
    assert_eq!(rooms, table);
}

#[test]
fn every_exception_is_still_needed() {
    assert_none(&tidy::stale_exceptions(&source::all()));
}
