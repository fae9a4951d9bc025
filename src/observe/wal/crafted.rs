//! Tests of the reader against logs made by hand: other versions than the samples', and what is hard to provoke.

use super::facts::{ExclusiveHold, TouchedRows, WalFacts};
use super::{Reader, WalError};
use crate::model::change::GrossRows;
use crate::model::lsn::Lsn;

const SEGMENT_SIZE_BYTES: u64 = 1 << 20;
const PAGE_BYTES: u64 = 8192;
/// All logs begin here, on the second page of a segment.
const START: u64 = SEGMENT_SIZE_BYTES + PAGE_BYTES;

const TRANSACTION: u8 = 1;
const STANDBY: u8 = 8;
const HEAP: u8 = 10;
const HEAP2: u8 = 9;
const INSERT: u8 = 0x00;
const DELETE: u8 = 0x10;
const UPDATE: u8 = 0x20;
const HOT_UPDATE: u8 = 0x40;
const CONFIRM: u8 = 0x50;
const LOCK: u8 = 0x60;
const MULTI_INSERT: u8 = 0x50;
const MAKES_PAGE: u8 = 0x80;
const COMMIT: u8 = 0x00;
const ABORT: u8 = 0x20;
const COMMIT_PREPARED: u8 = 0x30;
const HAS_PARTS: u8 = 0x80;

/// A log as a server of some version would write it.
struct Log {
    magic: u16,
    bytes: Vec<u8>,
    previous: u64,
}

impl Log {
    fn new(magic: u16) -> Self {
        let mut log = Self { magic, bytes: Vec::new(), previous: 0 };
        log.page(0, 0);
        log
    }

    fn end(&self) -> u64 {
        START + self.bytes.len() as u64
    }

    fn page(&mut self, flags: u16, remaining: u32) {
        let address = self.end();
        assert_eq!(address % PAGE_BYTES, 0);
        self.bytes.extend([self.magic.to_le_bytes(), flags.to_le_bytes()].concat());
        self.bytes.extend(1_u32.to_le_bytes());
        self.bytes.extend(address.to_le_bytes());
        self.bytes.extend(u64::from(remaining).to_le_bytes());
    }

    /// A record on the page at hand.
    fn record(&mut self, xid: u32, manager: u8, kind: u8, body: &[u8]) -> &mut Self {
        let length = u32::try_from(24 + body.len()).unwrap();
        let mut header = [length.to_le_bytes(), xid.to_le_bytes()].concat();
        header.extend(self.previous.to_le_bytes());
        header.extend([kind, manager, 0, 0]);
        let crc = crc32c::crc32c_append(crc32c::crc32c(body), &header);
        header.extend(crc.to_le_bytes());
        self.previous = self.end();
        self.bytes.extend(header);
        self.bytes.extend(body);
        self.bytes.resize(self.bytes.len().next_multiple_of(8), 0);
        self
    }

    fn insert(&mut self, xid: u32, image: &[u8]) -> &mut Self {
        self.record(xid, HEAP, INSERT, &body(image, &[1, 0, 0]))
    }

    fn commit(&mut self, xid: u32) -> &mut Self {
        self.record(xid, TRANSACTION, COMMIT, &own(&[0; 8]))
    }

    fn read(&self) -> Result<WalFacts, WalError> {
        let mut reader = Reader::new(Lsn(START), SEGMENT_SIZE_BYTES);
        reader.feed(&self.bytes)?;
        Ok(reader.finish())
    }

    /// What a reader finds that begins behind the page header, and so cannot know the version.
    fn read_without_header(&self) -> WalFacts {
        let mut reader = Reader::new(Lsn(START + 24), SEGMENT_SIZE_BYTES);
        reader.feed(&self.bytes[24..]).unwrap();
        reader.finish()
    }
}

/// A body of a record's own part alone.
fn own(main: &[u8]) -> Vec<u8> {
    let mut body = vec![255, u8::try_from(main.len()).unwrap()];
    body.extend(main);
    body
}

/// A body that touches block 0 of file 77 in database 5. `image` is the header of a page image, of which the first
/// two bytes are its length.
fn body(image: &[u8], main: &[u8]) -> Vec<u8> {
    let mut body = vec![0, if image.is_empty() { 0 } else { 0x10 }, 0, 0];
    body.extend(image);
    body.extend([1663_u32, 5, 77, 0].iter().flat_map(|number| number.to_le_bytes()));
    body.extend([255, u8::try_from(main.len()).unwrap()]);
    let image_bytes = image.first_chunk().map_or(0, |length| u16::from_le_bytes(*length));
    body.extend(std::iter::repeat_n(0xAA, usize::from(image_bytes)));
    body.extend(main);
    body
}

/// A body that touches this block of file 77 first and, if there is one, the old block second, without data or images.
fn moving(block: u32, old_block: Option<u32>, main: &[u8]) -> Vec<u8> {
    let mut body = vec![0, 0, 0, 0];
    body.extend([1663_u32, 5, 77, block].iter().flat_map(|number| number.to_le_bytes()));
    if let Some(old_block) = old_block {
        // The same file as block 0's.
        body.extend([1, 0x80, 0, 0]);
        body.extend(old_block.to_le_bytes());
    }
    body.extend(own(main));
    body
}

/// The own part of an update.
fn update(old: u16, new: u16) -> Vec<u8> {
    let mut main = vec![7, 0, 0, 0];
    main.extend(old.to_le_bytes());
    main.extend([0, 0, 0, 0, 0, 0]);
    main.extend(new.to_le_bytes());
    main
}

/// An image header: length, offset of the hole, flags, and the hole's length for compressed ones.
fn image(length: u16, hole: u16, flags: u8, hole_length: Option<u16>) -> Vec<u8> {
    let mut image = [length.to_le_bytes(), hole.to_le_bytes()].concat();
    image.push(flags);
    image.extend(hole_length.iter().flat_map(|length| length.to_le_bytes()));
    image
}

#[track_caller]
fn check(facts: &WalFacts, inserted: u64, deleted: u64) {
    let rows = facts.rows.by_file.get(&(5, 77)).copied().unwrap_or_default();
    assert_eq!(rows, GrossRows { inserted, updated: 0, deleted });
    assert_eq!(facts.undecided, 0);
}

#[test]
fn page_images_are_read_as_each_version_writes_them() {
    // The bits for "apply" and "compressed" changed places in 15.
    let before_15 = [image(100, 40, 0x05, None), image(90, 0, 0x06, None), image(80, 40, 0x07, Some(9))];
    let since_15 = [image(100, 40, 0x03, None), image(90, 0, 0x0A, None), image(80, 40, 0x13, Some(9))];
    let versions = [
        (0xD106, &before_15),
        (0xD10D, &before_15),
        (0xD110, &since_15),
        (0xD113, &since_15),
        (0xD116, &since_15),
        (0xD118, &since_15),
    ];
    for (magic, images) in versions {
        let mut log = Log::new(magic);
        // A hole of 8092 bytes leaves 100.
        for image in images {
            log.insert(7, image);
        }
        log.insert(7, &[]).commit(7);
        check(&log.read().unwrap(), 4, 0);
        check(&log.read_without_header(), 4, 0);
    }
}

#[test]
fn a_page_image_of_another_version_does_not_fit() {
    let mut log = Log::new(0xD110);
    log.insert(7, &image(80, 40, 0x07, None)).commit(7);
    assert!(matches!(log.read(), Err(WalError::BadRecord { .. })));
}

#[test]
fn commits_list_dropped_statistics_in_12_bytes_and_since_18_in_16() {
    for (magic, item_bytes) in [(0xD110, 12), (0xD118, 16)] {
        let mut main = vec![0; 8];
        main.extend((0x100_u32 | 0x10 | 0x02).to_le_bytes());
        main.extend([2_u32, 8, 9].iter().flat_map(|number| number.to_le_bytes()));
        main.extend(3_u32.to_le_bytes());
        main.extend(vec![1; 3 * item_bytes]);
        main.extend(7_u32.to_le_bytes());
        let mut log = Log::new(magic);
        log.insert(7, &[]).insert(8, &[]).insert(9, &[]).insert(10, &[]);
        log.record(10, TRANSACTION, 0x20, &own(&[0; 8]));
        log.record(0, TRANSACTION, COMMIT_PREPARED | HAS_PARTS, &own(&main));
        check(&log.read().unwrap(), 3, 0);
        check(&log.read_without_header(), 3, 0);
        assert_eq!(log.read().unwrap().aborted, 1);
    }
}

#[test]
fn a_prepared_transaction_is_committed_by_another_session() {
    let mut main = vec![0; 8];
    main.extend((0x01_u32 | 0x10 | 0x20 | 0x80).to_le_bytes());
    main.extend([5_u32, 1663, 7].iter().flat_map(|number| number.to_le_bytes()));
    main.extend(b"name\0");
    main.extend([0; 16]);
    let mut log = Log::new(0xD110);
    log.insert(7, &[]).record(7, TRANSACTION, 0x10, &own(&[0; 40]));
    assert_eq!(log.read().unwrap().undecided, 1);
    log.record(0, TRANSACTION, COMMIT_PREPARED | HAS_PARTS, &own(&main));
    check(&log.read().unwrap(), 1, 0);
}

#[test]
fn a_row_that_was_withdrawn_on_conflict_never_was() {
    let mut log = Log::new(0xD110);
    log.insert(7, &[]).insert(7, &[]);
    log.record(7, HEAP, DELETE, &body(&[], &[7, 0, 0, 0, 1, 0, 0, 0x08]));
    log.record(7, HEAP, DELETE, &body(&[], &[7, 0, 0, 0, 1, 0, 0, 0x00]));
    check(&log.commit(7).read().unwrap(), 1, 1);
}

#[test]
fn rows_are_touched_where_they_were_and_where_they_went() {
    let mut log = Log::new(0xD110);
    log.record(7, HEAP, UPDATE, &moving(3, Some(2), &update(10, 1)));
    log.record(7, HEAP, HOT_UPDATE, &moving(4, None, &update(11, 12)));
    log.record(7, HEAP, DELETE, &moving(5, None, &[7, 0, 0, 0, 44, 1, 0, 0]));
    log.record(7, HEAP2, MULTI_INSERT, &moving(6, None, &[0, 0, 2, 0, 5, 0, 9, 0]));
    log.record(7, HEAP2, MULTI_INSERT | MAKES_PAGE, &moving(70_000, None, &[0, 0, 2, 0]));
    // Locks and confirmations touch no row.
    log.record(7, HEAP, LOCK, &moving(8, None, &[0; 8]));
    log.record(7, HEAP, CONFIRM, &moving(8, None, &[1, 0]));
    log.record(7, TRANSACTION, ABORT, &own(&[0; 8]));
    let facts = log.read().unwrap();
    let TouchedRows::At(ids) = &facts.touched[&(5, 77)] else { panic!("{facts:?}") };
    let ids: Vec<_> = ids.iter().map(|id| (id.block, id.offset)).collect();
    let expected = [(2, 10), (3, 1), (4, 11), (4, 12), (5, 300), (6, 5), (6, 9), (70_000, 1), (70_000, 2)];
    assert_eq!(ids, expected);
    check(&facts, 0, 0);
}

#[test]
fn a_lock_against_everybody_is_told_with_the_end_of_its_transaction_and_of_the_one_before() {
    let lock = |xid: u32, table: u32| {
        own(&[1_u32, xid, 5, table].iter().flat_map(|number| number.to_le_bytes()).collect::<Vec<_>>())
    };
    let ended = |at: u64| own(&at.to_le_bytes());
    // Committed at 300 with its subtransaction 9.
    let mut committed = 300_u64.to_le_bytes().to_vec();
    committed.extend([0x02_u32, 1, 9].iter().flat_map(|number| number.to_le_bytes()));
    let mut log = Log::new(0xD110);
    log.record(7, STANDBY, 0, &lock(7, 77)).record(7, TRANSACTION, ABORT, &ended(100));
    log.record(9, STANDBY, 0, &lock(9, 78));
    // A checkpoint tells what is held once more.
    log.record(0, STANDBY, 0, &lock(9, 78)).record(10, STANDBY, 0, &lock(10, 80));
    log.record(8, TRANSACTION, COMMIT | HAS_PARTS, &own(&committed));
    let hold =
        |xid, table, after_us, until_us| ExclusiveHold { xid, relation: (5, table), after_us, until_us };
    // The tenth goes on.
    let expected = [hold(7, 77, None, 100), hold(8, 78, Some(100), 300)];
    assert_eq!(log.read().unwrap().exclusive, expected);
}

#[test]
fn a_record_cut_by_a_crash_is_forgotten() {
    let mut cut = Log::new(0xD110);
    cut.insert(7, &[]);
    let previous = cut.previous;
    // The beginning of a record that would end on the next page.
    cut.bytes.extend(10_000_u32.to_le_bytes());
    cut.bytes.resize(8192, 0xBB);
    let mut given_up = Log { magic: cut.magic, bytes: cut.bytes.clone(), previous };
    given_up.page(0x08, 0);
    given_up.commit(7);
    check(&given_up.read().unwrap(), 1, 0);
    cut.page(0, 0);
    assert!(matches!(cut.commit(7).read(), Err(WalError::BadPage { .. })));
}

#[test]
fn a_record_that_does_not_follow_the_one_before_it_is_refused() {
    let mut log = Log::new(0xD110);
    log.insert(7, &[]);
    log.previous -= 8;
    assert!(matches!(log.commit(7).read(), Err(WalError::BadRecord { .. })));
}
