//! The byte source, and what its first bytes say it is.

use std::io::{Read, Seek, SeekFrom};

use crate::model::error::{Error, ErrorKind, Result};

/// Bytes that can be read from anywhere.
pub trait ReadSeek: Read + Seek + Send {}

impl<T: Read + Seek + Send> ReadSeek for T {}

/// What a source is, by its first bytes.
pub(super) enum Recognized {
    /// `pg_dump -Fc`.
    Custom,
    /// `pg_dump` without `-F`.
    Plain,
    /// Something else: what, and what to do.
    Other(&'static str, &'static str),
}

const PLAIN_MARK: &[u8] = b"-- PostgreSQL database dump";
const CLUSTER_MARK: &[u8] = b"-- PostgreSQL database cluster dump";
const DUMP_AGAIN: &str = "take the backup with `pg_dump -Fc`, or with plain `pg_dump`";

/// Tells the form of a source and leaves it at its beginning.
pub(super) fn recognize(source: &mut dyn ReadSeek) -> Result<Recognized> {
    let mut head = Vec::with_capacity(4096);
    source.seek(SeekFrom::Start(0)).map_err(|cause| unreadable(0, cause))?;
    Read::take(&mut *source, 4096).read_to_end(&mut head).map_err(|cause| unreadable(0, cause))?;
    source.seek(SeekFrom::Start(0)).map_err(|cause| unreadable(0, cause))?;
    let holds = |mark: &[u8]| memchr::memmem::find(&head, mark).is_some();
    Ok(if head.is_empty() {
        Recognized::Other("empty", "check that the job that writes it succeeded")
    } else if head.starts_with(b"PGDMP") {
        Recognized::Custom
    } else if head.starts_with(&[0x1f, 0x8b]) {
        Recognized::Other("compressed as a whole (gzip)", "unpack it with `gunzip` first")
    } else if head.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
        Recognized::Other("compressed as a whole (zstd)", "unpack it with `unzstd` first")
    } else if head.get(257..262) == Some(b"ustar") {
        Recognized::Other("a tar archive, which is not read", DUMP_AGAIN)
    } else if holds(CLUSTER_MARK) {
        Recognized::Other("a dump of a whole cluster (`pg_dumpall`), which is not read", DUMP_AGAIN)
    } else if holds(PLAIN_MARK) {
        Recognized::Plain
    } else {
        Recognized::Other("neither an archive of `pg_dump` nor a plain dump", DUMP_AGAIN)
    })
}

/// The source could not be read at byte `position`.
pub(super) fn unreadable(position: u64, cause: std::io::Error) -> Error {
    if cause.kind() == std::io::ErrorKind::UnexpectedEof {
        return truncated(position, "it ends too early");
    }
    Error::new(ErrorKind::Backup, format!("the backup cannot be read at byte {position}")).because(cause)
}

/// The source ends before what it announced; `what` is a clause.
pub(super) fn truncated(position: u64, what: &str) -> Error {
    Error::new(ErrorKind::Backup, format!("the backup is truncated at byte {position}: {what}"))
        .hint("copy the backup again and compare its size with the original's, or take a new one")
}

/// The source holds what no `pg_dump` writes; `what` is a clause.
pub(super) fn corrupt(position: u64, what: &str) -> Error {
    Error::new(ErrorKind::Backup, format!("the backup is corrupt at byte {position}: {what}"))
        .hint("copy the backup again and compare checksums with the original, or take a new one")
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use crate::model::error::ErrorKind;

    #[test]
    fn what_is_no_dump_is_refused_by_name() {
        let mut tar = vec![0_u8; 512];
        tar[257..262].copy_from_slice(b"ustar");
        for (bytes, says) in [
            (b"".to_vec(), "empty"),
            (b"\x1f\x8b\x08\x00".to_vec(), "gzip"),
            (tar, "tar archive"),
            (b"--\n-- PostgreSQL database cluster dump\n--\n".to_vec(), "whole cluster"),
            (b"-- MySQL dump 10.13\n".to_vec(), "neither"),
        ] {
            let error = super::super::open(&mut Cursor::new(bytes)).unwrap_err();
            assert_eq!(error.kind, ErrorKind::Backup);
            assert!(error.message.contains(says), "{}", error.message);
            assert!(!error.hints.is_empty());
        }
    }
}
