//! diesel: a folder each, `2024-01-01-000000_name/up.sql`, with a `metadata.toml` that may opt out of the transaction.

use super::listing::Listing;
use crate::model::error::{Error, ErrorKind, Result};
use crate::model::migration::Migration;

/// Whether a file is one that diesel reads to migrate.
pub(super) fn is_part(name: &str) -> bool {
    name.split_once('/').is_some_and(|(_, file)| matches!(file, "up.sql" | "metadata.toml"))
}

/// Folders with an `up.sql`, in order of version: what stands before the first `_`, without its hyphens.
pub(super) fn read(listing: &Listing) -> Result<Vec<Migration>> {
    let mut migrations = Vec::new();
    for (name, _) in listing.files() {
        let Some((folder, "up.sql")) = name.split_once('/') else { continue };
        let version = folder.split('_').next().unwrap_or_default().replace('-', "");
        migrations.push(Migration {
            name: folder.to_owned(),
            transactional: wants_transaction(listing, folder)?,
            ..listing.migration(name, version)
        });
    }
    migrations.sort_by(|one, other| one.version.cmp(&other.version));
    Ok(migrations)
}

/// Without a `metadata.toml` yes; with one only if it says so, as diesel takes a missing key for false.
fn wants_transaction(listing: &Listing, folder: &str) -> Result<bool> {
    let file = format!("{folder}/metadata.toml");
    let Some(text) = listing.text(&file) else { return Ok(true) };
    for (line, setting) in text.lines().enumerate() {
        let setting = setting.split('#').next().unwrap_or_default().trim();
        let Some((key, value)) = setting.split_once('=') else { continue };
        if key.trim() != "run_in_transaction" {
            continue;
        }
        return value.trim().parse().map_err(|_| {
            let message = format!("`run_in_transaction` is `true` or `false`, found `{}`", value.trim());
            Error::new(ErrorKind::Config, message).at(listing.place(&file, line + 1, 1))
        });
    }
    Ok(false)
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
    fn folders_run_in_order_of_date_and_never_down() {
        check(
            &[
                ("2024-02-01-120000_b/up.sql", ""),
                ("2024-02-01-120000_b/down.sql", ""),
                ("00000000000000_diesel_initial_setup/up.sql", ""),
                ("notes/readme.md", ""),
                ("2024-01-01-000000_a/up.sql", ""),
            ],
            "00000000000000, 20240101000000, 20240201120000",
        );
    }

    #[test]
    fn a_folder_opts_out_of_its_transaction_by_its_metadata() {
        let check = |metadata, expected| {
            check(&[("1_a/up.sql", ""), ("1_a/metadata.toml", metadata)], expected);
        };
        check("run_in_transaction = false", "1 alone");
        check("# why\nrun_in_transaction=true # yes", "1");
        check("", "1 alone");
        check(
            "run_in_transaction = no",
            "/m/1_a/metadata.toml:1:1: `run_in_transaction` is `true` or `false`, found `no`",
        );
    }
}
