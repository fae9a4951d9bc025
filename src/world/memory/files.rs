//! The port to files.

use std::io::{Cursor, ErrorKind as IoErrorKind};
use std::path::Path;

use async_trait::async_trait;
use bytes::Bytes;
use glob::{MatchOptions, Pattern};

use super::MemoryWorld;
use crate::model::environment::MigrationFolder;
use crate::model::error::{Error, ErrorKind, Result};
use crate::model::migration::{Migration, MigrationLayout};
use crate::world::files::{FileFacts, Files, ReadSeek};

/// As in a file system: `*` stays within one folder.
const AS_IN_A_FOLDER: MatchOptions = MatchOptions {
    case_sensitive: true,
    require_literal_separator: true,
    require_literal_leading_dot: false,
};

impl MemoryWorld {
    fn bytes(&self, path: &Path) -> Result<Bytes> {
        let script = self.script();
        script.files.get(path).map(|file| file.bytes.clone()).ok_or_else(|| {
            Error::new(ErrorKind::Backup, format!("the file `{}` cannot be read", path.display()))
                .because(std::io::Error::from(IoErrorKind::NotFound))
        })
    }
}

#[async_trait]
impl Files for MemoryWorld {
    async fn matches(&self, pattern: &Path) -> Result<Vec<FileFacts>> {
        self.numbered(|| {
            let text = pattern.to_string_lossy();
            let pattern = Pattern::new(&text).map_err(|cause| {
                Error::new(ErrorKind::Config, format!("`{text}` is no pattern of file names")).because(cause)
            })?;
            let script = self.script();
            let found =
                script.files.iter().filter(|(path, _)| pattern.matches_path_with(path, AS_IN_A_FOLDER));
            Ok(found
                .map(|(path, file)| FileFacts {
                    path: path.clone(),
                    size_bytes: file.bytes.len() as u64,
                    modified_at: file.modified_at,
                })
                .collect())
        })
        .await
    }

    fn open(&self, path: &Path) -> Result<Box<dyn ReadSeek>> {
        let passage = self.inner.gate.enter()?;
        passage.act(|| Ok(Box::new(Cursor::new(self.bytes(path)?)) as Box<dyn ReadSeek>))
    }

    async fn fingerprint(&self, path: &Path) -> Result<String> {
        self.numbered(|| Ok(blake3::hash(&self.bytes(path)?).to_hex().to_string())).await
    }

    async fn migrations(&self, folder: &MigrationFolder) -> Result<(MigrationLayout, Vec<Migration>)> {
        self.numbered(|| {
            self.script().migrations.get(&folder.directory).cloned().ok_or_else(|| {
                Error::new(ErrorKind::Config, format!("`{}` cannot be read", folder.directory.display()))
            })
        })
        .await
    }
}
