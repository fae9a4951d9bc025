//! Tests of the reader against logs that real servers wrote (`tests/fixtures/wal/README.md`).

use super::facts::{TouchedRows, WalFacts};
use super::{Reader, WalError};
use crate::model::change::GrossRows;
use crate::model::lsn::Lsn;
use crate::model::tuples::TupleIds;

const DATABASE: u32 = 16384;
/// Table, file, and rows inserted, updated, deleted by `workload.sql`.
const EXPECTED: [(&str, u32, [u64; 3]); 10] = [
    ("d", 16385, [0, 0, 333]),
    ("i", 16392, [1304, 1, 0]),
    ("u", 16399, [0, 401, 0]),
    ("p", 16413, [10, 0, 0]),
    ("m1", 16423, [0, 0, 7]),
    ("m2", 16426, [7, 0, 0]),
    ("big", 16436, [1, 0, 0]),
    ("s", 16443, [105, 0, 0]),
    ("t", 16450, [5, 0, 0]),
    ("w", 16454, [51, 0, 0]),
];

struct Sample {
    start: Lsn,
    segment_size_bytes: u64,
    bytes: Vec<u8>,
}

fn replica() -> Sample {
    let packed = include_bytes!("../../../tests/fixtures/wal/replica.wal.zst");
    let bytes = zstd::decode_all(&packed[..]).unwrap();
    Sample { start: Lsn(0x00A8_25E0), segment_size_bytes: 1 << 20, bytes }
}

fn logical() -> Sample {
    let packed = include_bytes!("../../../tests/fixtures/wal/logical.wal.zst");
    let bytes = zstd::decode_all(&packed[..]).unwrap();
    Sample { start: Lsn(0x0198_B498), segment_size_bytes: 16 << 20, bytes }
}

impl Sample {
    fn reader(&self) -> Reader {
        Reader::new(self.start, self.segment_size_bytes)
    }

    /// The facts when the log comes in chunks of these sizes, over and over.
    fn read(&self, chunk_sizes: &[usize]) -> WalFacts {
        let (mut reader, mut rest) = (self.reader(), &self.bytes[..]);
        for size in chunk_sizes.iter().cycle() {
            let (chunk, later) = rest.split_at(rest.len().min(*size));
            reader.feed(chunk).unwrap();
            rest = later;
            if rest.is_empty() {
                break;
            }
        }
        assert_eq!(reader.position().0, self.start.0 + self.bytes.len() as u64);
        reader.finish()
    }
}

#[track_caller]
fn check(facts: &WalFacts) {
    for (table, file, [inserted, updated, deleted]) in EXPECTED {
        let rows = facts.rows.by_file.get(&(DATABASE, file)).copied().unwrap_or_default();
        assert_eq!(rows, GrossRows { inserted, updated, deleted }, "rows of {table}");
    }
    assert_eq!(facts.undecided, 0);
    assert_eq!(facts.moved.get(&(DATABASE, 16423)), Some(&7), "rows that went to another partition");
    assert_eq!(facts.copied.get(&(DATABASE, 16454)), Some(&50), "rows that the rewrite of w copied");
    assert_eq!(facts.copied.get(&(DATABASE, 16450)), None, "t was truncated and filled, not rewritten");
}

#[test]
fn rows_are_counted_as_the_statements_wrote_them() {
    check(&replica().read(&[usize::MAX]));
    check(&logical().read(&[usize::MAX]));
}

#[test]
fn chunks_may_be_cut_anywhere() {
    let sample = replica();
    let whole = sample.read(&[usize::MAX]);
    for sizes in [&[1][..], &[3, 1, 4, 1, 5, 9, 2, 6], &[23], &[8191], &[8192], &[8193, 40], &[100_000]] {
        assert_eq!(sample.read(sizes), whole, "in chunks of {sizes:?}");
    }
}

#[test]
fn stretches_add_up_to_the_whole() {
    let sample = logical();
    let whole = sample.read(&[usize::MAX]);
    let mut reader = sample.reader();
    let (mut sum, mut had_undecided) = (WalFacts::default(), false);
    for chunk in sample.bytes.chunks(1000) {
        reader.feed(chunk).unwrap();
        let facts = reader.take();
        had_undecided |= facts.undecided > 0;
        for (file, rows) in facts.rows.by_file {
            let total = sum.rows.by_file.entry(file).or_default();
            total.inserted += rows.inserted;
            total.updated += rows.updated;
            total.deleted += rows.deleted;
        }
        for (file, touched) in facts.touched {
            match (sum.touched.entry(file).or_insert_with(|| TouchedRows::At(TupleIds::default())), touched) {
                (TouchedRows::At(sum), TouchedRows::At(more)) => sum.unite(&more),
                (sum, _) => *sum = TouchedRows::TooMany,
            }
        }
        sum.committed += facts.committed;
        sum.aborted += facts.aborted;
    }
    assert!(had_undecided, "some stretch ends inside a transaction");
    assert_eq!(touched_at(&sum, "u"), touched_at(&whole, "u"));
    assert_eq!((sum.rows, sum.committed, sum.aborted), (whole.rows, whole.committed, whole.aborted));
}

/// Where rows of a table were touched.
#[track_caller]
fn touched_at(facts: &WalFacts, table: &str) -> Vec<(u32, u16)> {
    let (_, file, _) = EXPECTED.into_iter().find(|(name, ..)| *name == table).unwrap();
    match &facts.touched[&(DATABASE, file)] {
        TouchedRows::At(ids) => ids.iter().map(|id| (id.block, id.offset)).collect(),
        TouchedRows::TooMany => panic!("too many of {table}"),
    }
}

#[test]
fn rows_are_known_by_where_they_lie_whatever_became_of_the_transaction() {
    for facts in [replica().read(&[usize::MAX]), logical().read(&[usize::MAX])] {
        // All 1,000 rows of d were deleted once, most of them in a transaction that was rolled back.
        assert_eq!(touched_at(&facts, "d").len(), 1000);
        // 400 rows of u and the places they went to; one of them, and one in a savepoint, a second time.
        let u = touched_at(&facts, "u");
        assert!(
            (1..=400).all(|number| u.contains(&(u32::from(number > 226), (number - 1) % 226 + 1))),
            "{u:?}"
        );
        assert!((800..=802).contains(&u.len()), "{}", u.len());
        // A copy fills pages; p's second transaction was prepared and rolled back.
        assert_eq!(touched_at(&facts, "p").len(), 30);
        assert_eq!(touched_at(&facts, "m1").len(), 7);
        let truncated = facts.touched.get(&(DATABASE, 16450));
        assert_eq!(truncated, Some(&TouchedRows::TooMany), "t got a new file");
    }
}

#[test]
fn a_record_begun_before_the_start_is_left_out() {
    let sample = replica();
    let mut skipped = 0;
    // Every page boundary of the sample is a possible start, most of them inside a record.
    let first = sample.start.0.next_multiple_of(8192) - sample.start.0;
    for offset in (usize::try_from(first).unwrap()..sample.bytes.len()).step_by(8192) {
        let mut reader = Reader::new(Lsn(sample.start.0 + offset as u64), sample.segment_size_bytes);
        if sample.bytes[offset..offset + 2] == [0, 0] {
            // Behind a switch of segments pages are empty, and nothing begins there.
            continue;
        }
        reader.feed(&sample.bytes[offset..]).unwrap();
        skipped += 1;
    }
    assert!(skipped > 20, "{skipped} starts were tried");
}

#[test]
fn a_flipped_bit_is_an_error_that_stays() {
    let sample = replica();
    for at in [5000, 20_000, 100_000, 300_000] {
        let mut bytes = sample.bytes.clone();
        bytes[at] ^= 0x10;
        let mut reader = sample.reader();
        let error = reader.feed(&bytes).unwrap_err();
        assert_eq!(reader.feed(&[]).unwrap_err(), error);
    }
}

#[test]
fn reading_past_the_end_is_an_error() {
    let sample = replica();
    let mut reader = sample.reader();
    reader.feed(&sample.bytes).unwrap();
    let error = reader.feed(&[0; 64]).unwrap_err();
    assert!(error.to_string().contains("the end of the log was passed"), "{error}");
}

#[test]
fn a_start_between_records_must_be_aligned() {
    assert_eq!(Reader::new(Lsn(13), 1 << 24).feed(&[0]), Err(WalError::Misaligned(Lsn(13))));
}

#[test]
fn pages_of_other_versions_and_other_places_are_refused() {
    let sample = replica();
    let page = usize::try_from(sample.start.0.next_multiple_of(8192) - sample.start.0).unwrap();
    let at = Lsn(sample.start.0 + page as u64);
    let mut old = sample.bytes.clone();
    old[page] = 0x01;
    assert_eq!(sample.reader().feed(&old), Err(WalError::UnknownMagic { at, magic: 0xD101 }));
    let mut recycled = sample.bytes.clone();
    recycled[page + 10] ^= 1;
    assert!(
        matches!(sample.reader().feed(&recycled), Err(WalError::WrongPage { at: found, .. }) if found == at)
    );
}
