//! What `masks.yaml` means, and what is told of a wrong one.

use super::{check_problems, environment};
use crate::model::masking::{ObjectMasking, TableMasking};
use crate::model::name::TableName;

const COMPOSE: (&str, &str) = ("compose.yaml", "services: {db: {image: 'postgres:15'}}");
const STAGE: (&str, &str) = ("stage.yaml", "databases: {db: {backup: x, masks: masks.yaml}}");

#[track_caller]
fn check(masks: &str, expected: &[&str]) {
    check_problems(&[STAGE, COMPOSE, ("masks.yaml", masks)], expected);
}

/// The rules of a table, one line a column: name, id, parameters, line.
fn rules(masks: &str, table: &TableName) -> Vec<String> {
    let environment = environment(&[STAGE, COMPOSE, ("masks.yaml", masks)]);
    match &environment.databases["db"].masking.tables[table] {
        TableMasking::Empty => vec!["empty".to_owned()],
        TableMasking::Columns(columns) => columns
            .iter()
            .map(|(column, rule)| {
                let line = rule.location.as_ref().unwrap().line;
                format!("{column}: {} {:?} at {line}", rule.id, rule.parameters)
            })
            .collect(),
    }
}

#[test]
fn large_objects_are_emptied_or_kept_for_a_reason() {
    let of = |rule: &str| {
        let masks = format!("tables: {{a: empty}}\n{rule}");
        let environment = environment(&[STAGE, COMPOSE, ("masks.yaml", &masks)]);
        environment.databases["db"].masking.objects.clone()
    };
    assert_eq!(of(""), None);
    assert_eq!(of("large_objects: empty\n"), Some(ObjectMasking::Empty));
    let because = "pictures of the catalogue".to_owned();
    let kept = of("large_objects: {keep: true, because: pictures of the catalogue}\n");
    assert_eq!(kept, Some(ObjectMasking::Keep { because }));
    let expected = "expected `empty`, or `{keep: true, because: \"…\"}`";
    let wrong = |rule: &str, told: &[&str]| check(&format!("tables: {{a: empty}}\n{rule}\n"), told);
    wrong("large_objects: keep", &[&format!("masks.yaml:2:16: {expected}, found `keep`")]);
    wrong("large_objects: {keep: true}", &["masks.yaml:2:16: the rule of large objects has no `because`"]);
    wrong(
        "large_objects: {keep: true, because: ' '}",
        &[&format!("masks.yaml:2:16: {expected}, found a map")],
    );
    wrong(
        "large_object: empty",
        &["masks.yaml:2:1: unknown key `large_object` | did you mean `large_objects`?"],
    );
}

#[test]
fn every_column_gets_the_rule_that_is_written_for_it() {
    let masks = "
tables:
  customers:
    keep: [id, created_at]
    mask:
      email: email
      birth_date: {rule: date_shift, days: 30}
      tag: null
      gone: {rule: null}
      flag: keep
      note: {rule: constant, value: 'no'}
      octal: {rule: constant, value: 0123}
  audit.sessions: empty
";
    assert_eq!(
        rules(masks, &TableName::new("public", "customers")),
        [
            "birth_date: date_shift {\"days\": \"30\"} at 7",
            "created_at: keep {} at 4",
            "email: email {} at 6",
            "flag: keep {} at 10",
            "gone: null {} at 9",
            "id: keep {} at 4",
            "note: constant {\"value\": \"no\"} at 11",
            "octal: constant {\"value\": \"0123\"} at 12",
            "tag: null {} at 8",
        ]
    );
    assert_eq!(rules(masks, &TableName::new("audit", "sessions")), ["empty"]);
}

#[test]
fn the_place_of_a_table_is_kept_for_messages() {
    let environment = environment(&[STAGE, COMPOSE, ("masks.yaml", "tables:\n  a: empty\n  b: empty\n")]);
    let locations = &environment.databases["db"].masking.locations;
    assert_eq!(locations[&TableName::new("public", "b")].to_string(), "/shop/masks.yaml:3:3");
}

#[test]
fn unknown_rules_and_parameters_get_a_suggestion() {
    check(
        "tables:
  t:
    mask: {a: emial, b: {rule: date_shift, day: 3}, c: {rule: email, x: 1}, d: {days: 3}, e: [x], f: scramble}
",
        &[
            "masks.yaml:3:15: unknown rule `emial` | did you mean `email`?",
            "masks.yaml:3:44: rule `date_shift` has no parameter `day` | did you mean `days`?",
            "masks.yaml:3:70: rule `email` has no parameter `x` | `email` has no parameters",
            "masks.yaml:3:80: the mask has no `rule` | write it as `{rule: date_shift, days: 30}`",
            "masks.yaml:3:94: expected a rule such as `email`, or a map with `rule`, found a list",
            "masks.yaml:3:102: unknown rule `scramble` | known are `keep`, `null`, `constant`, `email`, `name`, `phone`, `address`, `hash`, `date_shift`, `redact`",
        ],
    );
}

#[test]
fn a_column_or_table_with_two_rules_is_a_contradiction() {
    check(
        "tables:
  t:
    keep: [a, a, b]
    mask:
      b: email
      c: email
      c: hash
  public.t: empty
  t: empty
",
        &[
            "masks.yaml:3:15: column `a` of `t` has two rules | the first, `keep`, is in line 3",
            "masks.yaml:5:7: column `b` of `t` has two rules | the first, `keep`, is in line 3",
            "masks.yaml:7:7: key `c` is written twice | the first is in line 6",
            "masks.yaml:8:3: table `t` is masked twice | the first is in line 2",
            "masks.yaml:9:3: key `t` is written twice | the first is in line 2",
        ],
    );
}

#[test]
fn a_table_without_rules_is_told() {
    check(
        "tables:
  a:
  b: keep
  c: {keeps: [x]}
  d.e.f: empty
table: {}
",
        &[
            "masks.yaml:2:3: table `a` has no rules | write `keep: [COLUMNS]` and `mask: {COLUMN: RULE}`, or `empty` to leave its rows out",
            "masks.yaml:3:6: expected `empty` or a map with `keep` and `mask`, found `keep`",
            "masks.yaml:4:7: unknown key `keeps` | did you mean `keep`?",
            "masks.yaml:5:3: expected `table` or `schema.table`, found `d.e.f`",
            "masks.yaml:6:1: unknown key `table` | did you mean `tables`?",
        ],
    );
    check("", &["masks.yaml:1:1: expected a map with `tables`, found nothing"]);
    check("x-a: 1", &["masks.yaml:1:1: the file has no `tables`"]);
}
