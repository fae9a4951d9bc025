//! What is in a folder of migrations, with the texts that any layout may want to read.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use sqlx::migrate::MigrationType;
use sqlx::{AssertSqlSafe, SqlSafeStr};

use super::{detect, diesel};
use crate::model::environment::MigrationFolder;
use crate::model::error::{Error, ErrorKind, Location, Result};
use crate::model::migration::Migration;

/// Folders in folders in folders: nobody nests deeper, but a link may.
const MAX_DEPTH: usize = 8;
/// What migrations of tools that do not speak SQL are written in.
const OTHER_LANGUAGES: [&str; 16] = [
    "cjs", "cs", "ex", "exs", "go", "java", "js", "json", "kt", "mjs", "php", "py", "rb", "ts", "xml", "yaml",
];

/// What is in a folder of migrations.
#[derive(Debug, Default)]
pub(super) struct Listing {
    folder: PathBuf,
    database: String,
    /// Texts by path in the folder, parts between `/`.
    files: BTreeMap<String, String>,
    /// Other files, whose texts no layout wants.
    others: Vec<String>,
}

impl Listing {
    /// Looks into the folder and reads what a layout may want. Links to files count as files.
    pub(super) fn read(source: &MigrationFolder) -> Result<Self> {
        let mut listing =
            Self { folder: source.directory.clone(), database: source.database.clone(), ..Self::default() };
        listing.walk(&source.directory, "", 0)?;
        listing.others.sort();
        Ok(listing)
    }

    fn walk(&mut self, folder: &Path, prefix: &str, depth: usize) -> Result<()> {
        for entry in fs::read_dir(folder).map_err(|cause| unreadable(folder, cause))? {
            let path = entry.map_err(|cause| unreadable(folder, cause))?.path();
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            if name.starts_with('.') {
                continue;
            }
            let is_folder = fs::metadata(&path).map_err(|cause| unreadable(&path, cause))?.is_dir();
            let inside = format!("{prefix}{name}");
            if is_folder && depth < MAX_DEPTH {
                self.walk(&path, &format!("{inside}/"), depth + 1)?;
            } else if is_wanted(&inside) {
                let text = fs::read_to_string(&path).map_err(|cause| unreadable(&path, cause))?;
                self.files.insert(inside, text);
            } else if !is_folder {
                self.others.push(inside);
            }
        }
        Ok(())
    }

    /// The folder itself.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Files with their texts, in order of path.
    pub(super) fn files(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().map(|(name, text)| (name.as_str(), text.as_str()))
    }

    /// The `.sql` files of the folder itself, in order of name.
    pub(super) fn sql(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files().filter(|(name, _)| is_sql(name) && !name.contains('/'))
    }

    /// The text of one file.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.files.get(name).map(String::as_str)
    }

    /// Names of files whose texts were not read.
    pub(super) fn others(&self) -> impl Iterator<Item = &str> {
        self.others.iter().map(String::as_str)
    }

    /// A file that looks like a migration, in whatever language.
    pub(super) fn stranger(&self) -> Option<&str> {
        let is_code = |name: &&str| {
            is_sql(name) || extension(name).is_some_and(|extension| OTHER_LANGUAGES.contains(&extension))
        };
        self.files().map(|(name, _)| name).chain(self.others()).find(is_code)
    }

    /// A place in one of its files.
    pub(super) fn place(&self, name: &str, line: usize, column: usize) -> Location {
        Location { file: self.folder.join(name), line, column }
    }

    /// The migration that the file `name` holds; its name, text and transaction are still to be mended where they differ.
    pub(super) fn migration(&self, name: &str, version: impl Into<String>) -> Migration {
        let text = self.text(name).unwrap_or_default();
        Migration {
            database: self.database.clone(),
            version: version.into(),
            name: name.to_owned(),
            path: self.folder.join(name),
            sql: text.to_owned(),
            checksum: sha_384(text),
            transactional: true,
        }
    }
}

#[cfg(test)]
impl Listing {
    /// A folder in memory.
    pub(super) fn of(folder: &str, files: &[(&str, &str)]) -> Self {
        let mut listing = Self { folder: folder.into(), database: "db".into(), ..Self::default() };
        for (name, text) in files {
            if is_wanted(name) {
                listing.files.insert((*name).into(), (*text).into());
            } else {
                listing.others.push((*name).into());
            }
        }
        listing
    }
}

/// Whether a file is SQL, by its name.
pub(super) fn is_sql(name: &str) -> bool {
    extension(name) == Some("sql")
}

/// What stands behind the last dot of a name.
pub(super) fn extension(name: &str) -> Option<&str> {
    name.rsplit_once('.').map(|(_, extension)| extension)
}

/// Whether a layout may want the text. A folder may hold dumps of gigabytes further down.
fn is_wanted(name: &str) -> bool {
    let is_here = is_sql(name) && !name.contains('/');
    is_here || diesel::is_part(name) || detect::is_flyway(name) || name.ends_with(".sql.conf")
}

/// Hexadecimal SHA-384, by the code that sqlx uses for its own.
fn sha_384(sql: &str) -> String {
    let text = AssertSqlSafe(sql.to_owned()).into_sql_str();
    let migration = sqlx::migrate::Migration::new(0, "".into(), MigrationType::Simple, text, false);
    hex::encode(&migration.checksum)
}

fn unreadable(path: &Path, cause: std::io::Error) -> Error {
    Error::new(ErrorKind::Config, format!("`{}` cannot be read", path.display())).because(cause)
}
