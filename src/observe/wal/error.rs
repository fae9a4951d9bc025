//! Why the log could not be read. Anything here means that what a migration did is not known.

use crate::model::error::{Error, ErrorKind};
use crate::model::lsn::Lsn;

/// Why the log could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WalError {
    /// The start is no place at which a record can begin.
    #[error("no record begins at {0}: not a multiple of 8")]
    Misaligned(Lsn),
    /// A page of a server version that is not read.
    #[error(
        "the page at {at} has the unknown magic {magic:#06X}: neither of PostgreSQL 13, 14, 15, 16, 17 nor 18"
    )]
    UnknownMagic {
        /// The page's place.
        at: Lsn,
        /// What it says.
        magic: u16,
    },
    /// A page that belongs elsewhere: the file was recycled, or the end of the log was passed.
    #[error("the page at {at} says it is {says}")]
    WrongPage {
        /// The page's place.
        at: Lsn,
        /// What it says.
        says: Lsn,
    },
    /// A page header that contradicts itself, the segment size or the record before it.
    #[error("the header of the page at {at} does not fit: {reason}")]
    BadPage {
        /// The page's place.
        at: Lsn,
        /// What does not fit.
        reason: &'static str,
    },
    /// A record that contradicts itself, or one before it.
    #[error("the record at {at} does not fit: {reason}")]
    BadRecord {
        /// The record's place.
        at: Lsn,
        /// What does not fit.
        reason: &'static str,
    },
    /// A record whose bytes are not those that were written.
    #[error("the record at {0} has the wrong checksum")]
    WrongChecksum(Lsn),
}

impl From<WalError> for Error {
    fn from(error: WalError) -> Self {
        Self::new(ErrorKind::Unverified, "could not read the write-ahead log").because(error)
    }
}
