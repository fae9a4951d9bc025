//! goose: `00001_name.sql` with `-- +goose Up` and `-- +goose Down`, in order of number.

use super::detect::is_numbered;
use super::listing::{Listing, extension};
use super::sections::{Markers, way_up};
use crate::model::error::{Error, ErrorKind, Result};
use crate::model::migration::Migration;

const MARKERS: Markers = Markers { tool: "goose", up: "+goose Up", down: "+goose Down", needs_down: false };

/// Every numbered SQL file. Migrations in Go are refused by name: only goose can run them.
pub(super) fn read(listing: &Listing) -> Result<Vec<Migration>> {
    let is_go =
        |name: &&str| extension(name) == Some("go") && !name.ends_with("_test.go") && is_numbered(name);
    if let Some(name) = listing.others().find(is_go) {
        let error = Error::new(ErrorKind::Config, "a migration in Go, which only goose can run");
        return Err(error
            .at(listing.place(name, 1, 1))
            .hint("run goose itself, by `service` and `command` in `migrations`"));
    }
    let mut migrations: Vec<(u64, Migration)> = Vec::new();
    for (name, text) in listing.sql().filter(|(name, _)| is_numbered(name)) {
        let digits = name.split('_').next().unwrap_or_default();
        let version: u64 = digits.parse().ok().filter(|&version| version > 0).ok_or_else(|| {
            let message = format!("`{digits}` is no version of goose: a number from 1 on is");
            Error::new(ErrorKind::Config, message).at(listing.place(name, 1, 1))
        })?;
        if let Some(line) = annotation(text, "ENVSUB ON") {
            let error = Error::new(ErrorKind::Config, "`+goose ENVSUB` needs the environment of goose");
            return Err(error
                .at(listing.place(name, line, 1))
                .hint("run goose itself, by `service` and `command` in `migrations`"));
        }
        let migration = Migration {
            sql: way_up(listing, name, text, &MARKERS)?.sql.to_owned(),
            transactional: annotation(text, "NO TRANSACTION").is_none(),
            ..listing.migration(name, version.to_string())
        };
        migrations.push((version, migration));
    }
    migrations.sort_by_key(|(version, _)| *version);
    Ok(migrations.into_iter().map(|(_, migration)| migration).collect())
}

/// The line of `-- +goose WORDS`, from 1.
fn annotation(text: &str, words: &str) -> Option<usize> {
    let is_it = |line: &str| {
        let annotation = line.strip_prefix("--").and_then(|line| line.trim().strip_prefix("+goose"));
        annotation.is_some_and(|found| found.trim().eq_ignore_ascii_case(words))
    };
    text.lines().position(is_it).map(|line| line + 1)
}

#[cfg(test)]
mod tests {
    use super::super::samples::{listing, told};
    use super::*;

    #[track_caller]
    fn check(files: &[(&str, &str)], expected: &str) {
        assert_eq!(told(read(&listing(files))), expected);
    }

    #[test]
    fn files_run_in_order_of_number_and_may_go_without_a_transaction() {
        check(
            &[
                ("00010_c.sql", "-- +goose Up\nSELECT 1;"),
                ("9_b.sql", "-- +goose NO TRANSACTION\n-- +goose Up\nVACUUM;\n-- +goose Down\nSELECT 2;"),
                ("helpers.sql", "SELECT 3"),
            ],
            "9 alone, 10",
        );
    }

    #[test]
    fn the_way_up_ends_at_the_way_down() {
        let text = "-- +goose Up\n-- +goose StatementBegin\nSELECT 1;\n-- +goose StatementEnd\n-- +goose Down\nSELECT 2;";
        let read = read(&listing(&[("1_a.sql", text)])).unwrap();
        assert!(read[0].sql.ends_with("StatementEnd\n"), "{}", read[0].sql);
    }

    #[test]
    fn what_only_goose_can_run_is_refused_by_name() {
        let up = ("1_a.sql", "-- +goose Up\nSELECT 1;");
        check(&[up, ("2_b.go", "")], "/m/2_b.go:1:1: a migration in Go, which only goose can run");
        check(
            &[("1_a.sql", "-- +goose Up\n-- +goose ENVSUB ON\nSELECT 1;")],
            "/m/1_a.sql:2:1: `+goose ENVSUB` needs the environment of goose",
        );
        check(&[("0_a.sql", up.1)], "/m/0_a.sql:1:1: `0` is no version of goose: a number from 1 on is");
    }
}
