//! Rows of one table as COPY text, whole lines at a time, in constant memory.

use std::io::{ErrorKind as IoKind, Read, Seek, SeekFrom};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::block::Chunks;
use super::entry::{RowsAt, TableData};
use super::scan::TERMINATOR;
use super::source::{ReadSeek, corrupt, truncated, unreadable};
use crate::model::error::Result;

/// Bytes that a chunk of lines has about; a longer row makes a larger chunk.
const CHUNK_BYTES: usize = 256 << 10;

/// Rows of one table.
pub struct Rows {
    inner: Box<dyn Read + Send>,
    /// Lines that were given out, then bytes behind them.
    buffer: Vec<u8>,
    given: usize,
    ends_with: End,
    ended: bool,
    position: Arc<AtomicU64>,
    start: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    /// At the terminator, which has to come.
    Terminator,
    /// After the slice's last byte, which has to come at this position.
    Position(u64),
}

/// Begins to read the rows of `table` from `source`, a new handle on the bytes that were opened.
pub fn rows(table: &TableData, mut source: Box<dyn ReadSeek>) -> Result<Rows> {
    let (start, ends_with) = match table.rows_at {
        RowsAt::Block { position, .. } => (position, End::Terminator),
        RowsAt::Slice { start, end } => (start, End::Position(end)),
    };
    source.seek(SeekFrom::Start(start)).map_err(|cause| unreadable(start, cause))?;
    let position = Arc::new(AtomicU64::new(start));
    let inner: Box<dyn Read + Send> = match table.rows_at {
        RowsAt::Block { codec, int_size, .. } => {
            let buffered = std::io::BufReader::with_capacity(64 << 10, source);
            let chunks = Chunks::new(buffered, int_size, Arc::clone(&position));
            codec.decode(chunks).map_err(|cause| unreadable(start, cause))?
        }
        RowsAt::Slice { end, .. } => {
            let counted = Counted { inner: source, position: Arc::clone(&position) };
            Box::new(counted.take(end - start))
        }
    };
    Ok(Rows { inner, buffer: Vec::new(), given: 0, ends_with, ended: false, position, start })
}

impl Rows {
    /// The next lines, each with its line break and without the terminator; `None` at the true end.
    ///
    /// An error, of kind `Backup`, if the bytes end or break before it.
    pub fn next_lines(&mut self) -> Result<Option<&[u8]>> {
        if self.ended {
            return Ok(None);
        }
        self.buffer.drain(..self.given);
        self.given = 0;
        loop {
            let before = self.buffer.len();
            // A long row doubles the buffer: what has no line break is searched again each time.
            let wanted = CHUNK_BYTES.saturating_sub(before).max(before);
            let read = (&mut self.inner).take(wanted as u64).read_to_end(&mut self.buffer);
            read.map_err(|cause| self.broken(cause))?;
            if self.buffer.len() == before {
                return self.finish();
            }
            // The terminator and the blank lines behind it are at most six bytes: they stay back until the end is seen.
            let certain = self.buffer.len().saturating_sub(8);
            if let Some(line_break) = memchr::memrchr(b'\n', &self.buffer[..certain]) {
                return self.give(line_break + 1);
            }
        }
    }

    /// Bytes of the archive that were read so far.
    pub fn bytes_read(&self) -> u64 {
        self.position.load(Ordering::Relaxed) - self.start
    }

    fn give(&mut self, length: usize) -> Result<Option<&[u8]>> {
        self.given = length;
        let lines = &self.buffer[..length];
        if self.ends_with == End::Terminator && (lines.starts_with(&TERMINATOR[1..]) || finds(lines)) {
            return Err(corrupt(self.position.load(Ordering::Relaxed), "rows go on behind their end"));
        }
        Ok((length > 0).then_some(lines))
    }

    fn finish(&mut self) -> Result<Option<&[u8]>> {
        self.ended = true;
        let at = self.position.load(Ordering::Relaxed);
        let end = match self.ends_with {
            End::Position(end) if at < end => return Err(truncated(at, "rows should follow")),
            End::Position(_) => self.buffer.len(),
            End::Terminator => {
                let text = self.buffer.trim_ascii_end();
                let marked = text == b"\\." || text.ends_with(b"\n\\.");
                if !marked {
                    return Err(truncated(at, "the rows of a table have no end"));
                }
                text.len() - 2
            }
        };
        if end > 0 && self.buffer[end - 1] != b'\n' {
            return Err(corrupt(at, "the last row has no line break"));
        }
        self.give(end)
    }

    fn broken(&self, cause: std::io::Error) -> crate::model::error::Error {
        let at = self.position.load(Ordering::Relaxed);
        match cause.kind() {
            IoKind::UnexpectedEof => truncated(at, "rows should follow"),
            IoKind::InvalidData | IoKind::InvalidInput | IoKind::Other => {
                corrupt(at, "its compressed rows cannot be read").because(cause)
            }
            _ => unreadable(at, cause),
        }
    }
}

fn finds(lines: &[u8]) -> bool {
    memchr::memmem::find(lines, TERMINATOR).is_some()
}

/// Counts the bytes that pass.
struct Counted {
    inner: Box<dyn ReadSeek>,
    position: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let got = self.inner.read(into)?;
        self.position.fetch_add(got as u64, Ordering::Relaxed);
        Ok(got)
    }
}
