//! Columns, their types and keys.

use super::*;

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
