//! Whose layout a folder has, from names and markers alone. Where two tools may be meant, the user says which.

use super::listing::{Listing, is_sql};
use super::{diesel, flyway};
use crate::model::error::{Error, ErrorKind, Result};
use crate::model::migration::MigrationLayout;

/// The first file of each shape.
#[derive(Default)]
struct Shapes<'a> {
    diesel: Option<&'a str>,
    dbmate: Option<&'a str>,
    flyway: Option<&'a str>,
    goose: Option<&'a str>,
    /// `<digits>_<name>.up.sql` or `.down.sql`.
    pair: Option<&'a str>,
    /// `<digits>_<name>.sql`.
    numbered: Option<&'a str>,
    other: Option<&'a str>,
    /// Anything that is named as the way back of another.
    down: Option<&'a str>,
}

/// The layout that the files show; two that fit equally well are an error that names both.
pub(super) fn layout(listing: &Listing) -> Result<MigrationLayout> {
    let candidates = candidates(&shapes(listing));
    match candidates.as_slice() {
        [] => Ok(MigrationLayout::Plain),
        [(layout, _)] => Ok(*layout),
        [(one, first), (other, second), ..] => {
            let folder = listing.folder().display();
            let message = if first == second {
                format!("`{folder}` may be laid out for {one} or for {other}: `{first}` fits both")
            } else {
                format!("`{folder}` is laid out for {one} (`{first}`) and for {other} (`{second}`)")
            };
            Err(Error::new(ErrorKind::Config, message)
                .hint(format!("say which it is, with `layout: {one}` or `layout: {other}` beside `sql`")))
        }
    }
}

fn shapes(listing: &Listing) -> Shapes<'_> {
    let mut shapes = Shapes::default();
    for (name, text) in listing.files() {
        let place = if diesel::is_part(name) {
            &mut shapes.diesel
        } else if is_flyway(name) {
            &mut shapes.flyway
        } else if name.contains('/') || !is_sql(name) {
            continue;
        } else if has_marker(text, "+goose Up") {
            &mut shapes.goose
        } else if has_marker(text, "migrate:up") {
            &mut shapes.dbmate
        } else if !is_numbered(name) {
            &mut shapes.other
        } else if name.ends_with(".up.sql") || name.ends_with(".down.sql") {
            &mut shapes.pair
        } else {
            &mut shapes.numbered
        };
        place.get_or_insert(name);
        if is_way_down(name) {
            shapes.down.get_or_insert(name);
        }
    }
    shapes
}

/// Whether a name says that the file takes a migration back, whatever tool may have named it.
fn is_way_down(name: &str) -> bool {
    let stem = name.strip_suffix(".sql").unwrap_or(name);
    [".down", "-down", "_down"].iter().any(|end| stem.ends_with(end))
}

fn candidates<'a>(shapes: &Shapes<'a>) -> Vec<(MigrationLayout, &'a str)> {
    use MigrationLayout::{Dbmate, Diesel, Flyway, GolangMigrate, Goose, Plain, Sqlx};
    let named =
        [(Diesel, shapes.diesel), (Dbmate, shapes.dbmate), (Flyway, shapes.flyway), (Goose, shapes.goose)];
    let mut found: Vec<_> =
        named.into_iter().filter_map(|(layout, example)| Some((layout, example?))).collect();
    // Flyway, dbmate and goose read over what is not named in their way, and so would nobody run it.
    let is_read_over = shapes.flyway.is_some() || shapes.dbmate.is_some() || shapes.goose.is_some();
    let others = shapes.other.filter(|_| !is_read_over);
    match (shapes.numbered, shapes.pair, others) {
        // Run in order of name, one of a pair would undo the other.
        (_, Some(pair), Some(other)) => found.extend([(Sqlx, pair), (Plain, other)]),
        (_, None, Some(other)) => {
            found.push((Plain, other));
            // Pairs of no tool that is known: in order of name, the way down would run as well.
            found.extend(shapes.down.map(|down| (GolangMigrate, down)));
        }
        (Some(numbered), _, None) => found.push((Sqlx, numbered)),
        (None, Some(pair), None) => found.extend([(Sqlx, pair), (GolangMigrate, pair)]),
        (None, None, None) => {}
    }
    found
}

/// Whether a file of any folder is one of Flyway's: `V1.2__name.sql` or `R__name.sql`.
pub(super) fn is_flyway(name: &str) -> bool {
    flyway::script(name).is_some()
}

/// Whether a file is named `<digits>_<name>.<extension>`.
pub(super) fn is_numbered(name: &str) -> bool {
    name.split_once('_').is_some_and(|(version, rest)| {
        let is_named = rest.rsplit_once('.').is_some_and(|(stem, _)| !stem.is_empty());
        is_named && !version.is_empty() && version.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// Whether a line is a comment that begins with `marker`.
fn has_marker(text: &str, marker: &str) -> bool {
    text.lines().any(|line| {
        let comment = line.trim_start().strip_prefix("--").map(str::trim_start);
        comment.is_some_and(|comment| comment.starts_with(marker))
    })
}

#[cfg(test)]
mod tests {
    use super::super::samples::listing;
    use super::*;

    #[track_caller]
    fn check(files: &[(&str, &str)], expected: &str) {
        let told = layout(&listing(files));
        let told = told.map_or_else(|problem| problem.to_string(), |layout| layout.to_string());
        assert_eq!(told, expected);
    }

    #[test]
    fn names_and_markers_show_the_tool() {
        check(&[("2024-01-01-000000_a/up.sql", ""), ("2024-01-01-000000_a/down.sql", "")], "diesel");
        check(&[("20240101000000_a.sql", "-- migrate:up\n-- migrate:down")], "dbmate");
        check(&[("00001_a.sql", "-- +goose Up\n-- +goose Down")], "goose");
        check(&[("V1__a.sql", ""), ("U1__a.sql", ""), ("notes.sql", "")], "flyway");
        check(&[("0001_a.sql", ""), ("0002_b.up.sql", ""), ("0002_b.down.sql", "")], "sqlx");
        check(&[("001-a.sql", ""), ("002_b.sql", "")], "plain");
        check(&[], "plain");
    }

    #[test]
    fn pairs_are_sqlx_or_golang_migrate_and_the_user_says_which() {
        check(
            &[("1_a.up.sql", ""), ("1_a.down.sql", "")],
            "`/m` may be laid out for sqlx or for golang-migrate: `1_a.down.sql` fits both",
        );
        let error = layout(&listing(&[("1_a.up.sql", "")])).unwrap_err();
        assert_eq!(
            error.hints,
            ["say which it is, with `layout: sqlx` or `layout: golang-migrate` beside `sql`"]
        );
    }

    #[test]
    fn a_folder_of_two_tools_is_told_with_a_file_of_each() {
        check(
            &[("1_a.sql", "-- migrate:up"), ("2_b.sql", "SELECT 1")],
            "`/m` is laid out for dbmate (`1_a.sql`) and for sqlx (`2_b.sql`)",
        );
        check(
            &[("V1__a.sql", ""), ("2_b.sql", "")],
            "`/m` is laid out for flyway (`V1__a.sql`) and for sqlx (`2_b.sql`)",
        );
        check(
            &[("1_a/up.sql", ""), ("extra.sql", "")],
            "`/m` is laid out for diesel (`1_a/up.sql`) and for plain (`extra.sql`)",
        );
        check(
            &[("1_a.up.sql", ""), ("extra.sql", "")],
            "`/m` is laid out for sqlx (`1_a.up.sql`) and for plain (`extra.sql`)",
        );
    }
}
