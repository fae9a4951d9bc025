//! The port to the state folder: small files that `stage` remembers things in, and locks that die with their process.

mod memory;

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{ErrorKind as IoErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use jiff::Timestamp;

pub use memory::MemoryState;

use crate::model::error::{Error, ErrorKind, Result};

/// Holds a lock until it is dropped or its process dies.
pub trait Hold: Send + Sync {}

/// Files of the state folder, named by paths relative to it (`journals/4f1c….jsonl`).
pub trait StateFiles: Send + Sync {
    /// Adds one line to a file, made if it is not there; it is with the kernel on return, so a kill loses nothing. A line
    /// that does not fit on the disk is taken back as a whole.
    fn append(&self, file: &str, line: &str) -> Result<()>;
    /// Replaces a file's text as a whole; only the user can read it.
    fn write(&self, file: &str, text: &str) -> Result<()>;
    /// A file's text; `None` if it is not there.
    fn read(&self, file: &str) -> Result<Option<String>>;
    /// When a file was last written; `None` if it is not there, or nobody knows.
    fn written_at(&self, file: &str) -> Result<Option<Timestamp>>;
    /// How large a file is; `None` if it is not there.
    fn size_bytes(&self, file: &str) -> Result<Option<u64>>;
    /// Names of the files in a folder, sorted; none if it is not there.
    fn list(&self, folder: &str) -> Result<Vec<String>>;
    /// Removes a file; absent counts as removed.
    fn remove(&self, file: &str) -> Result<()>;
    /// Takes the lock of a file, made if it is not there; `None` if another process or run holds it.
    fn hold(&self, file: &str) -> Result<Option<Box<dyn Hold>>>;
}

/// The state folder on disk, mode 0700.
#[derive(Debug)]
pub struct DiskState {
    root: PathBuf,
}

struct HeldFile {
    _file: File,
}

impl Hold for HeldFile {}

impl DiskState {
    /// A state folder at `root`, made when something is first written.
    pub fn new(root: PathBuf) -> Self {
        Self { root }
    }

    fn path_for_writing(&self, file: &str) -> Result<PathBuf> {
        let path = self.root.join(file);
        let folder = path.parent().unwrap_or(&self.root);
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .map_err(|cause| unusable(folder, cause))?;
        Ok(path)
    }
}

fn unusable(path: &Path, cause: std::io::Error) -> Error {
    if cause.kind() == IoErrorKind::StorageFull {
        return Error::new(
            ErrorKind::NoRoom,
            format!("no room is left for the state file `{}`", path.display()),
        )
        .because(cause)
        .hint("make room on its disk, or set STAGE_STATE to a folder on another one");
    }
    Error::new(ErrorKind::Config, format!("the state file `{}` cannot be used", path.display()))
        .because(cause)
        .hint("set STAGE_STATE to a folder that you can write to")
}

impl StateFiles for DiskState {
    fn append(&self, file: &str, line: &str) -> Result<()> {
        let path = self.path_for_writing(file)?;
        OpenOptions::new()
            .create(true)
            .append(true)
            .mode(0o600)
            .open(&path)
            .and_then(|mut file| {
                let before = file.metadata()?.len();
                let written = file.write_all(format!("{line}\n").as_bytes());
                if written.is_err() {
                    // Part of a line would stand in front of the next one. If even this fails, readers find it.
                    let _ = file.set_len(before);
                }
                written
            })
            .map_err(|cause| unusable(&path, cause))
    }

    fn write(&self, file: &str, text: &str) -> Result<()> {
        let path = self.path_for_writing(file)?;
        // Of its own, as two processes may write the same file at once.
        let draft = path.with_extension(format!("draft-{}", std::process::id()));
        OpenOptions::new()
            .create(true)
            .write(true)
            .truncate(true)
            .mode(0o600)
            .open(&draft)
            .and_then(|mut file| file.write_all(text.as_bytes()))
            .and_then(|()| fs::rename(&draft, &path))
            .map_err(|cause| {
                // Half a file is of no use to anybody, and the disk may be full.
                let _ = fs::remove_file(&draft);
                unusable(&path, cause)
            })
    }

    fn read(&self, file: &str) -> Result<Option<String>> {
        let path = self.root.join(file);
        match fs::read_to_string(&path) {
            Ok(text) => Ok(Some(text)),
            Err(cause) if cause.kind() == IoErrorKind::NotFound => Ok(None),
            Err(cause) => Err(unusable(&path, cause)),
        }
    }

    fn written_at(&self, file: &str) -> Result<Option<Timestamp>> {
        let path = self.root.join(file);
        match fs::metadata(&path).and_then(|metadata| metadata.modified()) {
            Ok(modified) => Ok(Timestamp::try_from(modified).ok()),
            Err(cause) if cause.kind() == IoErrorKind::NotFound => Ok(None),
            Err(cause) => Err(unusable(&path, cause)),
        }
    }

    fn size_bytes(&self, file: &str) -> Result<Option<u64>> {
        let path = self.root.join(file);
        match fs::metadata(&path) {
            Ok(metadata) => Ok(Some(metadata.len())),
            Err(cause) if cause.kind() == IoErrorKind::NotFound => Ok(None),
            Err(cause) => Err(unusable(&path, cause)),
        }
    }

    fn list(&self, folder: &str) -> Result<Vec<String>> {
        let path = self.root.join(folder);
        let entries = match fs::read_dir(&path) {
            Ok(entries) => entries,
            Err(cause) if cause.kind() == IoErrorKind::NotFound => return Ok(Vec::new()),
            Err(cause) => return Err(unusable(&path, cause)),
        };
        let mut names = entries
            .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
            .collect::<std::io::Result<Vec<_>>>()
            .map_err(|cause| unusable(&path, cause))?;
        names.sort();
        Ok(names)
    }

    fn remove(&self, file: &str) -> Result<()> {
        let path = self.root.join(file);
        match fs::remove_file(&path) {
            Err(cause) if cause.kind() != IoErrorKind::NotFound => Err(unusable(&path, cause)),
            _ => Ok(()),
        }
    }

    fn hold(&self, file: &str) -> Result<Option<Box<dyn Hold>>> {
        let path = self.path_for_writing(file)?;
        if !path.exists()
            && let Some(held) = hold_new(&path).map_err(|cause| unusable(&path, cause))?
        {
            return Ok(Some(held));
        }
        let opened = OpenOptions::new()
            .create(true)
            .append(true)
            .mode(0o600)
            .open(&path)
            .map_err(|cause| unusable(&path, cause))?;
        match opened.try_lock() {
            Ok(()) => Ok(Some(Box::new(HeldFile { _file: opened }))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(cause)) => Err(unusable(&path, cause)),
        }
    }
}

/// Makes a file that is held from the moment at which others can see it; `None` if somebody else made it first. Made in
/// its place and locked afterwards, it could be taken for the journal of a crashed run in between.
fn hold_new(path: &Path) -> std::io::Result<Option<Box<dyn Hold>>> {
    let draft = path.with_extension(format!("draft-{}", std::process::id()));
    let file = OpenOptions::new().create(true).append(true).mode(0o600).open(&draft)?;
    let linked = file.lock().and_then(|()| fs::hard_link(&draft, path));
    fs::remove_file(&draft)?;
    match linked {
        Ok(()) => Ok(Some(Box::new(HeldFile { _file: file }))),
        Err(cause) if cause.kind() == IoErrorKind::AlreadyExists => Ok(None),
        Err(cause) => Err(cause),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(state: &dyn StateFiles) {
        assert_eq!(state.read("journals/a").unwrap(), None);
        state.append("journals/a", "one").unwrap();
        state.append("journals/a", "two").unwrap();
        assert_eq!(state.read("journals/a").unwrap().as_deref(), Some("one\ntwo\n"));
        state.write("key", "secret").unwrap();
        assert_eq!(state.read("key").unwrap().as_deref(), Some("secret"));
        assert_eq!(state.size_bytes("key").unwrap(), Some(6));
        assert_eq!(state.size_bytes("journals/none").unwrap(), None);
        assert_eq!(state.list("journals").unwrap(), ["a"]);
        let hold = state.hold("journals/a").unwrap();
        assert!(hold.is_some());
        assert!(state.hold("journals/a").unwrap().is_none(), "a held file is not held twice");
        drop(hold);
        assert!(state.hold("journals/a").unwrap().is_some());
        state.remove("journals/a").unwrap();
        state.remove("journals/a").unwrap();
        assert_eq!(state.list("journals").unwrap(), Vec::<String>::new());
    }

    #[test]
    fn the_disk_and_its_twin_keep_the_same_promises() {
        let folder = tempfile::tempdir().unwrap();
        check(&DiskState::new(folder.path().join("state")));
        check(&MemoryState::default());
    }
}
