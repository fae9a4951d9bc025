//! Confining a query to rows that are known by their tuple ids.
//!
//! A server reads a listed id in about a microsecond, however large the table: parsing and planning included. Of more than a
//! few the pages are read that hold them, in ranges: what else is on these pages is the same on both sides. Where that is much
//! more than what was touched, most of it is held back by a bitmap of the server's own hash of tuple ids, which lets the same
//! rows through on both sides, as it depends on the id alone.

use std::fmt::Write as _;

use super::statement::Server;
use crate::model::tuples::{TupleId, TupleIds};

/// More ids than this are not listed: a literal of 2.6 MB.
const MOST_LISTED: u64 = 200_000;
/// Ranges are drawn together until there are no more than these: a literal of 1 MB.
const MOST_RANGES: usize = 40_000;
/// A range begins anew only beyond so many pages: reading one costs as much as beginning a range.
const LEAST_GAP: u32 = 2;
/// Bits of the bitmap for each id: at eight, one of nine other rows comes through.
const BITS_PER_ID: u64 = 8;
const LEAST_BITS: u64 = 1 << 16;
/// A literal of 8 MB. Where that is less than eight bits an id more rows come through.
const MOST_BITS: u64 = 1 << 25;

/// What stands behind FROM, rows being called `t`, so that those are read that were touched. Depends on nothing but its
/// arguments, so that both sides of a comparison get the same.
pub(super) fn confine(table: &str, ids: &TupleIds, server: Server) -> String {
    if ids.len() <= MOST_LISTED {
        return format!("{table} AS t WHERE t.ctid = ANY ('{}'::tid[])", list(ids.iter()));
    }
    if !server.reads_ranges {
        return format!("{table} AS t");
    }
    let Pages { ranges, rows } = Pages::of(ids);
    let bound = |offset: u16, block: fn(&Range) -> u32| {
        list(ranges.iter().map(|range| TupleId { block: block(range), offset }))
    };
    let (first, last) = (bound(0, |range| range.first), bound(u16::MAX, |range| range.last));
    // Without OFFSET the planner would draw the inner query into the outer one, and scan the whole table for each range.
    format!(
        "unnest('{first}'::tid[], '{last}'::tid[]) AS r (first, last) CROSS JOIN LATERAL (SELECT t.ctid, t.* FROM {table} \
         AS t WHERE t.ctid >= r.first AND t.ctid <= r.last{} OFFSET 0) AS t",
        held_back(ids, rows, server).unwrap_or_default()
    )
}

/// The condition that holds back most rows that were not touched, with AND before it; `None` where there are few of these.
fn held_back(ids: &TupleIds, rows: u64, server: Server) -> Option<String> {
    // To look at a row costs an eighth of what it takes to send and compare it.
    let is_worth_it = server.hashes_ids && rows - rows / 8 > ids.len();
    is_worth_it.then(|| {
        let (bitmap, mask) = bitmap(ids);
        let bitmap = hex::encode(bitmap);
        format!(" AND get_bit(decode('{bitmap}', 'hex'), hashtid(t.ctid) & {mask}) = 1")
    })
}

/// Pages that hold touched rows.
struct Pages {
    ranges: Vec<Range>,
    /// How many rows they may hold, if each holds as many as any of those that were touched.
    rows: u64,
}

/// Pages one behind the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Range {
    first: u32,
    last: u32,
}

impl Pages {
    fn of(ids: &TupleIds) -> Self {
        let mut ranges: Vec<Range> = Vec::new();
        let mut most = 0;
        for TupleId { block, offset } in ids.iter() {
            most = most.max(offset);
            match ranges.last_mut() {
                Some(range) if block - range.last <= LEAST_GAP => range.last = block,
                _ => ranges.push(Range { first: block, last: block }),
            }
        }
        let mut gap = LEAST_GAP;
        while ranges.len() > MOST_RANGES && gap < u32::MAX {
            gap = gap.saturating_mul(2);
            ranges = drawn_together(&ranges, gap);
        }
        let pages: u64 = ranges.iter().map(|range| u64::from(range.last - range.first) + 1).sum();
        Self { ranges, rows: pages * u64::from(most) }
    }
}

/// Ranges with those made one that lie close together.
fn drawn_together(ranges: &[Range], gap: u32) -> Vec<Range> {
    let mut drawn: Vec<Range> = Vec::new();
    for range in ranges {
        match drawn.last_mut() {
            Some(last) if range.first - last.last <= gap => last.last = range.last,
            _ => drawn.push(*range),
        }
    }
    drawn
}

fn list(ids: impl Iterator<Item = TupleId>) -> String {
    let mut list = String::from("{");
    for (number, TupleId { block, offset }) in ids.enumerate() {
        let comma = if number == 0 { "" } else { "," };
        // Writing to a string does not fail.
        let _ = write!(list, r#"{comma}"({block},{offset})""#);
    }
    list.push('}');
    list
}

/// A bitmap with the bits set that `hash & mask` of the ids stand for, in the order of `get_bit`; and the mask.
fn bitmap(ids: &TupleIds) -> (Vec<u8>, u32) {
    let bits = (ids.len() * BITS_PER_ID).max(LEAST_BITS).next_power_of_two().min(MOST_BITS);
    let mask = u32::try_from(bits - 1).unwrap_or(u32::MAX >> 1);
    let mut bitmap = vec![0; (mask >> 3) as usize + 1];
    for id in ids.iter() {
        let bit = hash(id) & mask;
        bitmap[(bit >> 3) as usize] |= 1 << (bit & 7);
    }
    (bitmap, mask)
}

/// What `hashtid` says of a tuple id, as a bit pattern: Bob Jenkins's lookup3 (public domain) of its six bytes as they
/// lie in the memory of a little-endian server, with PostgreSQL's initial value (`common/hashfn.c`).
pub(super) fn hash(id: TupleId) -> u32 {
    const INITIAL: u32 = 0x9E37_79B9 + 6 + 3_923_095;
    // The upper half of the block's number comes first.
    let (mut a, mut b, mut c) = (INITIAL, INITIAL, INITIAL);
    a = a.wrapping_add(id.block.rotate_left(16));
    b = b.wrapping_add(u32::from(id.offset));
    c = (c ^ b).wrapping_sub(b.rotate_left(14));
    a = (a ^ c).wrapping_sub(c.rotate_left(11));
    b = (b ^ a).wrapping_sub(a.rotate_left(25));
    c = (c ^ b).wrapping_sub(b.rotate_left(16));
    a = (a ^ c).wrapping_sub(c.rotate_left(4));
    b = (b ^ a).wrapping_sub(a.rotate_left(14));
    (c ^ b).wrapping_sub(b.rotate_left(24))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_that_of_the_server() {
        // As PostgreSQL 15 said: SELECT hashtid('(0,1)'), …
        for (block, offset, says) in [
            (0, 1, 799_729_475),
            (1, 2, -1_827_449_972),
            (70_000, 291, -2_095_973_127),
            (u32::MAX, u16::MAX, -1_450_118_175_i32),
        ] {
            assert_eq!(hash(TupleId { block, offset }).cast_signed(), says);
        }
    }

    fn server(reads_ranges: bool, hashes_ids: bool) -> Server {
        Server { hashes_rows: true, hashes_ids, reads_ranges }
    }

    /// Ids of `rows` rows on every page of a step.
    fn spread(pages: u32, step: usize, rows: u16) -> TupleIds {
        let mut ids = TupleIds::default();
        for block in (0..pages).step_by(step) {
            ids.insert(block, 1..=rows).unwrap();
        }
        ids
    }

    #[test]
    fn few_ids_are_listed() {
        let mut few = TupleIds::default();
        few.insert(0, 1..=2).unwrap();
        few.insert(7, 291..=291).unwrap();
        let listed = r#"log AS t WHERE t.ctid = ANY ('{"(0,1)","(0,2)","(7,291)"}'::tid[])"#;
        assert_eq!(confine("log", &few, server(true, true)), listed);
        assert_eq!(confine("log", &few, server(false, false)), listed, "no server is too old for that");
        let none = confine("log", &TupleIds::default(), server(true, true));
        assert_eq!(none, "log AS t WHERE t.ctid = ANY ('{}'::tid[])");
    }

    #[test]
    fn of_many_ids_side_by_side_the_pages_are_read() {
        let mut many = spread(4_000, 1, 60);
        many.insert(9_000, 5..=5).unwrap();
        let expected = r#"unnest('{"(0,0)","(9000,0)"}'::tid[], '{"(3999,65535)","(9000,65535)"}'::tid[]) AS r (first, last) CROSS JOIN LATERAL (SELECT t.ctid, t.* FROM log AS t WHERE t.ctid >= r.first AND t.ctid <= r.last OFFSET 0) AS t"#;
        assert_eq!(confine("log", &many, server(true, true)), expected);
    }

    #[test]
    fn of_many_ids_far_from_each_other_the_rows_between_are_held_back() {
        let mut many = spread(500_000, 2, 1);
        many.insert(7, 60..=60).unwrap();
        let confined = confine("log", &many, server(true, true));
        assert!(confined.starts_with(r#"unnest('{"(0,0)"}'::tid[], '{"(499998,65535)"}'::tid[])"#));
        assert!(confined.ends_with("', 'hex'), hashtid(t.ctid) & 2097151) = 1 OFFSET 0) AS t"));
        assert!(!confine("log", &many, server(true, false)).contains("hashtid"), "not by another hash");
    }

    #[test]
    fn ranges_are_drawn_together_until_they_are_few() {
        let Pages { ranges, rows } = Pages::of(&spread(1_200_000, 5, 1));
        assert_eq!((ranges.len(), rows), (1, 1_199_996), "240,000 ranges would be too many");
        let Pages { ranges, rows } = Pages::of(&spread(100_000, 5, 10));
        assert_eq!((ranges.len(), rows), (20_000, 200_000));
        assert_eq!(ranges[1], Range { first: 5, last: 5 });
        let Pages { ranges, .. } = Pages::of(&spread(100, 3, 1));
        assert_eq!(ranges.len(), 34, "a gap of two pages is worth a range of its own");
        assert_eq!(Pages::of(&spread(100, 2, 1)).ranges, [Range { first: 0, last: 98 }]);
    }

    #[test]
    fn a_bitmap_holds_all_of_many_ids_and_few_others() {
        let many = spread(3_000, 1, 100);
        let (bitmap, mask) = bitmap(&many);
        let has = |id| {
            let bit = hash(id) & mask;
            bitmap[(bit >> 3) as usize] >> (bit & 7) & 1 == 1
        };
        assert!(many.iter().all(has));
        let others = (3000..6000).flat_map(|block| (1..=100).map(move |offset| TupleId { block, offset }));
        let through = others.filter(|id| has(*id)).count();
        assert!(through < 300_000 / 8, "{through} of 300000 others come through");
        assert_eq!(bitmap.len() as u64 * 8, u64::from(mask) + 1);
    }

    #[test]
    fn many_ids_are_all_rows_to_a_server_that_reads_no_ranges() {
        assert_eq!(confine("log", &spread(3_000, 1, 100), server(false, false)), "log AS t");
    }
}
