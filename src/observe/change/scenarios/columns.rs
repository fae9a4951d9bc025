//! Columns, their types and keys.

use super::*;
use crate::model::digest::Form;

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
    assert_eq!(names(&comparison(&updated).query_before().columns), ["id"], "the rest is compared");
}

#[test]
fn a_renamed_column_is_neither_dropped_nor_added() {
    let seed = catalog([table("items", 100)]);
    let mut after = table("items", 100);
    after.columns[1].name = "text".to_owned();
    let touched = only(observe(&seed, &catalog([after]), &[(100, [0, 1, 0])]));
    assert_eq!((&touched.change.columns_dropped, &touched.change.columns_added), (&vec![], &vec![]));
    assert_eq!(names(&comparison(&touched).query_before().columns), ["id", "v"]);
    assert_eq!(names(&comparison(&touched).query_after().columns), ["id", "text"]);
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
    assert_eq!(names(&comparison(&touched).query_after().columns), ["id", "v"]);
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

#[track_caller]
fn check_form(before: &str, after: &str, expected: Form) {
    let mut seed = table("items", 100);
    seed.columns[1].type_name = before.to_owned();
    let mut now = seed.clone();
    now.columns[1].type_name = after.to_owned();
    let touched = only(observe(&catalog([seed]), &catalog([now]), &[(100, [0, 1, 0])]));
    let forms = [comparison(&touched).query_before(), comparison(&touched).query_after()]
        .map(|query| query.columns[1].form);
    assert_eq!(forms, [expected; 2], "{before} to {after}");
}

#[test]
fn columns_are_compared_by_their_text_or_by_what_is_as_exact() {
    for (name, form) in [
        ("bigint", Form::Integer),
        ("uuid", Form::Uuid),
        ("text", Form::Characters),
        ("timestamp(3) without time zone", Form::Timestamp),
        ("timestamp with time zone", Form::Timestamptz),
        ("numeric(8,2)", Form::Numeric),
        ("jsonb", Form::Jsonb),
        ("bytea", Form::Bytes),
        ("boolean", Form::Value),
        ("date", Form::Value),
    ] {
        check_form(name, name, form);
    }
    let equal_values_may_print_differently = ["double precision", "character(3)", "interval"];
    let unknown = [
        "mood",
        "citext",
        "json",
        "numeric[]",
        "\"char\"",
        "shop.uuid",
        "integer[]",
        "character varying(4)[]",
        "bit(3)",
    ];
    for name in equal_values_may_print_differently.into_iter().chain(unknown) {
        check_form(name, name, Form::Text);
    }
}

#[test]
fn a_type_that_changed_keeps_its_form_only_where_its_text_stays() {
    check_form("integer", "bigint", Form::Integer);
    check_form("character varying(40)", "text", Form::Characters);
    check_form("character varying(40)", "character varying(80)", Form::Characters);
    check_form("numeric(8,2)", "numeric(10,2)", Form::Numeric);
    check_form("integer", "text", Form::Text);
    check_form("jsonb", "json", Form::Text);
    check_form("date", "boolean", Form::Text);
    check_form("timestamp without time zone", "timestamp with time zone", Form::Text);
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
    assert_eq!(names(&comparison(&touched).query_before().key), ["id"]);
    keyless.columns[0].not_null = false;
    let after = catalog([keyless]);
    let touched = only(observe(&seed, &after, &[(100, [0, 1, 0])]));
    assert_eq!(names(&comparison(&touched).query_before().key), [""; 0], "it may hold NULL now");
}
