//! Tests of the merge.

use proptest::prelude::*;

use super::*;

/// A row with columns of four bytes.
fn wide(key: &str, columns: &[u32]) -> RowDigest {
    let mut row = RowDigest::of_key(key.into());
    for column in columns {
        row.push_columns(&[4_u32.to_be_bytes(), column.to_be_bytes()].concat());
    }
    row
}

fn row(key: &str, content: u32) -> RowDigest {
    wide(key, &[content])
}

fn at(offset: u16, mut row: RowDigest) -> RowDigest {
    row.at = Some(TupleId { block: 0, offset });
    row
}

fn rows(rows: &[(&str, u32)]) -> Vec<RowDigest> {
    rows.iter().map(|(key, content)| row(key, *content)).collect()
}

/// Feeds what the merge wants, `batch` rows at a time; also the most rows it ever held.
fn merge(before: Vec<RowDigest>, after: Vec<RowDigest>, batch: usize) -> (NetRows, usize) {
    let (mut before, mut after) = (before.into_iter(), after.into_iter());
    let (mut merge, mut held) = (Merge::new(), 0);
    while let Some(side) = merge.wants() {
        let source = if side == Side::Before { &mut before } else { &mut after };
        let next: Vec<_> = source.take(batch).collect();
        if next.is_empty() {
            merge.end(side);
        } else {
            merge.push(side, next).unwrap();
        }
        held = held.max(merge.before.rows.len() + merge.after.rows.len());
    }
    (merge.finish().unwrap(), held)
}

#[track_caller]
fn check(before: &[(&str, u32)], after: &[(&str, u32)], expected: (u64, u64, u64)) {
    for batch in [1, 2, 100] {
        let (net, _) = merge(rows(before), rows(after), batch);
        assert_eq!((net.missing, net.new, net.different), expected, "in batches of {batch}");
    }
}

#[test]
fn rows_are_missing_new_or_different_by_key() {
    check(&[("a", 1), ("b", 2), ("c", 3)], &[("a", 1), ("c", 4), ("d", 5)], (1, 1, 1));
    check(&[], &[("a", 1), ("b", 1)], (0, 2, 0));
    check(&[("a", 1), ("b", 1)], &[], (2, 0, 0));
    check(&[], &[], (0, 0, 0));
}

#[test]
fn equal_rows_without_a_key_count_each() {
    check(&[("x", 7), ("x", 7), ("x", 7)], &[("x", 7)], (2, 0, 0));
    check(&[("x", 7)], &[("x", 7), ("x", 7), ("y", 8)], (0, 2, 0));
}

#[test]
fn rows_of_one_key_pair_up_by_content_first() {
    check(&[("k", 1), ("k", 2)], &[("k", 2), ("k", 3)], (0, 0, 1));
    check(&[("k", 1), ("k", 2), ("k", 3)], &[("k", 3), ("k", 9)], (1, 0, 1));
}

#[test]
fn rows_out_of_order_are_an_error_without_their_key() {
    let within = Merge::new().push_before(rows(&[("b", 1), ("a", 1)])).unwrap_err();
    assert_eq!(within.kind, ErrorKind::Unverified);
    let mut merge = Merge::new();
    merge.push_after(rows(&[("secret", 1)])).unwrap();
    let across = merge.push_after(rows(&[("a", 1)])).unwrap_err();
    assert!(!across.to_string().contains("secret"));
}

#[test]
fn a_merge_that_was_cut_short_says_so() {
    let mut merge = Merge::new();
    merge.push_before(rows(&[("a", 1)])).unwrap();
    merge.end(Side::Before);
    assert_eq!(merge.wants(), Some(Side::After));
    assert_eq!(merge.finish().unwrap_err().kind, ErrorKind::Unverified);
}

#[test]
fn memory_stays_at_two_batches_whatever_the_sides_do() {
    let many: Vec<_> = (0..10_000).map(|n| row(&format!("{n:05}"), n)).collect();
    let (net, held) = merge(many.clone(), Vec::new(), 100);
    assert_eq!((net.missing, held <= 200), (10_000, true));
    let (net, held) = merge(many[9_000..].to_vec(), many, 100);
    assert_eq!((net.new, held <= 200), (9_000, true));
}

proptest! {
    #[test]
    fn counts_add_up_for_any_two_sides(
        mut before in prop::collection::vec((0_u8..20, 0_u32..3), 0..60),
        mut after in prop::collection::vec((0_u8..20, 0_u32..3), 0..60),
        batch in 1_usize..9,
    ) {
        before.sort_unstable();
        after.sort_unstable();
        let digests = |rows: &[(u8, u32)]| {
            rows.iter().map(|(key, content)| row(char::from(*key).encode_utf8(&mut [0; 4]), *content)).collect()
        };
        let (net, _) = merge(digests(&before), digests(&after), batch);
        // Independently: what is left of each side once equal rows are struck out, key by key.
        let mut expected = NetRows::default();
        for key in 0..20 {
            let of = |rows: &[(u8, u32)]| rows.iter().filter(|row| row.0 == key).copied().collect::<Vec<_>>();
            let (mut left, mut added) = (of(&before), Vec::new());
            for row in of(&after) {
                match left.iter().position(|other| *other == row) {
                    Some(at) => drop(left.remove(at)),
                    None => added.push(row),
                }
            }
            let both = left.len().min(added.len());
            expected.different += both as u64;
            expected.missing += (left.len() - both) as u64;
            expected.new += (added.len() - both) as u64;
        }
        prop_assert_eq!(net, expected);
    }
}

#[test]
fn missing_rows_are_known_by_their_places_and_no_more_than_are_shown() {
    let placed = |key: &str, content, offset| at(offset, row(key, content));
    let mut merge = Merge::new();
    merge.push_before((1..=9).map(|n| placed(&format!("k{n}"), u32::from(n), n)).collect()).unwrap();
    merge.end(Side::Before);
    merge.push_after(vec![row("k1", 1), row("k2", 0), row("k4", 4)]).unwrap();
    merge.end(Side::After);
    let offsets: Vec<u16> = merge.missing_at().iter().map(|at| at.offset).collect();
    assert_eq!(offsets, [3, 5, 6, 7, 8], "k1 and k4 are there, k2 is another one, k9 is one too many");
    assert_eq!(merge.finish().unwrap(), NetRows { missing: 6, new: 0, different: 1 });
}

#[test]
fn of_rows_that_are_alike_but_for_their_key_as_many_places_are_told_as_are_missing() {
    let placed = |content, offset| at(offset, row("k", content));
    let mut merge = Merge::new();
    merge.push_before(vec![placed(1, 1), placed(1, 2), placed(2, 3)]).unwrap();
    merge.end(Side::Before);
    merge.push_after(vec![row("k", 1)]).unwrap();
    merge.end(Side::After);
    let contents: Vec<bool> = merge.missing_at().iter().map(|at| at.offset == 3).collect();
    assert_eq!(contents, [false, true], "one of the two that were alike, and the other one");
}

/// Which of three columns differ.
#[track_caller]
fn check_columns(before: &[(&str, [u32; 3])], after: &[(&str, [u32; 3])], expected: &[usize]) {
    let rows = |rows: &[(&str, [u32; 3])]| -> Vec<RowDigest> {
        rows.iter().map(|(key, columns)| wide(key, columns)).collect()
    };
    for size in 1..=3 {
        let mut merge = Merge::new();
        let (before, after) = (rows(before), rows(after));
        let (mut before, mut after) = (before.chunks(size), after.chunks(size));
        while let Some(side) = merge.wants() {
            let next = if side == Side::Before { before.next() } else { after.next() };
            match next {
                Some(batch) => merge.push(side, batch.to_vec()).unwrap(),
                None => merge.end(side),
            }
        }
        let columns: Vec<usize> = merge.columns().iter().copied().collect();
        assert_eq!(columns, expected, "in batches of {size}");
    }
}

#[test]
fn a_column_differs_if_one_row_of_both_sides_does() {
    let seed = [("a", [1, 1, 1]), ("b", [2, 2, 2]), ("c", [3, 3, 3])];
    check_columns(&seed, &seed, &[]);
    check_columns(&seed, &[("a", [1, 9, 1]), ("b", [2, 2, 2]), ("c", [3, 3, 9])], &[1, 2]);
    check_columns(&seed, &[("a", [9, 9, 9]), ("c", [3, 3, 3])], &[0, 1, 2]);
    let twice = [("a", [1, 1, 1]), ("a", [2, 2, 2])];
    check_columns(&twice, &[("a", [2, 2, 2]), ("a", [1, 1, 7])], &[2]);
}

#[test]
fn rows_of_one_side_say_nothing_of_columns() {
    let seed = [("a", [1, 1, 1]), ("c", [3, 3, 3])];
    check_columns(&seed, &[("b", [7, 7, 7]), ("c", [3, 3, 3]), ("d", [8, 8, 8])], &[]);
    check_columns(&seed, &[], &[]);
    check_columns(&[], &seed, &[]);
}
