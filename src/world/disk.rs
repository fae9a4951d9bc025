//! Files of this machine, for real.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use jiff::Timestamp;
use sqlx::migrate::{Migration as SqlxMigration, MigrationType, Migrator};
use sqlx::{AssertSqlSafe, SqlSafeStr};

use super::files::{FileFacts, Files, ReadSeek};
use crate::model::environment::MigrationSource;
use crate::model::error::{Error, ErrorKind, Location, Result};
use crate::model::migration::{Migration, MigrationLayout};

const BUFFER_BYTES: usize = 1 << 20;
const NO_TRANSACTION: &str = "-- no-transaction";

/// The file system.
#[derive(Clone, Copy, Debug, Default)]
pub struct DiskFiles;

/// Reads a text file; what `config` is given as its loader.
#[expect(clippy::missing_errors_doc, reason = "those of the file system")]
pub fn read_text(path: &Path) -> io::Result<String> {
    fs::read_to_string(path)
}

#[async_trait]
impl Files for DiskFiles {
    async fn matches(&self, pattern: &Path) -> Result<Vec<FileFacts>> {
        let pattern = pattern.to_owned();
        blocking(move || find(&pattern)).await
    }

    fn open(&self, path: &Path) -> Result<Box<dyn ReadSeek>> {
        let file = File::open(path).map_err(unreadable(path))?;
        Ok(Box::new(file))
    }

    async fn fingerprint(&self, path: &Path) -> Result<String> {
        let path = path.to_owned();
        blocking(move || hash(&path).map_err(unreadable(&path))).await
    }

    async fn migrations(&self, source: &MigrationSource) -> Result<(MigrationLayout, Vec<Migration>)> {
        let folder = source.directory.clone();
        let files = blocking(move || sql_files(&folder)).await?;
        let is_sqlx = !files.is_empty() && files.iter().all(|file| is_sqlx_name(&file_name(file)));
        if is_sqlx {
            return Ok((MigrationLayout::Sqlx, by_sqlx(source, &files).await?));
        }
        let database = source.database.clone();
        let migrations = blocking(move || files.iter().map(|file| plain(&database, file)).collect()).await?;
        Ok((MigrationLayout::Plain, migrations))
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|cause| Error::new(ErrorKind::Bug, "reading files was cut short").because(cause))?
}

fn unreadable(path: &Path) -> impl Fn(io::Error) -> Error {
    move |cause| {
        Error::new(ErrorKind::Backup, format!("could not read {}: {cause}", path.display())).because(cause)
    }
}

fn find(pattern: &Path) -> Result<Vec<FileFacts>> {
    // A folder may have a bracket in its name: what exists is meant as it is written.
    let text = pattern.to_string_lossy();
    let paths: Vec<PathBuf> = if pattern.exists() {
        vec![pattern.to_owned()]
    } else {
        let wrong = |cause: glob::PatternError| {
            Error::new(ErrorKind::Config, format!("`{text}` is no pattern: {}", cause.msg))
        };
        glob::glob(&text).map_err(wrong)?.filter_map(std::result::Result::ok).collect()
    };
    let facts = paths.into_iter().map(|path| facts(&path).map_err(unreadable(&path)));
    Ok(facts.collect::<Result<Vec<_>>>()?.into_iter().flatten().collect())
}

/// What the file system says of a file; `None` if it is none.
fn facts(path: &Path) -> io::Result<Option<FileFacts>> {
    let metadata = fs::metadata(path)?;
    let modified_at = Timestamp::try_from(metadata.modified()?).map_err(io::Error::other)?;
    let facts = FileFacts { path: path.to_owned(), size_bytes: metadata.len(), modified_at };
    Ok(metadata.is_file().then_some(facts))
}

fn hash(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut hasher = blake3::Hasher::new();
    let mut buffer = vec![0; BUFFER_BYTES];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hasher.finalize().to_hex().to_string()),
            read => hasher.update(&buffer[..read]),
        };
    }
}

/// The `.sql` files of a folder in order of name.
fn sql_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let unreadable = |cause: io::Error| {
        Error::new(ErrorKind::Config, format!("could not read migrations from {}: {cause}", folder.display()))
            .because(cause)
    };
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.is_file() && path.extension() == Some(OsStr::new("sql")) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn file_name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

fn is_sqlx_name(name: &str) -> bool {
    let version = name.split_once('_').map_or("", |(version, _)| version);
    !version.is_empty() && version.bytes().all(|byte| byte.is_ascii_digit())
}

/// sqlx's own reading of its layout; it does not tell the files' names, so they are found again by version.
async fn by_sqlx(source: &MigrationSource, files: &[PathBuf]) -> Result<Vec<Migration>> {
    let migrator = Migrator::new(source.directory.as_path()).await.map_err(|cause| {
        let message = format!("could not read migrations from {}", source.directory.display());
        Error::new(ErrorKind::Config, message).because(cause)
    })?;
    let mut migrations: Vec<Migration> = Vec::new();
    for found in migrator.iter().filter(|found| !found.migration_type.is_down_migration()) {
        let file = files.iter().find(|file| is_of(file, found)).ok_or_else(|| {
            Error::new(ErrorKind::Config, format!("migration {} vanished while it was read", found.version))
        })?;
        let version = found.version.to_string();
        if migrations.last().is_some_and(|last| last.version == version) {
            let message = format!("two migrations have version {version}");
            return Err(Error::new(ErrorKind::Config, message)
                .at(Location { file: file.clone(), line: 1, column: 1 })
                .hint("give one of them another number"));
        }
        migrations.push(Migration {
            database: source.database.clone(),
            version,
            name: file_name(file),
            path: file.clone(),
            sql: found.sql.as_str().to_owned(),
            checksum: hex::encode(&found.checksum),
            transactional: !found.no_tx,
        });
    }
    Ok(migrations)
}

fn is_of(file: &Path, migration: &SqlxMigration) -> bool {
    let name = file_name(file);
    let Some((version, rest)) = name.split_once('_') else { return false };
    version.parse() == Ok(migration.version) && MigrationType::from_filename(rest) == migration.migration_type
}

fn plain(database: &str, path: &Path) -> Result<Migration> {
    let sql = fs::read_to_string(path).map_err(|cause| {
        Error::new(ErrorKind::Config, format!("could not read {}: {cause}", path.display())).because(cause)
    })?;
    let text = AssertSqlSafe(sql.clone()).into_sql_str();
    // The same checksum for both layouts, so that an approval reads the same.
    let checksum = SqlxMigration::new(0, "".into(), MigrationType::Simple, text, false).checksum;
    let name = file_name(path);
    Ok(Migration {
        database: database.to_owned(),
        version: name.clone(),
        name,
        path: path.to_owned(),
        checksum: hex::encode(&checksum),
        transactional: !sql.starts_with(NO_TRANSACTION),
        sql,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            fs::write(folder.path().join(name), text).unwrap();
        }
        folder
    }

    async fn check(files: &[(&str, &str)], layout: MigrationLayout, versions: &[&str]) -> Vec<Migration> {
        let folder = folder(files);
        let source = MigrationSource { database: "db".to_owned(), directory: folder.path().to_owned() };
        let (found, migrations) = DiskFiles.migrations(&source).await.unwrap();
        assert_eq!(found, layout);
        assert_eq!(migrations.iter().map(|m| m.version.as_str()).collect::<Vec<_>>(), versions);
        migrations
    }

    #[tokio::test]
    async fn numbered_files_are_sqlxs_in_order_of_number() {
        let files = [
            ("10_b.sql", "-- no-transaction\nB"),
            ("9_a.up.sql", "A"),
            ("9_a.down.sql", "-A"),
            ("x.txt", ""),
        ];
        let migrations = check(&files, MigrationLayout::Sqlx, &["9", "10"]).await;
        assert_eq!(migrations[0].name, "9_a.up.sql");
        assert_eq!(migrations[0].sql, "A");
        assert!(migrations[0].transactional && !migrations[1].transactional);
    }

    #[tokio::test]
    async fn one_other_name_makes_all_of_them_plain_in_order_of_name() {
        let files = [("9_a.sql", "A"), ("10_b.sql", "B"), ("fix.sql", "C")];
        check(&files, MigrationLayout::Plain, &["10_b.sql", "9_a.sql", "fix.sql"]).await;
        check(&[], MigrationLayout::Plain, &[]).await;
    }

    #[tokio::test]
    async fn a_checksum_is_sqlxs_in_both_layouts() {
        // printf 'SELECT 1' | sha384sum
        let expected = "a87be5ea59a50f1537b8361d62582b67";
        let sqlx = check(&[("1_a.sql", "SELECT 1")], MigrationLayout::Sqlx, &["1"]).await;
        let plain = check(&[("a.sql", "SELECT 1")], MigrationLayout::Plain, &["a.sql"]).await;
        assert_eq!(sqlx[0].checksum, plain[0].checksum);
        assert_eq!(sqlx[0].checksum.len(), 96);
        assert!(sqlx[0].checksum.starts_with(expected), "{}", sqlx[0].checksum);
    }

    #[tokio::test]
    async fn two_migrations_of_one_version_are_refused() {
        let folder = folder(&[("1_a.sql", "A"), ("1_b.sql", "B")]);
        let source = MigrationSource { database: "db".to_owned(), directory: folder.path().to_owned() };
        assert_eq!(DiskFiles.migrations(&source).await.unwrap_err().kind, ErrorKind::Config);
    }

    #[tokio::test]
    async fn a_pattern_finds_files_in_order_and_nothing_is_no_error() {
        let folder = folder(&[("b.dump", "bb"), ("a.dump", "a"), ("c.txt", "")]);
        fs::create_dir(folder.path().join("d.dump")).unwrap();
        let find = async |name: &str| DiskFiles.matches(&folder.path().join(name)).await.unwrap();
        let sizes = |found: Vec<FileFacts>| found.iter().map(|facts| facts.size_bytes).collect::<Vec<_>>();
        assert_eq!(sizes(find("*.dump").await), [1, 2]);
        assert_eq!(sizes(find("b.dump").await), [2]);
        assert!(find("*.gz").await.is_empty() && find("z.dump").await.is_empty());
    }

    #[tokio::test]
    async fn a_fingerprint_is_the_hash_of_all_bytes() {
        let folder = folder(&[]);
        let path = folder.path().join("big");
        let bytes = vec![7; BUFFER_BYTES * 2 + 1];
        fs::write(&path, &bytes).unwrap();
        assert_eq!(DiskFiles.fingerprint(&path).await.unwrap(), blake3::hash(&bytes).to_hex().to_string());
        assert_eq!(
            DiskFiles.fingerprint(&folder.path().join("no")).await.unwrap_err().kind,
            ErrorKind::Backup
        );
    }
}
