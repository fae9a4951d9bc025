//! One pass over text: line by line, or past the rows of a COPY.

use std::io::{BufRead, BufReader, SeekFrom};

use memchr::memmem::Finder;

use super::source::{ReadSeek, truncated, unreadable};
use crate::model::error::Result;

/// Ends the rows of a COPY, together with the line break before it.
pub(super) const TERMINATOR: &[u8] = b"\n\\.\n";

const BUFFER_BYTES: usize = 1 << 20;

/// Reads lines and knows where it is.
pub(super) struct Scan<'a> {
    inner: BufReader<&'a mut dyn ReadSeek>,
    position: u64,
}

impl<'a> Scan<'a> {
    /// Begins at byte 0.
    pub(super) fn new(source: &'a mut dyn ReadSeek) -> Result<Self> {
        source.seek(SeekFrom::Start(0)).map_err(|cause| unreadable(0, cause))?;
        Ok(Self { inner: BufReader::with_capacity(BUFFER_BYTES, source), position: 0 })
    }

    /// The next byte's position.
    pub(super) fn position(&self) -> u64 {
        self.position
    }

    /// Reads the next line with its line break into `line`; false at the end.
    pub(super) fn line(&mut self, line: &mut Vec<u8>) -> Result<bool> {
        line.clear();
        let got = self.inner.read_until(b'\n', line).map_err(|cause| unreadable(self.position, cause))?;
        self.position += got as u64;
        Ok(got > 0)
    }

    /// Goes over the rows that begin here; returns where they end, and goes on behind the terminator.
    pub(super) fn skip_rows(&mut self) -> Result<u64> {
        let finder = Finder::new(TERMINATOR);
        let start = self.position;
        // The last bytes of what was seen; in front of the rows a line has just ended.
        let mut tail = vec![b'\n'];
        loop {
            let seen = self.inner.fill_buf().map_err(|cause| unreadable(self.position, cause))?;
            if seen.is_empty() {
                return Err(truncated(
                    self.position,
                    &format!("the rows that begin at byte {start} have no end"),
                ));
            }
            let overlap = seen.len().min(TERMINATOR.len() - 1);
            let carried = tail.len();
            tail.extend_from_slice(&seen[..overlap]);
            let found = finder
                .find(&tail)
                .map(|at| at + TERMINATOR.len() - carried)
                .or_else(|| finder.find(seen).map(|at| at + TERMINATOR.len()));
            let used = found.unwrap_or(seen.len());
            if found.is_none() {
                if overlap == TERMINATOR.len() - 1 {
                    tail = seen[seen.len() - overlap..].to_vec();
                } else {
                    tail.drain(..tail.len().saturating_sub(TERMINATOR.len() - 1));
                }
            }
            self.inner.consume(used);
            self.position += used as u64;
            if found.is_some() {
                return Ok(self.position - (TERMINATOR.len() as u64 - 1));
            }
        }
    }

    /// What is left, for a test of the end.
    #[cfg(test)]
    fn rest(&mut self) -> std::io::Result<Vec<u8>> {
        let mut rest = Vec::new();
        std::io::Read::read_to_end(&mut self.inner, &mut rest)?;
        Ok(rest)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, Cursor, Read, Seek};

    use proptest::prelude::*;

    use super::*;

    /// Gives a few bytes at a time.
    struct Trickle(Cursor<Vec<u8>>, usize);

    impl Read for Trickle {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let most = into.len().min(self.1);
            self.0.read(&mut into[..most])
        }
    }

    impl Seek for Trickle {
        fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
            self.0.seek(to)
        }
    }

    proptest! {
        #[test]
        fn rows_end_at_the_terminator_however_the_bytes_arrive(
            rows in proptest::collection::vec("[a.\\\\t]{0,5}", 0..9), step in 1_usize..9,
        ) {
            let rows = rows.iter().filter(|row| *row != "\\.").map(|row| format!("{row}\n")).collect::<Vec<_>>().concat();
            let text = format!("COPY\n{rows}\\.\nSELECT 1;\n");
            let mut source = Trickle(Cursor::new(text.into_bytes()), step);
            let mut scan = Scan::new(&mut source).unwrap();
            scan.line(&mut Vec::new()).unwrap();
            prop_assert_eq!(scan.skip_rows().unwrap(), 5 + rows.len() as u64);
            prop_assert_eq!(scan.rest().unwrap(), b"SELECT 1;\n");
        }
    }

    #[test]
    fn rows_without_an_end_are_an_error() {
        let mut source = Cursor::new(b"1\ta\n2\tb\n\\.".to_vec());
        let error = Scan::new(&mut source).unwrap().skip_rows().unwrap_err();
        assert!(error.message.contains("truncated at byte 10"), "{}", error.message);
    }
}
