//! dbmate: `20240101000000_name.sql` with `-- migrate:up` and `-- migrate:down`, in order of name.

use super::listing::Listing;
use super::sections::{Markers, way_up};
use crate::model::error::Result;
use crate::model::migration::Migration;

const MARKERS: Markers = Markers { tool: "dbmate", up: "migrate:up", down: "migrate:down", needs_down: true };

/// Every file whose name begins with digits, which are its version.
pub(super) fn read(listing: &Listing) -> Result<Vec<Migration>> {
    let mut migrations = Vec::new();
    for (name, text) in listing.sql() {
        let version: String = name.chars().take_while(char::is_ascii_digit).collect();
        if version.is_empty() {
            continue;
        }
        let up = way_up(listing, name, text, &MARKERS)?;
        let mut options = up.options.split_whitespace();
        migrations.push(Migration {
            sql: up.sql.to_owned(),
            transactional: !options.any(|option| option == "transaction:false"),
            ..listing.migration(name, version)
        });
    }
    Ok(migrations)
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
    fn files_run_in_order_of_name() {
        let text = "-- migrate:up\nSELECT 1;\n-- migrate:down\n";
        check(
            &[("20240201_b.sql", text), ("20240101_a.sql", text), ("seeds.sql", "x")],
            "20240101, 20240201",
        );
    }

    #[test]
    fn the_way_up_ends_at_the_way_down_and_keeps_its_places() {
        let text = "-- why\n\n-- migrate:up\nSELECT 1; -- migrate:down\n--migrate:down\nDROP TABLE t;\n";
        let read = read(&listing(&[("1_a.sql", text)])).unwrap();
        assert_eq!(read[0].sql, "-- why\n\n-- migrate:up\nSELECT 1; -- migrate:down\n");
    }

    #[test]
    fn options_stand_behind_the_marker() {
        let file = |option: &str| format!("-- migrate:up {option}\n-- migrate:down");
        check(&[("1_a.sql", &file("x:y transaction:false"))], "1 alone");
        check(&[("1_a.sql", &file("transaction:true"))], "1");
    }

    #[test]
    fn what_dbmate_refuses_is_told_with_its_place() {
        let down = "-- migrate:down";
        check(&[("1_a.sql", "SELECT 1;")], "/m/1_a.sql:1:1: a statement before `-- migrate:up`");
        check(&[("1_a.sql", down)], "/m/1_a.sql:1:1: the file has no `-- migrate:up`");
        check(&[("1_a.sql", "-- migrate:up")], "/m/1_a.sql:1:1: the file has no `-- migrate:down`");
        check(
            &[("1_a.sql", "-- a\nSELECT 1;\n-- migrate:up\n-- migrate:down")],
            "/m/1_a.sql:2:1: a statement before `-- migrate:up`",
        );
    }
}
