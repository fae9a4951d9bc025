//! What runs while migrations do.

use super::{check_problems, environment};
use crate::model::traffic::TrafficSpec;

const COMPOSE: (&str, &str) = (
    "compose.yaml",
    "services: {db: {image: 'postgres:15'}, web: {image: shop}, other: {image: 'postgres:15'}}",
);
const MASKS: (&str, &str) = ("masks.yaml", "tables: {customers: empty}");
const SCRIPT: (&str, &str) = ("busy.sql", "SELECT 1;");
const ONE: &str = "databases: {db: {backup: x, masks: masks.yaml}}\n";
const TWO: &str = "databases: {db: {backup: x, masks: masks.yaml}, other: {backup: x, masks: masks.yaml}}\n";

#[track_caller]
fn traffic(databases: &str, traffic: &str) -> TrafficSpec {
    let stage = format!("name: shop\n{databases}traffic: {traffic}\n");
    environment(&[("stage.yaml", &stage), COMPOSE, MASKS, SCRIPT]).traffic.unwrap()
}

#[track_caller]
fn check(databases: &str, traffic: &str, expected: &[&str]) {
    let stage = format!("name: shop\n{databases}traffic: {traffic}\n");
    check_problems(&[("stage.yaml", &stage), COMPOSE, MASKS, SCRIPT], expected);
}

#[test]
fn traffic_is_a_script_or_a_command() {
    let script = |database: &str, clients| TrafficSpec::Script {
        database: database.into(),
        file: "/shop/busy.sql".into(),
        text: "SELECT 1;".into(),
        clients,
    };
    assert_eq!(traffic(ONE, "{pgbench: busy.sql}"), script("db", 4));
    assert_eq!(traffic(TWO, "{pgbench: busy.sql, database: other, clients: 12}"), script("other", 12));
    let command =
        TrafficSpec::Command { service: "web".into(), command: vec!["bin/hammer".into(), "-x".into()] };
    assert_eq!(traffic(ONE, "{service: web, command: bin/hammer -x}"), command);
    assert_eq!(command.to_string(), "bin/hammer -x");
    assert_eq!(script("db", 4).to_string(), "pgbench busy.sql");
}

#[test]
fn what_is_no_traffic_is_told_with_its_place() {
    check(ONE, "{}", &["stage.yaml:3:10: the traffic has neither `pgbench` nor `command`"]);
    check(
        ONE,
        "{pgbench: busy.sql, command: x}",
        &["stage.yaml:3:30: traffic is either `pgbench` or a `command`"],
    );
    check(
        ONE,
        "{service: web, comand: x}",
        &[
            "stage.yaml:3:10: the traffic has neither `pgbench` nor `command`",
            "stage.yaml:3:25: unknown key `comand` | did you mean `command`?",
        ],
    );
    check(
        ONE,
        "{service: web, command: x, clients: 2}",
        &["stage.yaml:3:37: `clients` goes with `pgbench`, not with a `command`"],
    );
    check(
        ONE,
        "{pgbench: busy.sql, clients: none}",
        &["stage.yaml:3:39: expected a number of connections from 1 to 1000, found `none`"],
    );
    check(ONE, "{pgbench: missing.sql}", &["stage.yaml:3:20: cannot read `missing.sql`: no such file"]);
    check(
        TWO,
        "{pgbench: busy.sql}",
        &["stage.yaml:3:10: the traffic has no `database`, and there is not just one"],
    );
    check(
        ONE,
        "{service: db, command: x}",
        &[
            "stage.yaml:3:20: service `db` is a database: it runs already, on its clone | name the service whose image \
             holds the command, or let `pgbench` run a script",
        ],
    );
}

#[test]
fn a_key_that_is_nearly_traffic_is_told() {
    check_problems(
        &[("stage.yaml", "name: shop\ntrafic: {}\n"), COMPOSE],
        &["stage.yaml:2:1: unknown key `trafic` | did you mean `traffic`?"],
    );
}
