//! Follows the log: pages, records across pages and chunks, and what comes of them.

use super::chronicle::Chronicle;
use super::commits::Commits;
use super::error::WalError;
use super::facts::WalFacts;
use super::layout::Layout;
use super::ledger::Ledger;
use super::meaning::note;
use super::page::{PAGE_BYTES, PageHeader, SHORT_HEADER_BYTES};
use super::record::{HEADER_BYTES, MAX_BYTES, Manager, RecordHeader};
use crate::model::catalog::Catalog;
use crate::model::class::ClassPlace;
use crate::model::lsn::Lsn;

const ALIGNMENT: u64 = 8;
/// What of the buffer for records across pages is kept from one to the next.
const KEPT_BUFFER_BYTES: usize = 256 * 1024;

/// Reads the log from one place on, in chunks of any size.
#[derive(Debug)]
pub struct Reader {
    /// Where the next byte to come belongs.
    position: u64,
    segment_size_bytes: u64,
    /// The version, once a page header told it.
    layout: Option<Layout>,
    /// The bytes so far of a page header.
    header: Vec<u8>,
    /// The bytes so far of a record that began at `record_start`.
    record: Vec<u8>,
    record_start: u64,
    /// Bytes to come of a record that began before the start.
    orphan_bytes: usize,
    /// Whether nothing was read yet, so that an orphan may come.
    is_fresh: bool,
    /// Everything before this place is padding.
    padding_until: u64,
    /// Where the last whole record began.
    previous: Option<u64>,
    failed: Option<WalError>,
    ledger: Ledger,
}

impl Reader {
    /// A reader that begins at `start`: a place between records, or the beginning of a page. A record that began
    /// before `start` is left out. `segment_size_bytes` is the server's `wal_segment_size`.
    pub fn new(start: Lsn, segment_size_bytes: u64) -> Self {
        let failed = (!start.0.is_multiple_of(ALIGNMENT)).then_some(WalError::Misaligned(start));
        Self {
            position: start.0,
            segment_size_bytes: segment_size_bytes.max(PAGE_BYTES),
            layout: None,
            header: Vec::new(),
            record: Vec::new(),
            record_start: start.0,
            orphan_bytes: 0,
            is_fresh: true,
            padding_until: start.0,
            previous: None,
            failed,
            ledger: Ledger::default(),
        }
    }

    /// Where the next byte that is fed belongs.
    pub fn position(&self) -> Lsn {
        Lsn(self.position)
    }

    /// Reads the bytes from [`Self::position`] on. After an error every call fails with it.
    pub fn feed(&mut self, bytes: &[u8]) -> Result<(), WalError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        let read = self.read(bytes);
        self.failed = read.as_ref().err().cloned();
        read
    }

    /// What ended since the last call. Transactions that go on count in a later stretch.
    pub fn take(&mut self) -> WalFacts {
        self.ledger.take()
    }

    /// Learns whose row of `pg_class` lies where in one database at [`Self::position`]. From there on it is followed,
    /// so that it is known whose a file was that neither catalogue around a stretch has.
    pub fn know(&mut self, database: u32, classes: &[ClassPlace]) {
        self.ledger.know(database, classes);
    }

    /// Records commits in order from here on, cut by the writes to version tables: those that `catalog` has, and those
    /// that are made.
    pub fn record(&mut self, catalog: &Catalog) {
        self.ledger.record(Chronicle::new(catalog));
    }

    /// What was committed since [`Self::record`], which ends it; `None` if it was not called.
    pub fn take_commits(&mut self) -> Option<Commits> {
        self.ledger.take_commits()
    }

    /// What ended since the last call, and no more to come.
    pub fn finish(mut self) -> WalFacts {
        self.take()
    }

    fn read(&mut self, mut bytes: &[u8]) -> Result<(), WalError> {
        while !bytes.is_empty() {
            let in_page = self.position % PAGE_BYTES;
            let taken = if self.position < self.padding_until {
                clamp(bytes, self.padding_until - self.position)
            } else if in_page == 0 || !self.header.is_empty() {
                self.read_header(bytes)?
            } else {
                self.read_page(&bytes[..clamp(bytes, PAGE_BYTES - in_page)])?
            };
            self.position += taken as u64;
            bytes = &bytes[taken..];
        }
        Ok(())
    }

    /// Takes what it needs of a page header.
    fn read_header(&mut self, bytes: &[u8]) -> Result<usize, WalError> {
        let known = self.header.len();
        let size = if known < SHORT_HEADER_BYTES {
            SHORT_HEADER_BYTES
        } else {
            PageHeader::size_bytes(&self.header)
        };
        let taken = bytes.len().min(size - known);
        self.header.extend_from_slice(&bytes[..taken]);
        if self.header.len() == size && size == PageHeader::size_bytes(&self.header) {
            let at = Lsn(self.position - known as u64);
            let header = PageHeader::read(&self.header, at, self.segment_size_bytes)?;
            self.header.clear();
            self.begin_page(at, header)?;
        }
        Ok(taken)
    }

    fn begin_page(&mut self, at: Lsn, header: PageHeader) -> Result<(), WalError> {
        let bad = |reason| Err(WalError::BadPage { at, reason });
        if self.layout.is_some_and(|layout| layout != header.layout) {
            return bad("it is of another server version than the page before it");
        }
        self.layout = Some(header.layout);
        if header.overwrites {
            self.record.clear();
            self.orphan_bytes = 0;
        }
        let expected_bytes = match self.record_length()? {
            Some(length) => length - self.record.len(),
            None => self.orphan_bytes,
        };
        if self.is_fresh {
            self.orphan_bytes = header.remaining_bytes;
        } else if header.remaining_bytes != expected_bytes {
            return bad("it continues another record than the page before it began");
        }
        self.is_fresh = false;
        Ok(())
    }

    /// Length of the record that is being put together, once its first bytes are known.
    fn record_length(&self) -> Result<Option<usize>, WalError> {
        self.record.first_chunk().map(|length| record_length(*length, self.record_start)).transpose()
    }

    /// Reads bytes of one page's body; how many of them, as padding may begin within.
    fn read_page(&mut self, page: &[u8]) -> Result<usize, WalError> {
        self.is_fresh = false;
        let mut rest = page;
        while !rest.is_empty() {
            let here = self.position + (page.len() - rest.len()) as u64;
            if here < self.padding_until {
                break;
            }
            let taken = if self.orphan_bytes > 0 {
                let taken = self.orphan_bytes.min(rest.len());
                self.orphan_bytes -= taken;
                taken
            } else if !self.record.is_empty() {
                self.go_on(rest, here)?
            } else if !here.is_multiple_of(ALIGNMENT) {
                clamp(rest, ALIGNMENT - here % ALIGNMENT)
            } else {
                self.begin(rest, here)?
            };
            rest = &rest[taken..];
        }
        Ok(page.len() - rest.len())
    }

    /// Begins a record: reads it in place if it is all there.
    fn begin(&mut self, rest: &[u8], here: u64) -> Result<usize, WalError> {
        if let Some(length) = rest.first_chunk() {
            let length = record_length(*length, here)?;
            if let Some(record) = rest.get(..length) {
                self.read_record(record, here, here + length as u64)?;
                return Ok(length);
            }
        }
        self.record_start = here;
        self.record.extend_from_slice(rest);
        Ok(rest.len())
    }

    /// Takes what it needs for the record that is being put together.
    fn go_on(&mut self, rest: &[u8], here: u64) -> Result<usize, WalError> {
        let missing = match self.record_length()? {
            Some(length) => length - self.record.len(),
            None => size_of::<u32>() - self.record.len(),
        };
        let taken = missing.min(rest.len());
        self.record.extend_from_slice(&rest[..taken]);
        if self.record_length()? == Some(self.record.len()) {
            let mut record = std::mem::take(&mut self.record);
            self.read_record(&record, self.record_start, here + taken as u64)?;
            record.clear();
            record.shrink_to(KEPT_BUFFER_BYTES);
            self.record = record;
        }
        Ok(taken)
    }

    /// Reads a whole record that begins at `start` and ends at `end`.
    fn read_record(&mut self, record: &[u8], start: u64, end: u64) -> Result<(), WalError> {
        let at = Lsn(start);
        let bad = |reason| WalError::BadRecord { at, reason };
        let header = RecordHeader::read(record).ok_or_else(|| bad("it is too short"))?;
        if !header.checksum_fits(record) {
            return Err(WalError::WrongChecksum(at));
        }
        if self.previous.is_some_and(|previous| previous != header.previous) {
            return Err(bad("it does not follow the record before it"));
        }
        self.previous = Some(start);
        match header.manager {
            Manager::Log if is_switch(header.kind) => {
                // The rest of the segment is empty, page headers included.
                self.padding_until = end.next_multiple_of(self.segment_size_bytes);
                Ok(())
            }
            Manager::Log | Manager::Other => Ok(()),
            _ => {
                let layouts = self.layout.as_ref().map_or(&Layout::ALL[..], std::slice::from_ref);
                layouts
                    .iter()
                    .find_map(|layout| note(&mut self.ledger, &header, record, *layout, Lsn(end)))
                    .ok_or_else(|| bad("its parts do not add up"))
            }
        }
    }
}

fn is_switch(kind: u8) -> bool {
    kind & 0xF0 == 0x40
}

fn record_length(length: [u8; 4], at: u64) -> Result<usize, WalError> {
    let bad = |reason| WalError::BadRecord { at: Lsn(at), reason };
    match usize::try_from(u32::from_le_bytes(length)) {
        Ok(0) => Err(bad("it is empty: the end of the log was passed")),
        Ok(length @ HEADER_BYTES..=MAX_BYTES) => Ok(length),
        _ => Err(bad("its length is impossible")),
    }
}

/// At most `limit` of the bytes there are.
fn clamp(bytes: &[u8], limit: u64) -> usize {
    usize::try_from(limit).map_or(bytes.len(), |limit| limit.min(bytes.len()))
}
