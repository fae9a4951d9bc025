//! golang-migrate: `000001_name.up.sql` beside `000001_name.down.sql`, in order of number.

use super::listing::Listing;
use crate::model::error::{Error, ErrorKind, Result};
use crate::model::migration::Migration;

/// Every file that goes up. What is named otherwise the tool reads over.
pub(super) fn read(listing: &Listing) -> Result<Vec<Migration>> {
    let mut migrations: Vec<(u64, Migration)> = Vec::new();
    for (name, _) in listing.sql() {
        let Some((digits, rest)) = name.split_once('_') else { continue };
        let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        if !is_number || !rest.ends_with(".up.sql") {
            continue;
        }
        let version: u64 = digits.parse().map_err(|_| {
            let message = format!("`{digits}` is too large for a version of golang-migrate");
            Error::new(ErrorKind::Config, message).at(listing.place(name, 1, 1))
        })?;
        // It opens no transaction: a file of several statements is one, unless it says BEGIN and COMMIT itself.
        let migration = Migration { transactional: false, ..listing.migration(name, version.to_string()) };
        migrations.push((version, migration));
    }
    migrations.sort_by_key(|(version, _)| *version);
    Ok(migrations.into_iter().map(|(_, migration)| migration).collect())
}

#[cfg(test)]
mod tests {
    use super::super::samples::{listing, told};
    use super::*;

    #[test]
    fn pairs_run_in_order_of_number_and_never_down() {
        let files =
            ["10_c", "000002_b", "1_a"].map(|name| [format!("{name}.up.sql"), format!("{name}.down.sql")]);
        let mut files: Vec<(&str, &str)> = files.iter().flatten().map(|name| (name.as_str(), "")).collect();
        files.extend([("seed.sql", ""), ("x_y.up.sql", "")]);
        assert_eq!(told(read(&listing(&files))), "1 alone, 2 alone, 10 alone");
    }

    #[test]
    fn a_number_that_no_version_can_be_is_told_with_its_file() {
        assert_eq!(
            told(read(&listing(&[("99999999999999999999_a.up.sql", "")]))),
            "/m/99999999999999999999_a.up.sql:1:1: `99999999999999999999` is too large for a version of golang-migrate"
        );
    }
}
