//! A folder of migrations: which layout it has, and what is in it, in the order in which it runs.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use sqlx::migrate::{MigrationType, Migrator};
use sqlx::{AssertSqlSafe, SqlSafeStr};

use crate::model::environment::MigrationSource;
use crate::model::error::{Error, ErrorKind, Result};
use crate::model::migration::{Migration, MigrationLayout};

/// The comment at the beginning of a file that opts out of a transaction, sqlx's own.
const NO_TRANSACTION: &str = "-- no-transaction";

/// Reads a folder. One in which every `.sql` file is named `<digits>_<name>.sql` is sqlx's, any other is plain.
pub fn read(source: &MigrationSource) -> Result<(MigrationLayout, Vec<Migration>)> {
    let files = sql_files(&source.directory)?;
    if !files.is_empty() && files.keys().all(|name| is_sqlx_name(name)) {
        Ok((MigrationLayout::Sqlx, read_sqlx(source, &files)?))
    } else {
        Ok((MigrationLayout::Plain, read_plain(source, &files)?))
    }
}

/// SQL files by name, in order of name. Links to files count as files.
fn sql_files(folder: &Path) -> Result<BTreeMap<String, PathBuf>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).map_err(|cause| unreadable(folder, cause))? {
        let path = entry.map_err(|cause| unreadable(folder, cause))?.path();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let is_sql = path.extension().is_some_and(|extension| extension == "sql");
        if is_sql && fs::metadata(&path).map_err(|cause| unreadable(&path, cause))?.is_file() {
            files.insert(name, path);
        }
    }
    Ok(files)
}

fn is_sqlx_name(name: &str) -> bool {
    name.split_once('_').is_some_and(|(version, rest)| {
        !version.is_empty() && version.bytes().all(|byte| byte.is_ascii_digit()) && rest.len() > ".sql".len()
    })
}

/// As sqlx itself resolves the folder: order, kinds and checksums are its own.
fn read_sqlx(source: &MigrationSource, files: &BTreeMap<String, PathBuf>) -> Result<Vec<Migration>> {
    let resolved = sqlx::migrate::resolve_blocking(&source.directory).map_err(|cause| {
        Error::new(
            ErrorKind::Config,
            format!("the migrations in `{}` cannot be read", source.directory.display()),
        )
        .because(cause)
    })?;
    let migrator = Migrator::with_migrations(resolved.into_iter().map(|(migration, _)| migration).collect());
    let mut migrations = Vec::new();
    for migration in migrator.iter().filter(|migration| migration.migration_type.is_up_migration()) {
        let (name, path) = files
            .iter()
            .find(|(name, _)| version_of(name) == Some(migration.version) && !name.ends_with(".down.sql"))
            .ok_or_else(|| {
                Error::new(
                    ErrorKind::Config,
                    format!("migration {} has no file of its own", migration.version),
                )
            })?;
        migrations.push(Migration {
            database: source.database.clone(),
            version: migration.version.to_string(),
            name: name.clone(),
            path: path.clone(),
            sql: migration.sql.as_str().to_owned(),
            checksum: hex::encode(&migration.checksum),
            transactional: !migration.no_tx,
        });
    }
    if let Some(pair) = migrations.windows(2).find(|pair| pair[0].version == pair[1].version) {
        return Err(Error::new(
            ErrorKind::Config,
            format!(
                "two migrations have the version {}: `{}` and `{}`",
                pair[0].version, pair[0].name, pair[1].name
            ),
        )
        .hint("rename the newer one"));
    }
    Ok(migrations)
}

fn version_of(name: &str) -> Option<i64> {
    name.split_once('_').and_then(|(version, _)| version.parse().ok())
}

fn read_plain(source: &MigrationSource, files: &BTreeMap<String, PathBuf>) -> Result<Vec<Migration>> {
    files
        .iter()
        .map(|(name, path)| {
            let sql = fs::read_to_string(path).map_err(|cause| unreadable(path, cause))?;
            Ok(Migration {
                database: source.database.clone(),
                version: name.clone(),
                name: name.clone(),
                path: path.clone(),
                checksum: checksum(&sql),
                transactional: !sql.starts_with(NO_TRANSACTION),
                sql,
            })
        })
        .collect()
}

/// Hexadecimal SHA-384, by the code that sqlx uses for its own.
fn checksum(sql: &str) -> String {
    let text = AssertSqlSafe(sql.to_owned()).into_sql_str();
    let migration = sqlx::migrate::Migration::new(0, "".into(), MigrationType::Simple, text, false);
    hex::encode(&migration.checksum)
}

fn unreadable(path: &Path, cause: std::io::Error) -> Error {
    Error::new(ErrorKind::Config, format!("`{}` cannot be read", path.display())).because(cause)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[(&str, &str)]) -> (tempfile::TempDir, MigrationSource) {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            fs::write(folder.path().join(name), text).unwrap();
        }
        let source = MigrationSource { database: "db".into(), directory: folder.path().to_owned() };
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
    fn any_other_name_makes_a_folder_plain_and_names_decide_the_order() {
        check(
            &[("002-b.sql", ""), ("001-a.sql", ""), ("010_c.sql", "")],
            MigrationLayout::Plain,
            &["001-a.sql", "002-b.sql", "010_c.sql"],
        );
        check(&[], MigrationLayout::Plain, &[]);
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
}
