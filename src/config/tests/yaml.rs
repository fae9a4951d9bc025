//! What YAML text becomes, and where.

use std::path::Path;

use crate::config::node::{Entry, Node, Value};
use crate::config::problems::Problems;
use crate::config::yaml::parse;

/// A tree on one line: scalars in quotes if they are text whatever they look like, `@line:column` behind each.
fn printed(node: &Node) -> String {
    let place = format!("@{}:{}", node.location.line, node.location.column);
    match &node.value {
        _ if node.is_null() => "~".to_owned(),
        Value::Scalar { text, quoted: true } => format!("{text:?}{place}"),
        Value::Scalar { text, .. } => format!("{text}{place}"),
        Value::List(items) => format!("[{}]", items.iter().map(printed).collect::<Vec<_>>().join(", ")),
        Value::Map(entries) => {
            let entry = |entry: &Entry| format!("{}: {}", entry.key, printed(&entry.value));
            format!("{{{}}}", entries.iter().map(entry).collect::<Vec<_>>().join(", "))
        }
    }
}

#[track_caller]
fn check(text: &str, expected: Result<&str, &str>) {
    let mut problems = Problems::default();
    let tree = parse(Path::new("f"), text, &mut problems).map(|node| printed(&node));
    let result = problems
        .or(tree)
        .map_err(|errors| errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "));
    assert_eq!(result.as_deref().map_err(String::as_str), expected, "{text}");
}

#[test]
fn every_value_knows_its_place() {
    check("a: 1\nb:\n  - x\n  - {c: 'y'}\n", Ok("{a: 1@1:4, b: [x@3:5, {c: \"y\"@4:9}]}"));
    check("ü: ü\nb: x\n", Ok("{ü: ü@1:4, b: x@2:4}"));
    check("", Ok("~"));
    check("# only a comment\n", Ok("~"));
    check("---\na: |\n  two\n  lines\n", Ok("{a: \"two\\nlines\\n\"@3:3}"));
}

#[test]
fn scalars_stay_as_they_are_written() {
    check(
        "[no, on, 22:22, 0123, 1.10, 1_000]",
        Ok("[no@1:2, on@1:6, 22:22@1:10, 0123@1:17, 1.10@1:23, 1_000@1:29]"),
    );
    check(
        "[null, ~, Null, 'null', !!str null, '']",
        Ok("[~, ~, ~, \"null\"@1:17, \"null\"@1:25, \"\"@1:37]"),
    );
    check("a:\nb: x\n", Ok("{a: ~, b: x@2:4}"));
}

#[test]
fn aliases_and_merge_keys_are_resolved() {
    check("a: &x {k: 1}\nb: *x\n", Ok("{a: {k: 1@1:11}, b: {k: 1@1:11}}"));
    check(
        "a: &x {k: 1, l: 1}\nb: {<<: *x, k: 2}\n",
        Ok("{a: {k: 1@1:11, l: 1@1:17}, b: {k: 2@2:16, l: 1@1:17}}"),
    );
    check(
        "- &x {k: 1}\n- &y {k: 2, l: 2}\n- <<: [*x, *y]\n",
        Ok("[{k: 1@1:10}, {k: 2@2:10, l: 2@2:16}, {k: 1@1:10, l: 2@2:16}]"),
    );
    check("a: {'<<': 1}", Ok("{a: {<<: 1@1:11}}"));
}

#[test]
fn what_is_no_yaml_or_no_tree_is_told_with_its_place() {
    check(
        "a: [1, 2\nb: 3\n",
        Err(
            "f:2:2: not YAML: did not find expected ',' or ']', while parsing a flow sequence at line 1 column 4",
        ),
    );
    check("a: *x\n", Err("f:1:4: not YAML: unknown anchor"));
    check("a: 1\nb: 2\na: 3\n", Err("f:3:1: key `a` is written twice"));
    check("? [a]\n: 1\n", Err("f:1:3: a key must be a text"));
    check("a: !secret x\n", Err("f:1:4: tag `!secret` is not known"));
    check("a: {<<: 5}\n", Err("f:1:9: `<<` expects a map or a list of maps, found `5`"));
    check("a: &x [*x]\n", Err("f:1:8: the alias stands inside the value that it stands for"));
    let nested = |depth| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    check(&nested(100), Err("f:1:66: nested more than 64 levels deep"));
    check(&nested(5000), Err("f:1:256: not YAML: recursion limit exceeded"));
}

#[test]
fn aliases_of_aliases_do_not_grow_without_bounds() {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..10 {
        let items = vec![format!("*a{}", level - 1); 10].join(", ");
        text = format!("{text}a{level}: &a{level} [{items}]\n");
    }
    check(&text, Err("f:6:10: more than 200000 values, aliases expanded"));
}
