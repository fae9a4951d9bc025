//! Tables made, dropped, renamed and replaced.

use super::*;
use crate::observe::change::agree;
use crate::observe::wal::{Succession, Successor};

#[test]
fn a_dropped_table_loses_all_rows_of_the_seed() {
    let seed = catalog([table("items", 100), table("other", 200)]);
    let after = catalog([table("other", 200)]);
    let touched = only(observe(&seed, &after, &[(100, [0, 0, 10])]));
    check_counted(&touched, 1000, 0);
    assert_eq!((events(&touched), touched.change.rows_in_seed), (vec![TableEvent::Dropped], 1000));
    assert_eq!(agree(&touched, NetRows { missing: 1000, ..NetRows::default() }, None), [""; 0]);
}

#[test]
fn a_created_table_is_counted() {
    let seed = catalog([table("items", 100)]);
    let after = catalog([table("items", 100), table("fresh", 400)]);
    let mut observer = observer(&seed);
    let touched = only(observer.migration(&seed, &after, &facts(&[(400, [3, 0, 0])])));
    assert_eq!((&touched.source, events(&touched)), (&NetSource::Count, vec![TableEvent::Created]));
    let again = only(observer.migration(&after, &after, &facts(&[(400, [2, 0, 0])])));
    assert_eq!((&again.source, events(&again)), (&NetSource::Count, vec![]));
    let gone = only(observer.migration(&after, &seed, &WalFacts::default()));
    check_counted(&gone, 0, 0);
    assert_eq!(gone.change.rows_in_seed, 0);
}

#[test]
fn a_copy_under_the_old_name_is_compared_with_the_seed() {
    let seed = catalog([table("items", 100)]);
    let mut copy = table("items", 500);
    copy.primary_key.clear();
    copy.unique_keys.clear();
    let touched = only(observe(&seed, &catalog([copy]), &[(500, [10, 0, 0])]));
    assert_eq!(events(&touched), [TableEvent::Replaced]);
    assert_eq!(comparison(&touched).key, [], "the copy has no key");
    assert_eq!(touched.since_seed, None);
}

#[test]
fn a_copy_made_by_an_earlier_migration_is_compared_once_it_has_the_name() {
    let seed = catalog([table("items", 100)]);
    let between = catalog([table("items", 100), table("items_new", 500)]);
    let mut observer = observer(&seed);
    let first = only(observer.migration(&seed, &between, &facts(&[(500, [10, 0, 0])])));
    assert_eq!((first.source, first.change.table), (NetSource::Count, name("items_new")));
    let after = catalog([table("items", 500)]);
    let second = only(observer.migration(&between, &after, &WalFacts::default()));
    assert_eq!((events(&second), &second.change.table), (vec![TableEvent::Replaced], &name("items")));
    assert_eq!(comparison(&second).before, name("items"));
    assert_eq!(second.change.rows_in_seed, 1000);
}

#[test]
fn the_old_table_may_go_once_another_has_its_name() {
    let seed = catalog([table("items", 100)]);
    let swapped = catalog([table("items", 500), table("items_old", 100)]);
    let mut observer = observer(&seed);
    let first = observer.migration(&seed, &swapped, &facts(&[(500, [1000, 0, 0])]));
    assert_eq!((first.len(), events(&first[0])), (2, vec![TableEvent::Replaced]));
    comparison(&first[0]);
    check_counted(&first[1], 0, 0);
    assert_eq!(first[1].renamed_from, Some(name("items")));
    let gone = only(observer.migration(&swapped, &catalog([table("items", 500)]), &WalFacts::default()));
    check_counted(&gone, 0, 0);
    assert_eq!((events(&gone), gone.change.rows_in_seed), (vec![TableEvent::Dropped], 0));
}

#[test]
fn a_table_renamed_and_then_dropped_is_lost() {
    let seed = catalog([table("items", 100)]);
    let renamed = catalog([table("archive", 100)]);
    let mut observer = observer(&seed);
    let first = only(observer.migration(&seed, &renamed, &WalFacts::default()));
    check_counted(&first, 0, 0);
    assert_eq!((&first.change.table, events(&first)), (&name("archive"), vec![]));
    check_counted(&only(observer.migration(&renamed, &catalog([]), &WalFacts::default())), 1000, 0);
}

#[test]
fn a_renamed_table_is_known_by_its_new_name() {
    let seed = catalog([table("items", 100)]);
    let after = catalog([table("goods", 100)]);
    let deleted = only(observe(&seed, &after, &[(100, [0, 0, 4])]));
    check_counted(&deleted, 4, 0);
    let updated = only(observe(&seed, &after, &[(100, [0, 4, 0])]));
    let comparison = comparison(&updated);
    assert_eq!((&comparison.before, &comparison.after), (&name("items"), &name("goods")));
}

#[test]
fn two_tables_that_swap_names_are_each_compared_by_name() {
    let seed = catalog([table("a", 100), table("b", 200)]);
    let after = catalog([table("a", 200), table("b", 100)]);
    let touched = observe(&seed, &after, &[]);
    for (touched, called) in touched.iter().zip(["a", "b"]) {
        assert_eq!(comparison(touched).before, name(called));
        assert_eq!(comparison(touched).after, name(called));
    }
    assert_eq!(touched.len(), 2);
}

#[test]
fn partitions_speak_for_a_partitioned_table() {
    let parent = Table { kind: 'p', filenode: 0, ..table("items", 100) };
    let part = |called: &str, oid| Table { parent: Some(name("items")), ..table(called, oid) };
    let seed = catalog([parent.clone(), part("items_1", 101), part("items_2", 102)]);
    let moved = observe(&seed, &seed, &[(101, [0, 0, 7]), (102, [7, 0, 0])]);
    assert_eq!(moved.len(), 2);
    check_counted(&moved[0], 7, 0);
    check_counted(&moved[1], 0, 7);
    let after = catalog([parent, part("items_1", 101)]);
    check_counted(&only(observe(&seed, &after, &[])), 1000, 0);
    let all = observe(&seed, &catalog([]), &[]);
    let missing: Vec<_> = all.iter().map(|touched| touched.change.rows_in_seed).collect();
    assert_eq!(missing, [0, 1000, 1000]);
}

#[test]
fn a_table_that_becomes_partitioned_is_compared_as_a_whole() {
    let part = |called: &str, oid| Table { parent: Some(name("items")), ..table(called, oid) };
    let parent = |oid| Table { kind: 'p', filenode: 0, ..table("items", oid) };
    let seed = catalog([table("items", 100)]);
    let after = catalog([parent(500), part("items_1", 501)]);
    let touched = observe(&seed, &after, &[(501, [990, 0, 0])]);
    assert_eq!(
        (comparison(&touched[0]).after.clone(), touched[0].change.rows_in_seed),
        (name("items"), 1000)
    );

    let seed = catalog([parent(100), part("items_1", 101), part("items_2", 102)]);
    let touched = observe(&seed, &catalog([table("items", 500)]), &[(500, [1990, 0, 0])]);
    assert_eq!(
        (comparison(&touched[0]).before.clone(), touched[0].change.rows_in_seed),
        (name("items"), 2000)
    );
    check_counted(&touched[1], 0, 0);
    check_counted(&touched[2], 0, 0);
}

#[test]
fn rows_are_counted_in_every_file_that_a_table_had_for_a_while() {
    let seed = catalog([table("items", 100), table("gone", 200)]);
    let after = catalog([Table { filenode: 104, ..table("items", 100) }]);
    let mut facts = facts(&[
        (100, [1, 0, 0]),
        (102, [1000, 2, 0]),
        (103, [40, 0, 3]),
        (104, [42, 0, 5]),
        (202, [7, 0, 0]),
        (302, [9, 9, 9]),
    ]);
    let succession = |relation, from, to| Succession { relation, from, to, successor: Successor::Rewritten };
    for (relation, from, to) in [
        ((DATABASE, 100), 100, 102),
        ((DATABASE, 100), 102, 103),
        ((DATABASE, 100), 103, 104),
        ((DATABASE, 200), 200, 202),
        ((DATABASE + 1, 100), 100, 302),
    ] {
        facts.successions.push(succession(relation, from, to));
    }
    facts.copied.extend([((DATABASE, 102), 998), ((DATABASE, 104), 37)]);
    let touched = observer(&seed).migration(&seed, &after, &facts);
    let gross: Vec<_> = touched.iter().map(|touched| touched.change.gross.unwrap()).collect();
    let expected = [
        GrossRows { inserted: 7, ..GrossRows::default() },
        GrossRows { inserted: 1 + 2 + 40 + 5, updated: 2, deleted: 3 + 5 },
    ];
    assert_eq!(gross, expected, "the one that is gone, and the one that stays");
}

#[test]
fn rows_that_an_update_moved_are_told_apart_from_those_that_are_gone() {
    let parent = Table { kind: 'p', filenode: 0, ..table("items", 100) };
    let part = |called: &str, oid| Table { parent: Some(name("items")), ..table(called, oid) };
    let seed = catalog([parent.clone(), part("items_1", 101), part("items_2", 102)]);
    let moving = |rows: &[(u32, [u64; 3])], moved| {
        let mut facts = facts(rows);
        facts.moved.insert((DATABASE, 101), moved);
        facts
    };
    let moved_of = |observer: &mut Observer, after: &Catalog, facts: &WalFacts| {
        let touched = observer.migration(&seed, after, facts).remove(0);
        let NetSource::Counted(net) = touched.source else { panic!("{touched:?}") };
        touched.settle(net).unwrap().moved
    };
    let seven = moving(&[(101, [0, 0, 7]), (102, [7, 0, 0])], 7);
    let mut first = observer(&seed);
    assert_eq!(moved_of(&mut first, &seed, &seven), 7);
    let more = moving(&[(102, [0, 0, 2])], 0);
    assert_eq!(
        moved_of(&mut first, &seed, &more),
        0,
        "told again: some were deleted, and nobody knows which"
    );
    assert_eq!(first.migration(&seed, &seed, &more).len(), 1, "and once is enough");
    let elsewhere = moving(&[(101, [0, 0, 7]), (102, [7, 0, 1])], 7);
    assert_eq!(moved_of(&mut observer(&seed), &seed, &elsewhere), 0, "one of them may be gone by now");
    let fresh = catalog([parent.clone(), part("items_1", 101), part("items_2", 102), part("items_3", 103)]);
    let filled = moving(&[(101, [0, 0, 7]), (103, [7, 0, 0])], 7);
    assert_eq!(moved_of(&mut observer(&seed), &fresh, &filled), 7, "a partition that was made for them");
    let less = catalog([parent, part("items_1", 101)]);
    assert_eq!(moved_of(&mut observer(&seed), &less, &seven), 0, "the one that had them is no more");
}
