//! What a `stage.yaml` without mistakes means.

use std::path::PathBuf;

use super::{environment, read};
use crate::model::environment::{
    BackupSource, LeaseSpec, MigrationCommand, MigrationFolder, MigrationSource,
};
use crate::model::guard::{GuardLimits, HoldLimit, Limit};
use crate::model::migration::MigrationLayout;
use crate::model::name::TableName;
use crate::model::suite::SuiteSpec;

const COMPOSE: &str = "services: {db: {image: 'postgres:15'}, tests: {image: pytest}}";

#[test]
fn a_full_stage_yaml_becomes_an_environment() {
    let environment = environment(&[
        (
            "stage.yaml",
            "
name: shop-2
compose: stack/app.yaml
databases:
  db:
    backup: backups/*.dump
    max_age: 26h
    masks: masks.yaml
    prepare: [qa-logins.sql]
migrations:
  - {database: db, sql: migrations/}
suite:
  service: tests
  command: pytest -q 'tests/a b'
  junit: /artifacts/junit.xml
  timeout: 1m30s
compare: true
guards:
  rows_lost: {all: 0.5 %, tables: {item_datafeed: 1%, feed.items: 100, log: off, audit.public.log: 7}}
  objects_lost: 5
  rows_changed: 5000
  allow_table_dropped: true
  allow_values_lost: true
  allow_sequence_behind: true
  table_locked: {all: 2s, tables: {log: off, orders: 500ms}}
lease: {ttl: 90m, max: 2d, idle: 2h}
x-notes: mine
",
        ),
        ("stack/app.yaml", COMPOSE),
        ("masks.yaml", "tables: {customers: empty}"),
        ("qa-logins.sql", "INSERT INTO customers VALUES (1)"),
        ("migrations/", ""),
    ]);
    assert_eq!(environment.name, "shop-2");
    assert_eq!(environment.services.keys().collect::<Vec<_>>(), ["db", "tests"]);
    let database = &environment.databases["db"];
    let pattern = PathBuf::from("/shop/backups/*.dump");
    assert_eq!(database.backup, BackupSource { pattern, max_age_s: Some(26 * 3600) });
    assert_eq!(database.masking.tables.len(), 1);
    assert_eq!(
        database.prepare,
        [("/shop/qa-logins.sql".into(), "INSERT INTO customers VALUES (1)".to_owned())]
    );
    assert_eq!(environment.migrations.len(), 1);
    assert_eq!(
        environment.suite,
        Some(SuiteSpec {
            service: "tests".into(),
            command: Some(vec!["pytest".into(), "-q".into(), "tests/a b".into()]),
            junit: Some("/artifacts/junit.xml".into()),
            timeout_s: 90,
        })
    );
    assert!(environment.compares);
    let lost = &environment.guards.rows_lost;
    assert_eq!(lost.all, Limit::Percent(0.5));
    assert_eq!(lost.of(&TableName::new("public", "item_datafeed")), Limit::Percent(1.0));
    assert_eq!(lost.of(&TableName::new("feed", "items")), Limit::Rows(100));
    assert_eq!(lost.of(&TableName::new("public", "log")), Limit::Off);
    let elsewhere = TableName::new("public", "log").elsewhere("audit");
    assert_eq!(lost.of(&elsewhere), Limit::Rows(7));
    assert_eq!(environment.guards.objects_lost, Limit::Rows(5));
    assert_eq!(environment.guards.rows_changed.all, Limit::Rows(5000));
    let locked = &environment.guards.table_locked;
    let of = |table: &str| locked.of(&TableName::new("public", table));
    assert_eq!((of("orders"), of("log")), (HoldLimit::AtMost(0.5), HoldLimit::Off));
    assert_eq!(of("people"), HoldLimit::AtMost(2.0));
    assert!(environment.guards.allow_table_dropped && environment.guards.allow_values_lost);
    assert!(environment.guards.allow_sequence_behind);
    assert_eq!(environment.lease, LeaseSpec { ttl_s: 5400, max_s: 172_800, idle_s: Some(7200) });
}

#[test]
fn migrations_are_directories_and_commands_in_their_order() {
    let environment = environment(&[
        (
            "stage.yaml",
            "
databases: {db: {backup: x, masks: masks.yaml}}
migrations:
  - {database: db, sql: migrations/}
  - {database: db, sql: migrations/, layout: golang-migrate}
  - {database: db, service: tests, command: [bin/rails, 'db:migrate']}
  - {database: db, service: tests, command: alembic upgrade head, name: schema, timeout: 20m}
",
        ),
        ("compose.yaml", COMPOSE),
        ("masks.yaml", "tables: {customers: empty}"),
        ("migrations/", ""),
    ]);
    assert_eq!(
        environment.migrations,
        [
            MigrationSource::Folder(MigrationFolder {
                database: "db".into(),
                directory: "/shop/migrations".into(),
                layout: None,
            }),
            MigrationSource::Folder(MigrationFolder {
                database: "db".into(),
                directory: "/shop/migrations".into(),
                layout: Some(MigrationLayout::GolangMigrate),
            }),
            MigrationSource::Command(MigrationCommand {
                database: "db".into(),
                service: "tests".into(),
                command: vec!["bin/rails".into(), "db:migrate".into()],
                name: "bin/rails db:migrate".into(),
                timeout_s: 3600,
            }),
            MigrationSource::Command(MigrationCommand {
                database: "db".into(),
                service: "tests".into(),
                command: vec!["alembic".into(), "upgrade".into(), "head".into()],
                name: "schema".into(),
                timeout_s: 1200,
            }),
        ]
    );
}

#[test]
fn what_is_not_written_has_its_default() {
    let environment = environment(&[
        ("stage.yaml", "suite: {service: tests, command: [pytest, -q]}\nlease:\n"),
        ("docker-compose.yml", COMPOSE),
    ]);
    assert_eq!(environment.name, "shop", "the folder's name");
    assert_eq!(environment.guards, GuardLimits::default());
    assert_eq!(environment.lease, LeaseSpec::default());
    let suite = environment.suite.unwrap();
    assert_eq!((suite.timeout_s, suite.junit), (600, None));
    assert_eq!(suite.command.unwrap(), ["pytest", "-q"]);
}

#[test]
fn the_first_compose_file_that_is_there_is_taken() {
    let with = |name: &str| format!("services: {{{name}: {{image: x}}}}");
    let (first, second) = (with("first"), with("second"));
    let found = environment(&[
        ("stage.yaml", "name: shop"),
        ("compose.yaml", &first),
        ("docker-compose.yml", &second),
    ]);
    assert_eq!(found.services.keys().collect::<Vec<_>>(), ["first"]);
}

#[test]
fn several_compose_files_are_merged_in_their_order() {
    let environment = environment(&[
        ("stage.yaml", "compose: [compose.yaml, stage.compose.yaml]"),
        ("compose.yaml", "services: {app: {image: app, environment: {A: 1, B: 1}}}"),
        ("stage.compose.yaml", "services: {app: {environment: [B=2]}, mail: {image: mailpit}}"),
    ]);
    let variables = &environment.services["app"].runtime.environment;
    assert_eq!(variables.iter().map(|(n, v)| format!("{n}={v}")).collect::<Vec<_>>(), ["A=1", "B=2"]);
    assert!(environment.services.contains_key("mail"));
}

#[test]
fn a_path_may_leave_the_folder() {
    let environment = environment(&[
        ("stage.yaml", "compose: ../app/compose.yaml"),
        ("../app/compose.yaml", ""),
        ("/app/compose.yaml", "services: {app: {image: app, volumes: ['./site:/srv']}}"),
    ]);
    let volume = &environment.services["app"].volumes[0];
    assert_eq!(volume.origin, crate::model::service::VolumeOrigin::Bind("/app/site".into()));
}

#[test]
fn credentials_are_in_no_message() {
    let secret = "hunter2";
    let errors = read(&[
        ("stage.yaml", "databases: {db: {backup: 'postgres://u:hunter2@host/x', masks: masks.yaml}}"),
        ("masks.yaml", "tables: {}"),
        (
            "compose.yaml",
            "services: {db: {image: x, environment: {P: [hunter2], Q: {a: hunter2}}, env_file: e}, a: {}, c: {image: x, environment: P=hunter2}}",
        ),
        ("e", "PASSWORD='hunter2' hunter2\nhunter2 x\nX=\"hunter2\nY=${hunter2!}"),
    ])
    .unwrap_err();
    assert_eq!(errors.len(), 9, "{:?}", super::told(&errors));
    let text = format!("{errors:?}");
    // The one exception: the name of a variable.
    assert!(!text.replace("`${hunter2…}`", "").contains(secret), "{text}");
}
