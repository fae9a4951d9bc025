//! Tests: one catalogue before, one after, what the log counted, and what must come of it.

use std::collections::{BTreeMap, BTreeSet};

use super::{Comparison, NetSource, Observer, Touched, agree};
use crate::model::catalog::{Catalog, Column, Table};
use crate::model::change::{GrossRows, NetRows, TableEvent};
use crate::model::name::TableName;
use crate::observe::wal::WalFacts;

const DATABASE: u32 = 5;

fn name(name: &str) -> TableName {
    TableName::new("public", name)
}

/// `id integer` as primary key, and `v text`. The file has the table's number.
fn table(called: &str, oid: u32) -> Table {
    let mut table = Table {
        name: name(called),
        oid,
        filenode: oid,
        kind: 'r',
        unlogged: false,
        columns: Vec::new(),
        primary_key: vec!["id".to_owned()],
        unique_keys: vec![vec!["id".to_owned()]],
        parent: None,
    };
    table.columns = vec![column("id", "integer", 1), column("v", "text", 2)];
    table.columns[0].not_null = true;
    table
}

fn column(name: &str, type_name: &str, position: i16) -> Column {
    Column {
        name: name.to_owned(),
        type_name: type_name.to_owned(),
        position,
        not_null: false,
        generated: false,
        default: None,
    }
}

fn catalog(tables: impl IntoIterator<Item = Table>) -> Catalog {
    Catalog {
        tables: tables.into_iter().map(|table| (table.name.clone(), table)).collect(),
        database_oid: DATABASE,
        enums: BTreeMap::new(),
    }
}

/// `[inserted, updated, deleted]` by file.
fn facts(rows: &[(u32, [u64; 3])]) -> WalFacts {
    let mut facts = WalFacts::default();
    for (file, [inserted, updated, deleted]) in rows.iter().copied() {
        facts.rows.by_file.insert((DATABASE, file), GrossRows { inserted, updated, deleted });
    }
    facts
}

/// An observer of a seed in which each table has 1,000 rows.
fn observer(seed: &Catalog) -> Observer {
    Observer::new(seed.clone(), seed.tables.keys().map(|table| (table.clone(), 1000)).collect())
}

/// What one migration did to a seed.
fn observe(seed: &Catalog, after: &Catalog, rows: &[(u32, [u64; 3])]) -> Vec<Touched> {
    observer(seed).migration(seed, after, &facts(rows))
}

/// The one table that was touched.
#[track_caller]
fn only(mut touched: Vec<Touched>) -> Touched {
    assert_eq!(touched.len(), 1, "{touched:#?}");
    touched.remove(0)
}

#[track_caller]
fn check_counted(touched: &Touched, missing: u64, new: u64) {
    assert_eq!(touched.source, NetSource::Counted(NetRows { missing, new, different: 0 }));
}

#[track_caller]
fn comparison(touched: &Touched) -> &Comparison {
    match &touched.source {
        NetSource::Compare(comparison) => comparison,
        other => panic!("{other:?} compares nothing"),
    }
}

fn events(touched: &Touched) -> Vec<TableEvent> {
    touched.change.events.iter().copied().collect()
}

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
        assert_eq!(
            (query.key, query.columns),
            (vec!["id".to_owned()], vec!["id".to_owned(), "v".to_owned()])
        );
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
fn truncate_and_rewrites_are_compared_from_then_on() {
    let seed = catalog([table("items", 100)]);
    let after = catalog([Table { filenode: 101, ..table("items", 100) }]);
    let mut observer = observer(&seed);
    let truncated = only(observer.migration(&seed, &after, &facts(&[(100, [0, 0, 2]), (101, [5, 0, 0])])));
    assert_eq!(events(&truncated), [TableEvent::Rewritten]);
    assert_eq!(truncated.change.gross, Some(GrossRows { inserted: 5, updated: 0, deleted: 2 }));
    comparison(&truncated);
    let later = only(observer.migration(&after, &after, &facts(&[(101, [1, 0, 0])])));
    comparison(&later);
    assert_eq!((events(&later), later.since_seed), (vec![], None));
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
fn a_dropped_column_shows_though_no_row_was_touched() {
    let seed = catalog([table("items", 100)]);
    let mut narrow = table("items", 100);
    narrow.columns.pop();
    narrow.columns.push(column("extra", "integer", 3));
    let touched = only(observe(&seed, &catalog([narrow.clone()]), &[]));
    check_counted(&touched, 0, 0);
    assert_eq!(touched.change.columns_dropped, ["v"]);
    assert_eq!(touched.change.columns_added, ["extra"]);
    assert!(touched.settle(NetRows::default()).is_some());
    let updated = only(observe(&seed, &catalog([narrow]), &[(100, [0, 9, 0])]));
    let columns: Vec<_> = comparison(&updated).query_before().columns;
    assert_eq!(columns, ["id"], "the rest is compared");
}

#[test]
fn a_renamed_column_is_neither_dropped_nor_added() {
    let seed = catalog([table("items", 100)]);
    let mut after = table("items", 100);
    after.columns[1].name = "text".to_owned();
    let touched = only(observe(&seed, &catalog([after]), &[(100, [0, 1, 0])]));
    assert_eq!((&touched.change.columns_dropped, &touched.change.columns_added), (&vec![], &vec![]));
    assert_eq!(comparison(&touched).query_before().columns, ["id", "v"]);
    assert_eq!(comparison(&touched).query_after().columns, ["id", "text"]);
}

#[test]
fn a_column_dropped_and_added_again_has_lost_its_values() {
    let seed = catalog([table("items", 100)]);
    let mut after = table("items", 100);
    after.columns[1].position = 3;
    let touched = only(observe(&seed, &catalog([after]), &[]));
    assert_eq!(
        (&touched.change.columns_dropped[..], &touched.change.columns_added[..]),
        (&["v".to_owned()][..], &["v".to_owned()][..])
    );
    assert_eq!(comparison(&touched).query_after().columns, ["id", "v"]);
}

#[test]
fn a_type_changed_in_place_is_compared() {
    let seed = catalog([table("items", 100)]);
    let mut after = table("items", 100);
    after.columns[1].type_name = "character varying".to_owned();
    let touched = only(observe(&seed, &catalog([after]), &[]));
    comparison(&touched);
    assert_eq!(touched.since_seed, None);
}

#[test]
fn a_renamed_enum_label_touches_its_tables_alone() {
    let labels = |labels: &[&str]| {
        let labels = labels.iter().map(|&label| label.to_owned()).collect::<Vec<_>>();
        BTreeMap::from([("public.mood".to_owned(), labels)])
    };
    let mut moody = table("items", 100);
    moody.columns[1].type_name = "mood[]".to_owned();
    let seed = Catalog { enums: labels(&["sad", "fine"]), ..catalog([moody, table("other", 200)]) };
    let renamed = Catalog { enums: labels(&["sad", "well"]), ..seed.clone() };
    let touched = only(observe(&seed, &renamed, &[]));
    assert_eq!(comparison(&touched).before, name("items"));
    let longer = Catalog { enums: labels(&["sad", "odd", "fine"]), ..seed.clone() };
    assert_eq!(observe(&seed, &longer, &[]), [], "a label more changes no value");
}

#[test]
fn without_a_primary_key_a_unique_one_without_nulls_identifies_rows() {
    let mut keyless = table("items", 100);
    keyless.primary_key.clear();
    let seed = catalog([keyless.clone()]);
    let touched = only(observe(&seed, &seed, &[(100, [0, 1, 0])]));
    assert_eq!(comparison(&touched).query_before().key, ["id"]);
    keyless.columns[0].not_null = false;
    let after = catalog([keyless]);
    let touched = only(observe(&seed, &after, &[(100, [0, 1, 0])]));
    assert_eq!(comparison(&touched).query_before().key, [""; 0], "it may hold NULL now");
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
