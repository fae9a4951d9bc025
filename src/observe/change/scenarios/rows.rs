//! What the log counted, and when that is enough.

use super::*;
use crate::model::tuples::TupleIds;
use crate::observe::change::agree;
use crate::observe::wal::{Succession, Successor, TouchedRows};

#[test]
fn only_inserts_or_only_deletes_need_no_comparison() {
    let seed = catalog([table("items", 100), table("other", 200)]);
    let deleted = only(observe(&seed, &seed, &[(100, [0, 0, 990])]));
    check_counted(&deleted, 990, 0);
    assert_eq!(deleted.change.gross, Some(GrossRows { deleted: 990, ..GrossRows::default() }));
    assert_eq!((deleted.change.table.clone(), deleted.change.rows_in_seed), (name("items"), 1000));
    check_counted(&only(observe(&seed, &seed, &[(200, [7, 0, 0])])), 0, 7);
}

#[test]
fn updates_and_mixtures_are_compared_by_the_primary_key() {
    let seed = catalog([table("items", 100)]);
    for rows in [[0, 300, 0], [50, 0, 50], [1, 1, 0]] {
        let touched = only(observe(&seed, &seed, &[(100, rows)]));
        let query = comparison(&touched).query_after();
        assert_eq!((names(&query.key), names(&query.columns)), (vec!["id"], vec!["id", "v"]));
        assert!(touched.since_seed.is_some());
    }
}

#[test]
fn deletes_after_inserts_of_an_earlier_migration_are_a_mixture() {
    let seed = catalog([table("items", 100)]);
    let mut observer = observer(&seed);
    check_counted(&only(observer.migration(&seed, &seed, &facts(&[(100, [5, 0, 0])]))), 0, 5);
    check_counted(&only(observer.migration(&seed, &seed, &facts(&[(100, [6, 0, 0])]))), 0, 11);
    let third = only(observer.migration(&seed, &seed, &facts(&[(100, [0, 0, 3])])));
    comparison(&third);
    assert_eq!(third.change.gross, Some(GrossRows { deleted: 3, ..GrossRows::default() }));
    assert_eq!(third.since_seed, Some(GrossRows { inserted: 11, deleted: 3, updated: 0 }));
    assert_eq!(observer.migration(&seed, &seed, &WalFacts::default()), []);
}

/// As [`facts`], with rows of file 100 that were touched at offset 1 of these blocks.
fn touching(blocks: &[u32], rows: &[(u32, [u64; 3])]) -> WalFacts {
    let mut ids = TupleIds::default();
    for block in blocks {
        ids.insert(*block, 1..=1).unwrap();
    }
    WalFacts { touched: BTreeMap::from([((DATABASE, 100), TouchedRows::At(ids))]), ..facts(rows) }
}

/// The blocks of the rows to which the one comparison is confined.
fn compared_blocks(touched: Vec<Touched>) -> Option<Vec<u32>> {
    let query = comparison(&only(touched)).query_before();
    query.rows.map(|rows| rows.iter().map(|id| id.block).collect())
}

#[test]
fn a_comparison_reads_the_rows_that_were_touched_since_the_seed() {
    let seed = catalog([table("items", 100)]);
    let mut observer = observer(&seed);
    // Rolled back, and so no table is touched; but whoever does not trust that finds the rows compared.
    assert_eq!(observer.migration(&seed, &seed, &touching(&[1], &[])), []);
    check_counted(&only(observer.migration(&seed, &seed, &touching(&[5], &[(100, [0, 0, 1])]))), 1, 0);
    let mixed = observer.migration(&seed, &seed, &touching(&[3, 5], &[(100, [1, 1, 0])]));
    assert_eq!(compared_blocks(mixed), Some(vec![1, 3, 5]));
}

#[test]
fn a_comparison_reads_all_rows_where_others_may_differ_too() {
    let seed = catalog([table("items", 100)]);
    let updated = |after: &Catalog| {
        observer(&seed).migration(&seed, after, &touching(&[1], &[(100, [0, 1, 0]), (101, [0, 1, 0])]))
    };
    assert_eq!(compared_blocks(updated(&seed)), Some(vec![1]));
    let rewritten = catalog([Table { filenode: 101, ..table("items", 100) }]);
    assert_eq!(compared_blocks(updated(&rewritten)), None);
    let mut retyped = table("items", 100);
    retyped.columns[1].type_name = "json".to_owned();
    assert_eq!(compared_blocks(updated(&catalog([retyped]))), None);
    let mut facts = touching(&[], &[(100, [0, 1, 0])]);
    facts.touched.insert((DATABASE, 100), TouchedRows::TooMany);
    assert_eq!(compared_blocks(observer(&seed).migration(&seed, &seed, &facts)), None);
}

#[test]
fn what_no_table_holds_is_left_out() {
    let seed = catalog([table("items", 100), table("_sqlx_migrations", 300), table("stage_migrations", 301)]);
    let rows = [(300, [1, 0, 0]), (301, [1, 1, 0]), (1259, [4, 2, 1]), (9999, [70, 0, 70])];
    assert_eq!(observe(&seed, &seed, &rows), []);
    let mut elsewhere = WalFacts::default();
    elsewhere.rows.by_file.insert((DATABASE + 1, 100), GrossRows { deleted: 5, ..GrossRows::default() });
    assert_eq!(observer(&seed).migration(&seed, &seed, &elsewhere), []);
}

#[test]
fn truncate_and_rewrites_are_compared_from_then_on() {
    let seed = catalog([table("items", 100)]);
    let after = catalog([Table { filenode: 101, ..table("items", 100) }]);
    let mut observer = observer(&seed);
    let mut told = facts(&[(100, [0, 0, 2]), (101, [5, 0, 0])]);
    told.successions.push(Succession {
        relation: (DATABASE, 100),
        from: 100,
        to: 101,
        successor: Successor::Empty,
    });
    let truncated = only(observer.migration(&seed, &after, &told));
    assert_eq!(events(&truncated), [TableEvent::Truncated]);
    assert_eq!(truncated.change.truncated, Some(998));
    assert_eq!(truncated.change.gross, Some(GrossRows { inserted: 5, updated: 0, deleted: 2 }));
    comparison(&truncated);
    let later = only(observer.migration(&after, &after, &facts(&[(101, [1, 0, 0])])));
    comparison(&later);
    assert_eq!((events(&later), later.since_seed), (vec![], None));
    let last = catalog([Table { filenode: 102, ..table("items", 100) }]);
    let mut told = facts(&[(101, [0, 0, 2]), (102, [7, 0, 0])]);
    let succession =
        Succession { relation: (DATABASE, 100), from: 101, to: 102, successor: Successor::Empty };
    told.successions.push(succession);
    let again = only(observer.migration(&after, &last, &told));
    assert_eq!(again.change.truncated, Some(5 + 1 - 2), "what earlier migrations left of it");
}

#[test]
fn rows_that_a_rewrite_copied_were_inserted_by_no_statement() {
    let seed = catalog([table("items", 100)]);
    let mut after = catalog([Table { filenode: 101, ..table("items", 100) }]);
    after.tables.get_mut(&name("items")).unwrap().columns[1].type_name = "integer".to_owned();
    let mut facts = facts(&[(101, [1003, 0, 0])]);
    facts.copied.insert((DATABASE, 101), 1000);
    let touched = only(observer(&seed).migration(&seed, &after, &facts));
    assert_eq!(touched.change.gross, Some(GrossRows { inserted: 3, ..GrossRows::default() }));
    assert_eq!(comparison(&touched).columns[1].before_type, "text");
    assert_eq!(comparison(&touched).columns[1].after_type, "integer");
}

#[test]
fn unlogged_tables_are_always_compared_and_left_out_if_equal() {
    let seed = catalog([Table { unlogged: true, ..table("cache", 100) }]);
    let touched = only(observe(&seed, &seed, &[]));
    comparison(&touched);
    assert_eq!(touched.change.gross, None);
    assert_eq!(touched.clone().settle(NetRows::default()), None);
    let net = NetRows { missing: 3, ..NetRows::default() };
    assert_eq!(touched.settle(net).unwrap().net, net);
}

#[test]
fn a_table_of_the_seed_that_was_never_counted_is_in_doubt() {
    let seed = catalog([table("items", 100)]);
    let mut observer = Observer::new(seed.clone(), BTreeMap::new());
    let touched = only(observer.migration(&seed, &catalog([]), &WalFacts::default()));
    assert_eq!(agree(&touched, NetRows::default(), None).len(), 1);
}

#[test]
fn witnesses_that_contradict_each_other_are_in_doubt() {
    let seed = catalog([table("items", 100)]);
    let touched = only(observe(&seed, &seed, &[(100, [10, 0, 20])]));
    let net = |missing, new, different| NetRows { missing, new, different };
    assert_eq!(agree(&touched, net(20, 10, 0), Some(990)), [""; 0]);
    assert_eq!(agree(&touched, net(15, 5, 5), Some(990)), [""; 0], "five were inserted again, changed");
    assert_eq!(agree(&touched, net(20, 10, 0), Some(991)).len(), 1, "one row more than there can be");
    assert_eq!(agree(&touched, net(25, 15, 0), None).len(), 1, "more missing than were deleted");
    assert_eq!(agree(&touched, net(20, 11, 0), None).len(), 2, "one more new than was inserted");
    assert_eq!(agree(&touched, net(10, 0, 11), None).len(), 1, "more different than both");
    assert_eq!(agree(&touched, net(1010, 1000, 0), None).len(), 2, "more missing than there were");
    let events = BTreeSet::from([TableEvent::Rewritten]);
    let mut rewritten = Touched { since_seed: None, ..touched };
    rewritten.change.events = events;
    assert_eq!(agree(&rewritten, net(900, 0, 100), Some(100)), [""; 0], "a rewrite may do anything");
}

#[test]
fn a_table_that_an_open_transaction_wrote_to_is_in_doubt() {
    let seed = catalog([table("items", 100), table("other", 200)]);
    let mut facts = WalFacts { undecided: 1, ..WalFacts::default() };
    facts.undecided_files.extend([(DATABASE, 200), (DATABASE, 1259), (DATABASE + 1, 100)]);
    let touched = only(observer(&seed).migration(&seed, &seed, &facts));
    assert_eq!((touched.change.table.clone(), touched.doubts.len()), (name("other"), 1));
}
