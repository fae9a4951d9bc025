//! A production dump: where it is, when it was taken, and what identifies its content.

use std::path::PathBuf;

use jiff::Timestamp;

/// A backup file as found on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backup {
    /// The file.
    pub path: PathBuf,
    /// When it was taken: the archive's own time, or the file's if it tells none.
    pub taken_at: Timestamp,
    /// Size of the file in bytes.
    pub size_bytes: u64,
    /// Hexadecimal BLAKE3 of the file's bytes.
    pub fingerprint: String,
}
