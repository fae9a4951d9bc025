//! A folder of migrations: which tool's layout it has, and what is in it, in the order in which it runs.
//!
//! This file reads the folder; one file a layout says what its files mean.

mod dbmate;
mod detect;
mod diesel;
mod flyway;
mod golang_migrate;
mod goose;
mod listing;
mod plain;
mod sections;
mod sqlx_layout;

use std::collections::BTreeMap;

use crate::model::environment::MigrationFolder;
use crate::model::error::{Error, ErrorKind, Result};
use crate::model::migration::{Migration, MigrationLayout};
use listing::Listing;

/// Reads a folder, as the layout that was said or else the one that its files show.
pub fn read(folder: &MigrationFolder) -> Result<(MigrationLayout, Vec<Migration>)> {
    let listing = Listing::read(folder)?;
    let layout = match folder.layout {
        Some(layout) => layout,
        None => detect::layout(&listing)?,
    };
    let migrations = match layout {
        MigrationLayout::Sqlx => sqlx_layout::read(&listing)?,
        MigrationLayout::Diesel => diesel::read(&listing)?,
        MigrationLayout::GolangMigrate => golang_migrate::read(&listing)?,
        MigrationLayout::Dbmate => dbmate::read(&listing)?,
        MigrationLayout::Flyway => flyway::read(&listing)?,
        MigrationLayout::Goose => goose::read(&listing)?,
        MigrationLayout::Plain => plain::read(&listing),
    };
    if migrations.is_empty() {
        // To say that nothing is pending would be a pass for what was never looked at.
        refuse_strangers(&listing, layout)?;
    }
    refuse_twins(&migrations)?;
    Ok((layout, migrations))
}

/// An error if the folder holds something, and nothing of it is a migration of this layout.
fn refuse_strangers(listing: &Listing, layout: MigrationLayout) -> Result<()> {
    let Some(stranger) = listing.stranger() else { return Ok(()) };
    let folder = listing.folder().display();
    let message = match layout {
        MigrationLayout::Plain => format!("no SQL file is in `{folder}`, but `{stranger}` is"),
        _ => format!("nothing in `{folder}` is a migration of {layout}: `{stranger}` is not"),
    };
    Err(Error::new(ErrorKind::Config, message).hint(
        "what is no SQL file is run by its own tool: `{database: …, service: …, command: […]}` in `migrations`",
    ))
}

fn refuse_twins(migrations: &[Migration]) -> Result<()> {
    let mut known: BTreeMap<&str, &str> = BTreeMap::new();
    for migration in migrations {
        if let Some(twin) = known.insert(&migration.version, &migration.name) {
            let message = format!(
                "two migrations have the version {}: `{twin}` and `{}`",
                migration.version, migration.name
            );
            return Err(Error::new(ErrorKind::Config, message).hint("rename the newer one"));
        }
    }
    Ok(())
}

/// What the readers are tested with.
#[cfg(test)]
mod samples {
    use super::{Listing, Migration, Result};

    /// Versions, in the order in which they run, or the problem with its place.
    pub(super) fn told(read: Result<Vec<Migration>>) -> String {
        let text = |migration: Migration| {
            let how = if migration.transactional { "" } else { " alone" };
            format!("{}{how}", migration.version)
        };
        read.map_or_else(
            |problem| problem.to_string(),
            |migrations| migrations.into_iter().map(text).collect::<Vec<_>>().join(", "),
        )
    }

    /// A folder `/m` of these files.
    pub(super) fn listing(files: &[(&str, &str)]) -> Listing {
        Listing::of("/m", files)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn folder(files: &[(&str, &str)]) -> (tempfile::TempDir, MigrationFolder) {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let directory = folder.path().to_owned();
        let source = MigrationFolder { database: "db".into(), directory, layout: None };
        (folder, source)
    }

    #[track_caller]
    fn check(files: &[(&str, &str)], layout: MigrationLayout, names: &[&str]) {
        let (_folder, source) = folder(files);
        let (found, migrations) = read(&source).unwrap();
        assert_eq!(found, layout);
        assert_eq!(migrations.iter().map(|migration| migration.name.as_str()).collect::<Vec<_>>(), names);
    }

    #[test]
    fn sqlx_folders_run_in_order_of_number_and_never_down() {
        check(
            &[
                ("10_c.sql", ""),
                ("9_b.up.sql", "up"),
                ("9_b.down.sql", "down"),
                ("1_a.sql", ""),
                ("readme.md", ""),
            ],
            MigrationLayout::Sqlx,
            &["1_a.sql", "9_b.up.sql", "10_c.sql"],
        );
    }

    #[test]
    fn folders_in_the_folder_are_read_where_their_layout_has_some() {
        let up = "2024-01-01-000000_make/up.sql";
        check(
            &[(up, "SELECT 1"), (".git/x/up.sql", "")],
            MigrationLayout::Diesel,
            &["2024-01-01-000000_make"],
        );
        check(
            &[("core/V1__a.sql", ""), ("shop/deep/V2__b.sql", ""), ("R__v.sql", "")],
            MigrationLayout::Flyway,
            &["core/V1__a.sql", "shop/deep/V2__b.sql", "R__v.sql"],
        );
    }

    #[test]
    fn any_other_name_makes_a_folder_plain_and_names_decide_the_order() {
        check(
            &[("002-b.sql", ""), ("001-a.sql", ""), ("010_c.sql", "")],
            MigrationLayout::Plain,
            &["001-a.sql", "002-b.sql", "010_c.sql"],
        );
        check(&[], MigrationLayout::Plain, &[]);
        check(&[(".gitkeep", ""), ("README.md", "")], MigrationLayout::Plain, &[]);
    }

    #[test]
    fn a_checksum_is_the_sha_384_of_the_bytes() {
        let (_folder, source) = folder(&[("a.sql", "abc")]);
        let (_, migrations) = read(&source).unwrap();
        // The example of FIPS 180-2 for SHA-384.
        assert!(migrations[0].checksum.starts_with("cb00753f45a35e8bb5a03d699ac65007272c32ab0eded163"));
    }

    #[test]
    fn files_say_themselves_that_they_want_no_transaction() {
        let (_folder, source) = folder(&[("1_a.sql", "-- no-transaction\nVACUUM"), ("2_b.sql", "SELECT 1")]);
        let (_, migrations) = read(&source).unwrap();
        assert_eq!(
            migrations.iter().map(|migration| migration.transactional).collect::<Vec<_>>(),
            [false, true]
        );
    }

    #[test]
    fn a_version_that_two_files_have_is_refused_by_both_names() {
        let (_folder, source) = folder(&[("1_a.sql", ""), ("1_b.sql", "")]);
        assert!(read(&source).unwrap_err().to_string().contains("two migrations have the version 1"));
    }

    #[test]
    fn a_folder_of_another_language_is_not_taken_for_one_in_which_nothing_is_pending() {
        for file in ["20240101_make.rb", "0001_initial.py", "20240101_init/migration.sql"] {
            let (_folder, source) = folder(&[(file, "")]);
            let error = read(&source).unwrap_err();
            assert!(error.message.contains(&format!("but `{file}` is")), "{error}");
            assert!(error.hints[0].contains("command"), "{error:?}");
        }
    }

    #[test]
    fn what_is_said_wins_over_what_is_seen_and_must_fit() {
        let (_folder, mut source) = folder(&[("1_a.up.sql", ""), ("1_a.down.sql", "")]);
        source.layout = Some(MigrationLayout::GolangMigrate);
        assert_eq!(read(&source).unwrap().0, MigrationLayout::GolangMigrate);
        source.layout = Some(MigrationLayout::Flyway);
        let error = read(&source).unwrap_err();
        assert!(error.message.contains("is a migration of flyway: `1_a.down.sql` is not"), "{error}");
    }
}
