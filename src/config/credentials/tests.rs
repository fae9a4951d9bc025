//! What looks live is found and told without its value; what does not, passes.

use std::collections::BTreeSet;

use super::hosts::{PRODUCTION, named_in, refused};
use super::pattern::Pattern;
use super::table::PATTERNS;
use crate::config::tests::{check_problems, environment, read};

/// The example of a pattern, with the first prefix that it has.
fn example(pattern: &Pattern) -> (String, String) {
    let prefix = pattern.prefixes.first().copied().unwrap_or_default();
    (pattern.names.join("_").to_uppercase(), format!("{prefix}{}", pattern.example))
}

fn first_fit(name: &str, text: &str) -> Option<&'static str> {
    PATTERNS.iter().find(|pattern| pattern.finds(name, text)).map(|pattern| pattern.id)
}

#[test]
fn every_pattern_finds_its_example_wherever_it_stands() {
    for pattern in PATTERNS {
        let (name, value) = example(pattern);
        assert_eq!(first_fit(&name, &value), Some(pattern.id), "{}", pattern.id);
        if !pattern.prefixes.is_empty() {
            assert_eq!(first_fit("X", &format!("--key={value} --other")), Some(pattern.id), "{}", pattern.id);
            for prefix in pattern.prefixes {
                assert!(pattern.finds("X", &format!("{prefix}{}", pattern.example)), "{prefix}");
            }
        }
        assert!(!pattern.what.ends_with('.'));
    }
    let ids: BTreeSet<&str> = PATTERNS.iter().map(|pattern| pattern.id).collect();
    assert_eq!(ids.len(), PATTERNS.len());
}

#[test]
fn keys_of_test_modes_placeholders_and_emulators_pass() {
    for (name, value) in [
        ("STRIPE_KEY", "sk_test_8Kq2ZrT5wXc7LmB4nVh9JdPs"),
        ("STRIPE_KEY", "sk_live_xxxxxxxxxxxxxxxxxxxxxxxx"),
        ("STRIPE_KEY", "pk_live_8Kq2ZrT5wXc7LmB4nVh9JdPs"),
        ("RAZORPAY", "rzp_test_8Kq2ZrT5wXc7Lm"),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
        ("SECRET_KEY_BASE", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"),
        ("GITHUB_TOKEN", "ghp_short"),
        ("MAIL_KEY", "key-00000000000000000000000000000000"),
        ("POSTMARK_API_TOKEN", "POSTMARK_API_TEST"),
        ("CERTIFICATE", "-----BEGIN CERTIFICATE-----"),
        ("PUBLIC", "-----BEGIN PUBLIC KEY-----"),
        ("JWT", "eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoiYW5vbiJ9.8Kq2ZrT5wXc7LmB4nVh9JdPs6GfYt3RkEa1UoQiWzCv"),
    ] {
        assert_eq!(first_fit(name, value), None, "{name}={value}");
    }
}

#[test]
fn hosts_are_found_in_urls_lists_and_connection_strings() {
    for (name, text, hosts) in [
        ("A", "postgresql://u:p@ss@db.prod.example.com:5432/x?sslmode=require", vec!["db.prod.example.com"]),
        ("A", "mongodb://a.example.com:1,b.example.com:2/x", vec!["a.example.com", "b.example.com"]),
        ("A", "host=db.example.com port=5432", vec!["db.example.com"]),
        ("A", "Server=tcp:db.database.windows.net,1433;Database=x", vec!["db.database.windows.net"]),
        (
            "KAFKA_BROKERS",
            "k1.example.com:9092,k2.example.com:9092",
            vec!["k1.example.com", "k2.example.com"],
        ),
        ("NODE_CONFIG", "config.prod.json", vec![]),
        ("SERVER_CONFIG", "server.prod.json", vec![]),
        ("DJANGO_SETTINGS_MODULE", "shop.prod.settings", vec![]),
        ("DB_HOST", "10.0.0.7", vec![]),
    ] {
        let found: Vec<String> = named_in(name, text).into_iter().filter(|host| host != "1433").collect();
        assert_eq!(found, hosts, "{name}={text}");
    }
    for (pattern, _) in PRODUCTION {
        let host = pattern.replace('*', "shop");
        assert!(refused(&host, &[]).is_some(), "{host}");
    }
    for host in ["db", "localhost", "shop.example.com", "reprod.example.com", "produce.example.com"] {
        assert_eq!(refused(host, &[]), None, "{host}");
    }
}

/// A live key, made so that no scanner finds it here.
fn live() -> String {
    ["sk_li", "ve_8Kq2ZrT5wXc7LmB4nVh9JdPs"].concat()
}

const STAGE: &str = "name: shop\n";
const INSTEAD: &str = "a copy of production must not act: give the stack a key of a test mode, or none";

fn through(entry: &str) -> String {
    format!(
        "if it can do no harm, `credentials: {{allow: [{{name: {entry}, because: \"…\"}}]}}` in stage.yaml lets it through"
    )
}

#[test]
fn a_live_key_is_told_where_it_is_written_and_never_what_it_is() {
    let compose =
        format!("services:\n  web:\n    image: x\n    environment:\n      STRIPE_KEY: {}\n", live());
    let expected = format!(
        "compose.yaml:5:7: `STRIPE_KEY` of service `web` looks like a live key of Stripe (stripe-live) | {INSTEAD} | {}",
        through("STRIPE_KEY, service: web")
    );
    check_problems(&[("stage.yaml", STAGE), ("compose.yaml", &compose)], &[&expected]);
    let errors = read(&[("stage.yaml", STAGE), ("compose.yaml", &compose)]).unwrap_err();
    assert!(!format!("{errors:?}").contains("8Kq2"), "{errors:?}");
    assert_eq!(errors[0].kind.exit_code(), 2);
}

#[test]
fn it_is_found_in_files_commands_secrets_and_variables_from_outside() {
    let compose = "
services:
  web:
    image: x
    command: [serve, \"--key=${KEY}\"]
    env_file: web.env
    environment: [PASSED_ON]
    secrets: [payment]
    volumes: ['.:/app', './conf/app.yml:/app.yml']
  worker:
    image: x
    env_file: web.env
secrets: {payment: {file: payment.txt}}
";
    let key = live();
    let files = [
        ("stage.yaml", STAGE),
        ("compose.yaml", compose),
        ("$KEY", &key),
        ("$PASSED_ON", &key),
        ("web.env", &format!("A=1\n  B={key}\n")),
        ("payment.txt", &key),
        (".env.production", &format!("# {key}\nC={key}")),
        ("conf/app.yml", &format!("payment:\n  secret: \"{key}\"\n")),
    ];
    let told: Vec<String> =
        read(&files).unwrap_err().iter().map(|error| error.to_string().replace("/shop/", "")).collect();
    let looks = "looks like a live key of Stripe (stripe-live)";
    assert_eq!(
        told,
        [
            format!(".env.production:2:1: `C` of service `web` {looks}"),
            format!("compose.yaml:5:22: `command` of service `web` {looks}"),
            format!("compose.yaml:7:19: `PASSED_ON` of service `web` {looks}"),
            format!("conf/app.yml:2:3: `secret` of service `web` {looks}"),
            format!("payment.txt:1:1: `payment` of service `web` {looks}"),
            format!("web.env:2:3: `B` of services `web`, `worker` {looks}"),
        ]
    );
}

#[test]
fn what_somebody_vouches_for_passes_and_only_that() {
    let compose = format!(
        "services:\n  web: {{image: x, environment: {{KEY: {0}}}}}\n  job: {{image: x, environment: {{KEY: {0}}}}}\n",
        live()
    );
    let stage = "name: shop\ncredentials: {allow: [{name: KEY, service: web, because: mine}]}\n";
    let expected = format!(
        "compose.yaml:3:33: `KEY` of service `job` looks like a live key of Stripe (stripe-live) | {INSTEAD} | {}",
        through("KEY, service: job")
    );
    check_problems(&[("stage.yaml", stage), ("compose.yaml", &compose)], &[&expected]);
    let stage = "name: shop\ncredentials: {allow: [{name: KEY, because: mine}]}\n";
    environment(&[("stage.yaml", stage), ("compose.yaml", &compose)]);
}

#[test]
fn an_entry_that_lets_nothing_through_is_a_mistake() {
    let compose =
        format!("services:\n  web: {{image: x, environment: {{STRIPE_KEY: {}, LEVEL: info}}}}\n", live());
    let stage = "name: shop
credentials:
  allow:
  - {name: STRIPE_KEY, service: web, because: test account}
  - {name: STRIPE_KY, because: test account}
  - {name: LEVEL, because: harmless}
  - {name: OTHER, because: gone}
  - {name: STRIPE_KEY, service: wbe, because: typo}
  - {name: STRIPE_KEY, because: ''}
  - {name: STRIPE_KEY}
";
    check_problems(
        &[("stage.yaml", stage), ("compose.yaml", &compose)],
        &[
            "stage.yaml:5:5: `STRIPE_KY` is let through, and is not there | did you mean `STRIPE_KEY`?",
            "stage.yaml:6:5: `LEVEL` is let through, and does not look live | remove the entry: it would hide a live one",
            "stage.yaml:7:5: `OTHER` is let through, and is not there | remove the entry: it would hide a live one",
            "stage.yaml:8:33: service `wbe` is not in the Compose file | did you mean `web`?",
            "stage.yaml:9:5: the reason is empty: `because` tells others why it may pass",
            "stage.yaml:10:5: what is let through has no `because`",
        ],
    );
}

#[test]
fn hosts_of_production_are_refused_those_of_the_user_too_and_those_of_the_stack_never() {
    let compose = r#"
services:
  web:
    image: x
    environment:
      A_URL: postgresql://u:secret@shop.cluster-x.eu-west-1.rds.amazonaws.com/shop
      B_URL: redis://cache.prod.internal:6379
      C_HOST: db7.shop.example
      PG: shop.abc.eu-west-1.rds.amazonaws.com:5432
      DATABASE_URL: "host='shop.abc.rds.amazonaws.com' user=x"
      SETTINGS: '{"cache": "shop.redis.cache.windows.net", "file": "config.prod.json"}'
      NOTE: "see node-production.md, and a.prod.of.something"
  cache:
    image: x
    networks: {default: {aliases: [cache.prod.internal]}}
"#;
    let stage = "name: shop\ncredentials: {production_hosts: ['*.shop.example', 'https://x']}\n";
    let instead = "a copy of production must not reach it: name a service of the Compose file instead";
    check_problems(
        &[("stage.yaml", stage), ("compose.yaml", compose)],
        &[
            &format!(
                "compose.yaml:6:7: `A_URL` of service `web` names a database of AWS (*.rds.amazonaws.com) | {instead} | {}",
                through("A_URL, service: web")
            ),
            &format!(
                "compose.yaml:8:7: `C_HOST` of service `web` names a host of production (production_hosts: *.shop.example) | {instead} | {}",
                through("C_HOST, service: web")
            ),
            &format!(
                "compose.yaml:9:7: `PG` of service `web` names a database of AWS (*.rds.amazonaws.com) | {instead} | {}",
                through("PG, service: web")
            ),
            &format!(
                "compose.yaml:10:7: `DATABASE_URL` of service `web` names a database of AWS (*.rds.amazonaws.com) | {instead} | {}",
                through("DATABASE_URL, service: web")
            ),
            &format!(
                "compose.yaml:11:7: `SETTINGS` of service `web` names a cache of Azure (*.redis.cache.windows.net) | {instead} | {}",
                through("SETTINGS, service: web")
            ),
            "stage.yaml:2:52: expected a host such as `db.example.com` or `*.example.com`, found `https://x`",
        ],
    );
}
