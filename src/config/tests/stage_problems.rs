//! What is told of a `stage.yaml` with mistakes.

use super::check_problems;

const COMPOSE: (&str, &str) =
    ("compose.yaml", "services: {db: {image: 'postgres:15'}, tests: {image: pytest}}");

/// Checks the problems of a `stage.yaml` beside a good Compose file, good masks and a directory of migrations.
#[track_caller]
fn check(stage: &str, expected: &[&str]) {
    let masks = ("masks.yaml", "tables: {customers: empty}");
    check_problems(&[("stage.yaml", stage), COMPOSE, masks, ("migrations/", "")], expected);
}

#[test]
fn a_folder_without_stage_yaml_is_no_environment() {
    check_problems(
        &[COMPOSE],
        &["cannot read `stage.yaml`: no such file | an environment is a folder with a `stage.yaml`"],
    );
}

#[test]
fn every_problem_is_told_at_once() {
    check(
        "name: Shop
databses: {}
databases:
  bd: {backup: [a], masks: nowhere.yaml, max_age: [4h]}
suite: {service: test, timeout: soon}
guards: {rows_lost: many}
",
        &[
            "stage.yaml:1:7: expected lower-case letters, digits and `-`, beginning with a letter or digit, at most 40, found `Shop`",
            "stage.yaml:2:1: unknown key `databses` | did you mean `databases`?",
            "stage.yaml:4:3: service `bd` is not in the Compose file | did you mean `db`?",
            "stage.yaml:4:16: expected the path of a backup, which may have `*`, found a list",
            "stage.yaml:4:28: cannot read `nowhere.yaml`: no such file",
            "stage.yaml:4:51: expected a duration such as `4h` or `90s`, found a list",
            "stage.yaml:5:18: service `test` is not in the Compose file | did you mean `tests`?",
            "stage.yaml:5:33: expected a duration such as `4h` or `90s`, found `soon`",
            "stage.yaml:6:21: expected a limit: rows such as `100`, a share such as `1%`, or `off`, found `many`",
        ],
    );
}

#[test]
fn a_comparison_is_wanted_or_not() {
    check("compare: logs\n", &["stage.yaml:1:10: expected `true` or `false`, found `logs`"]);
}

#[test]
fn egress_is_denied_allowed_or_allowed_to_some() {
    let expected = "expected `deny`, `allow`, or a map with `allow:` and hosts";
    check("egress: some\n", &[&format!("stage.yaml:1:9: {expected}, found `some`")]);
    let hosts = "the name of a host, an IPv4 address, or a subnet as `10.2.0.0/16`";
    let hint = "all ports of a host are allowed with it, and names stand for themselves, without `*`";
    check(
        "egress: {allow: [pay.example.com, 10.2.0.0/16, '*.example.com', 10.2.0.300, 'a:443'], deny: x}\n",
        &[
            &format!("stage.yaml:1:48: `*.example.com` is not {hosts} | {hint}"),
            &format!("stage.yaml:1:65: `10.2.0.300` is not {hosts} | {hint}"),
            &format!("stage.yaml:1:77: `a:443` is not {hosts} | {hint}"),
            "stage.yaml:1:87: unknown key `deny` | known are `allow`",
        ],
    );
}

#[test]
fn what_this_version_does_not_keep_is_refused_by_name() {
    let later = "is not supported by this version of stage yet";
    check(
        "suite: {service: tests, coverage: {}}
databases:
  db: {backup: {command: [x]}, masks: masks.yaml}
",
        &[
            &format!("stage.yaml:1:25: `coverage` {later}"),
            &format!("stage.yaml:3:16: a backup that a `command` makes {later}"),
        ],
    );
}

#[test]
fn a_backup_must_be_files() {
    let later = "is not supported by this version of stage yet";
    let hint = "make it with `pg_dump --format=custom`, or name the files as `DIRECTORY/*.dump`";
    check(
        "databases: {db: {backup: 'postgres://host/x', masks: masks.yaml}}",
        &[&format!("stage.yaml:1:26: a backup from a live server {later}")],
    );
    check(
        "databases: {db: {backup: migrations, masks: masks.yaml}}",
        &[&format!("stage.yaml:1:26: a backup in directory format {later} | {hint}")],
    );
    check(
        "databases: {db: {backup: 'a[', masks: masks.yaml}}",
        &[
            "stage.yaml:1:26: `a[` is no pattern of paths: Pattern syntax error near position 7: invalid range pattern",
        ],
    );
}

#[test]
fn a_database_needs_a_backup_and_masks() {
    check(
        "databases:\n  db: {}\n  tests:\n",
        &[
            "stage.yaml:2:7: database `db` has no `backup`",
            "stage.yaml:2:7: database `db` has no `masks`",
            "stage.yaml:3:8: expected a map with `backup`, `masks` …, found nothing",
        ],
    );
}

#[test]
fn migrations_name_a_database_and_a_directory() {
    check(
        "databases: {db: {backup: x, masks: masks.yaml}}
migrations:
  - {database: tests, sql: migrations}
  - {database: db, sql: migration}
  - {sql: migrations, down: true}
  - migrations
",
        &[
            "stage.yaml:3:16: database `tests` is not among `databases` | known are `db`",
            "stage.yaml:4:25: `migration` is no directory",
            "stage.yaml:5:5: the migration has no `database`",
            "stage.yaml:5:23: unknown key `down` | known are `database`, `sql`, `command`, `layout`",
            "stage.yaml:6:5: expected a map with `database` and `sql` or `command`, found `migrations`",
        ],
    );
}

#[test]
fn a_layout_is_one_that_stage_knows() {
    check(
        "databases: {db: {backup: x, masks: masks.yaml}}
migrations:
  - {database: db, sql: migrations, layout: flway}
  - {database: db, sql: migrations, layout: liquibase}
  - {database: db, sql: migrations, laoyut: plain}
",
        &[
            "stage.yaml:3:45: there is no layout `flway` | did you mean `flyway`?",
            "stage.yaml:4:45: there is no layout `liquibase` | known are `sqlx`, `diesel`, `golang-migrate`, `dbmate`, `flyway`, `goose`, `plain`",
            "stage.yaml:5:37: unknown key `laoyut` | did you mean `layout`?",
        ],
    );
}

#[test]
fn a_migration_is_files_or_a_command() {
    check(
        "databases: {db: {backup: x, masks: masks.yaml}}
migrations:
  - {database: db}
  - {database: db, sql: migrations, service: tests, command: [a], timeout: 1m}
  - {database: db, sql: migrations, service: tests, timeout: 1m}
  - {database: db, service: tests, command: [a], layout: plain, nmae: x}
",
        &[
            "stage.yaml:3:5: the migration has neither `sql` nor `command`",
            "stage.yaml:4:53: a migration is either `sql` or a `command`: make two entries of it",
            "stage.yaml:5:37: `service` goes with a `command`, not with `sql`",
            "stage.yaml:5:53: `timeout` goes with a `command`, not with `sql`",
            "stage.yaml:6:50: `layout` goes with `sql`, not with a `command`",
            "stage.yaml:6:65: unknown key `nmae` | did you mean `name`?",
        ],
    );
}

#[test]
fn a_command_needs_words_and_a_service_that_is_no_database() {
    check(
        "databases: {db: {backup: x, masks: masks.yaml}}
migrations:
  - {database: db, command: [rake]}
  - {database: db, service: test, command: [rake]}
  - {database: db, service: db, command: []}
  - {database: db, service: tests, command: rake 'db}
  - {database: db, service: tests, command: [rake], timeout: soon}
",
        &[
            "stage.yaml:3:5: the migration has no `service`",
            "stage.yaml:4:29: service `test` is not in the Compose file | did you mean `tests`?",
            "stage.yaml:5:29: service `db` is a database: it runs already, on its clone | name the service whose image holds the migration tool",
            "stage.yaml:5:42: the command has no words",
            "stage.yaml:6:45: the command has an open quote",
            "stage.yaml:7:62: expected a duration such as `4h` or `90s`, found `soon`",
        ],
    );
}

#[test]
fn a_database_that_is_broken_is_still_one() {
    check(
        "databases: {db: {masks: masks.yaml}}\nmigrations: [{database: db, sql: migrations}]",
        &["stage.yaml:1:17: database `db` has no `backup`"],
    );
}

#[test]
fn limits_are_rows_shares_or_off() {
    const LIMIT: &str = "expected a limit: rows such as `100`, a share such as `1%`, or `off`, found";
    check(
        "guards:
  rows_lost: {all: 101%, tables: {a: -1, b.c.d.e: off, t: 1, public.t: 2}, some: 1}
  rows_change: 1
  table_dropped: off
  allow_table_dropped: yes
  table_locked: {all: 2, tables: {t: 2s}}
",
        &[
            &format!("stage.yaml:2:20: {LIMIT} `101%`"),
            &format!("stage.yaml:2:38: {LIMIT} `-1`"),
            "stage.yaml:2:42: expected `table`, `schema.table` or `database.schema.table`, found `b.c.d.e`",
            "stage.yaml:2:62: table `public.t` has two limits",
            "stage.yaml:2:76: unknown key `some` | known are `all`, `tables`",
            "stage.yaml:3:3: unknown key `rows_change` | did you mean `rows_changed`?",
            "stage.yaml:4:3: `table_dropped` is a guard whose limit cannot be set",
            "stage.yaml:5:24: expected `true` or `false`, found `yes`",
            "stage.yaml:6:23: expected a limit: a time such as `2s` or `500ms`, or `off`, found `2`",
        ],
    );
}

#[test]
fn a_lease_ends_and_a_suite_is_found() {
    check(
        "lease: {ttl: 3d, max: 4h}\nsuite: {command: \"a 'b\", junit: junit.xml}",
        &[
            "stage.yaml:1:8: the lease's `ttl` is longer than its `max`",
            "stage.yaml:2:8: the suite has no `service`",
            "stage.yaml:2:18: the command has an open quote",
            "stage.yaml:2:33: expected an absolute path inside the suite's container, found `junit.xml`",
        ],
    );
}

#[test]
fn files_that_are_not_there_are_told_where_they_are_named() {
    check(
        "compose: [compose.yml, compose.yaml]\ndatabases:\n  db: {backup: x, masks: masks.yaml, prepare: [a.sql]}\n",
        &[
            "stage.yaml:1:11: cannot read `compose.yml`: no such file",
            "stage.yaml:3:48: cannot read `a.sql`: no such file",
        ],
    );
    check_problems(
        &[("stage.yaml", "name: shop")],
        &[
            "stage.yaml:1:1: no Compose file in `/shop` | it is looked for as `compose.yaml`, `compose.yml`, `docker-compose.yml`, `docker-compose.yaml`, or where `compose: PATH` says",
        ],
    );
}

#[test]
fn broken_yaml_is_told_with_its_place() {
    check(
        "name: shop\n  x: [1\n",
        &["stage.yaml:2:4: not YAML: mapping values are not allowed in this context"],
    );
    check("", &["stage.yaml:1:1: expected a map with `databases`, `migrations`, `suite` …, found nothing"]);
    check(
        "- a\n",
        &["stage.yaml:1:1: expected a map with `databases`, `migrations`, `suite` …, found a list"],
    );
    check("name: a\nname: b\n", &["stage.yaml:2:1: key `name` is written twice | the first is in line 1"]);
}
