//! Files of this machine that a run reads: backups and migrations.

use std::io::{Read, Seek};
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use jiff::Timestamp;

use crate::model::environment::MigrationFolder;
use crate::model::error::Result;
use crate::model::migration::{Migration, MigrationLayout};

/// A file that can be read from anywhere in it.
pub trait ReadSeek: Read + Seek + Send {}

impl<T: Read + Seek + Send> ReadSeek for T {}

/// What the file system says of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileFacts {
    /// The file.
    pub path: PathBuf,
    /// Its size in bytes.
    pub size_bytes: u64,
    /// When it was last written.
    pub modified_at: Timestamp,
}

/// Files of this machine.
#[async_trait]
pub trait Files: Send + Sync {
    /// Files that match a glob pattern, or the one file that it names, in order of name. None is no error.
    async fn matches(&self, pattern: &Path) -> Result<Vec<FileFacts>>;
    /// Opens a file for reading.
    fn open(&self, path: &Path) -> Result<Box<dyn ReadSeek>>;
    /// Hexadecimal BLAKE3 of a file's bytes.
    async fn fingerprint(&self, path: &Path) -> Result<String>;
    /// The migrations of a directory in the order in which they run, and its layout: the one that was said, or else the
    /// one that its files show. Where they fit two tools alike it is an error that names both.
    async fn migrations(&self, folder: &MigrationFolder) -> Result<(MigrationLayout, Vec<Migration>)>;
}
