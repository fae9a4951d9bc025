//! Whatever the files hold, reading them ends, and ends with a value or with problems.

use proptest::prelude::*;

use super::read;

const STAGE: &str = "
name: shop
databases: {db: {backup: x, max_age: 1h, masks: masks.yaml, prepare: [p.sql]}}
migrations: [{database: db, sql: migrations}]
suite: {service: db, command: a b, junit: /j, timeout: 1m}
guards: {rows_lost: {all: 1%, tables: {a.b: 3}}, rows_changed: off}
lease: {ttl: 1h, max: 1d}
";
const MASKS: &str = "tables: {a: {keep: [x], mask: {y: email, z: {rule: date_shift, days: 3}}}, b.c: empty}";
const COMPOSE: &str = "
x-a: &a {image: 'x:${A:-${B}}', environment: [A=1]}
include: [{path: [i.yaml]}]
services:
  db: {<<: *a, ports: ['1-3:4-6/udp'], volumes: [v:/v:ro, {type: tmpfs, target: /t}], env_file: e, extends: {service: q}}
  q: {image: y, depends_on: {r: {condition: service_healthy}}, healthcheck: {test: a, interval: 1s}, command: \"a 'b'\"}
  r: {build: ., links: ['i:j'], networks: {default: {aliases: [z]}}, mem_limit: 1g, secrets: [s]}
volumes: {v: }
secrets: {s: {file: e}}
";
const FILES: [(&str, &str); 5] = [
    ("i.yaml", "services: {i: {image: i}}"),
    ("p.sql", ""),
    ("e", "A=\"b\"\n"),
    ("migrations/", ""),
    (".env", "B=c"),
];

/// A piece of YAML, Compose or masks, or anything else.
fn piece() -> impl Strategy<Value = String> {
    let pieces = [
        "{",
        "}",
        "[",
        "]",
        ":",
        ": ",
        "- ",
        "\n",
        "  ",
        "&a ",
        "*a",
        "<<: *a",
        "!reset ",
        "!override ",
        "!!str ",
        "${",
        "$",
        "}",
        "'",
        "\"",
        "|",
        ">",
        "#",
        "%",
        "@",
        "~",
        "null",
        "extends: db",
        "services:",
        "x-a",
        "/",
        "\t",
        "\0",
        "é",
        "9999999999999999999",
        "-1",
        "1e999",
        "? ",
        "---\n",
        "...\n",
        "\u{feff}",
        "\u{2028}",
        "\r",
    ];
    prop_oneof![4 => proptest::sample::select(pieces.to_vec()).prop_map(str::to_owned), 1 => ".{0,8}"]
}

fn ends(stage: &str, masks: &str, compose: &str, env: &str) {
    let own =
        [("stage.yaml", stage), ("masks.yaml", masks), ("compose.yaml", compose), ("e", env), (".env", env)];
    if let Err(errors) = read(&[&FILES[..], &own].concat()) {
        assert!(!errors.is_empty());
        assert!(
            errors.iter().all(|error| error.kind == crate::model::error::ErrorKind::Config),
            "{errors:?}"
        );
    }
}

#[test]
fn the_examples_that_are_spoiled_below_are_sound() {
    let own = [("stage.yaml", STAGE), ("masks.yaml", MASKS), ("compose.yaml", COMPOSE)];
    super::environment(&[&FILES[..], &own].concat());
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "(?s).{0,200}", pieces in proptest::collection::vec(piece(), 0..40)) {
        let pieces = pieces.concat();
        for text in [text, pieces] {
            ends(&text, &text, &text, &text);
            ends(STAGE, &text, &text, &text);
            ends(STAGE, MASKS, COMPOSE, &text);
        }
    }

    #[test]
    fn a_good_file_spoiled_anywhere_is_read_or_refused(
        place in 0.0..1.0_f64, cut in 0..20_usize, piece in piece(), which in 0..3_usize,
    ) {
        let mut texts = [STAGE, MASKS, COMPOSE].map(str::to_owned);
        let text = &mut texts[which];
        let characters: Vec<char> = text.chars().collect();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "a place in a short text")]
        let at = (characters.len() as f64 * place) as usize;
        let (before, after) = characters.split_at(at);
        *text = before.iter().collect::<String>() + &piece + &after.iter().skip(cut).collect::<String>();
        ends(&texts[0], &texts[1], &texts[2], "A=1");
    }
}
