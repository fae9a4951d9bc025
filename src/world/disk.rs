//! Files of this machine, for real.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use async_trait::async_trait;
use jiff::Timestamp;

use super::files::{FileFacts, Files, ReadSeek};
use super::migration_folder;
use crate::model::environment::MigrationFolder;
use crate::model::error::{Error, ErrorKind, Result};
use crate::model::migration::{Migration, MigrationLayout};

/// Large enough that reading, not calling, takes the time.
const HASH_BUFFER_BYTES: usize = 1 << 20;

/// The file system.
#[derive(Clone, Copy, Debug, Default)]
pub struct DiskFiles;

#[async_trait]
impl Files for DiskFiles {
    async fn matches(&self, pattern: &Path) -> Result<Vec<FileFacts>> {
        let pattern = pattern.to_owned();
        blocking(move || matching(&pattern)).await
    }

    fn open(&self, path: &Path) -> Result<Box<dyn ReadSeek>> {
        let file = File::open(path).map_err(|cause| unreadable(path, cause))?;
        Ok(Box::new(io::BufReader::with_capacity(HASH_BUFFER_BYTES, file)))
    }

    async fn fingerprint(&self, path: &Path) -> Result<String> {
        let path = path.to_owned();
        blocking(move || hash(&path).map_err(|cause| unreadable(&path, cause))).await
    }

    async fn migrations(&self, folder: &MigrationFolder) -> Result<(MigrationLayout, Vec<Migration>)> {
        let folder = folder.clone();
        blocking(move || migration_folder::read(&folder)).await
    }
}

fn matching(pattern: &Path) -> Result<Vec<FileFacts>> {
    let text = pattern.to_string_lossy();
    let paths = glob::glob(&text).map_err(|cause| {
        Error::new(ErrorKind::Config, format!("`{text}` is no pattern of file names")).because(cause)
    })?;
    let mut files = Vec::new();
    for path in paths {
        let path = path.map_err(|cause| {
            let path = cause.path().to_owned();
            unreadable(&path, cause.into())
        })?;
        let metadata = fs::metadata(&path).map_err(|cause| unreadable(&path, cause))?;
        if !metadata.is_file() {
            continue;
        }
        let modified = metadata.modified().map_err(|cause| unreadable(&path, cause))?;
        let modified_at =
            Timestamp::try_from(modified).map_err(|cause| unreadable(&path, io::Error::other(cause)))?;
        files.push(FileFacts { path, size_bytes: metadata.len(), modified_at });
    }
    Ok(files)
}

fn hash(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut hasher = blake3::Hasher::new();
    let mut buffer = vec![0; HASH_BUFFER_BYTES];
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            return Ok(hasher.finalize().to_hex().to_string());
        }
        hasher.update(&buffer[..read]);
    }
}

fn unreadable(path: &Path, cause: io::Error) -> Error {
    Error::new(ErrorKind::Backup, format!("the file `{}` cannot be read", path.display())).because(cause)
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|cause| Err(Error::new(ErrorKind::Bug, "reading files panicked").because(cause)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_pattern_finds_files_but_no_folders_and_none_is_no_error() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("b.dump"), "two").unwrap();
        fs::write(folder.path().join("a.dump"), "one!").unwrap();
        fs::create_dir(folder.path().join("c.dump")).unwrap();
        let found = DiskFiles.matches(&folder.path().join("*.dump")).await.unwrap();
        let found: Vec<_> = found
            .iter()
            .map(|file| (file.path.file_name().unwrap().to_str().unwrap(), file.size_bytes))
            .collect();
        assert_eq!(found, [("a.dump", 4), ("b.dump", 3)]);
        assert!(DiskFiles.matches(&folder.path().join("*.sql")).await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn a_fingerprint_is_that_of_the_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a");
        fs::write(&file, "abc").unwrap();
        let first = DiskFiles.fingerprint(&file).await.unwrap();
        assert_eq!(first, blake3::hash(b"abc").to_hex().to_string());
        assert_eq!(
            DiskFiles.fingerprint(&folder.path().join("b")).await.unwrap_err().kind,
            ErrorKind::Backup
        );
    }
}
