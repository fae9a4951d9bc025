//! Reports for the tests: the incident, its mended script, a syntax error, and a run on which everything else went wrong.

mod egress;
mod locks;
mod lost;
mod mail;
mod schema;
mod sequences;
pub(super) mod traffic;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::model::change::{Change, GrossRows, NetRows, TableChange, TableEvent};
use crate::model::comparison::Comparison;
use crate::model::guard::Finding;
use crate::model::log::{LogChange, LogLevel};
use crate::model::lost::LostRows;
use crate::model::migration::{Migration, MigrationRun, SqlFailure};
use crate::model::name::{RunId, TableName};
use crate::model::proof::{MadeKind, Remains};
use crate::model::report::{MigrationReport, PhaseTime, Report, SeedUse, Teardown, Verdict};
use crate::model::seed::{SeedKey, SeedRecord};
use crate::model::step::{Step, StepName, StepTable, StepTableName};
use crate::model::suite::{FailedTest, SuiteEnd, SuiteOutcome};

/// Most rows of `item_datafeed` are gone, and the suite passed.
pub(super) fn incident() -> Report {
    let deleted = GrossRows { deleted: 873_511, ..GrossRows::default() };
    let missing = NetRows { missing: 873_511, ..NetRows::default() };
    let lost_rows = lost::feed_items();
    let cleanup = TableChange { lost_rows, ..table("item_datafeed", 1_000_000, deleted, missing) };
    let finding = Finding {
        guard: "rows_lost",
        migration: Some("0005_remove_duplicate_feed_items.sql".to_owned()),
        database: Some("db".to_owned()),
        steps: Vec::new(),
        table: Some(TableName::new("public", "item_datafeed")),
        message: "873,511 of 1,000,000 rows of item_datafeed are gone (87.4 %), the limit is 1 %".to_owned(),
        hint: "look at the condition of the DELETE, and at joins that match more than meant; if the loss is meant, \
               give the table a limit of its own in `stage.yaml`, under `guards`, `rows_lost`, `tables`"
            .to_owned(),
    };
    shop("incident", Verdict::Blocked, cleanup, vec![finding])
}

/// The same by a command, which ran three migrations and left something behind them.
pub(super) fn in_one_go() -> Report {
    let mut report = incident();
    let known = |name: &str| StepTableName::Known(TableName::new("public", name));
    let step = |name: StepName, table: StepTableName, gross: GrossRows| Step {
        name,
        tables: vec![StepTable { table, gross, events: BTreeSet::new() }],
        unplaced: GrossRows::default(),
        wal_bytes: 4_096,
        until_us: None,
    };
    let rows = |deleted| GrossRows { deleted, ..GrossRows::default() };
    let applied = |name: &str| StepName::Applied(name.to_owned());
    let mut copied = step(applied("shop.0002_copy"), StepTableName::Passing("copy".to_owned()), rows(0));
    copied.tables[0].events.insert(TableEvent::Created);
    let mut emptied = step(applied("shop.0003_empty"), known("visits"), rows(0));
    emptied.tables[0].events.insert(TableEvent::Truncated);
    report.migrations[1].change.steps = vec![
        step(applied("shop.0001_purge"), known("item_datafeed"), rows(873_511)),
        copied,
        emptied,
        step(StepName::Between("after shop.0003_empty".to_owned()), known("django_content_type"), rows(3)),
        Step {
            name: StepName::Unfinished("shop.0004_none".to_owned()),
            tables: Vec::new(),
            unplaced: GrossRows::default(),
            wal_bytes: 0,
            until_us: None,
        },
    ];
    report.findings[0].steps = vec!["shop.0001_purge".to_owned()];
    report
}

/// The same by a migration that changed the schema, too, and left an index behind that is of no use.
pub(super) fn reshaped() -> Report {
    let mut report = incident();
    report.migrations[1].change.schema = schema::changes();
    report
}

/// The mended script once more, compared with the stack before it: the app misses a column, and a test fails both ways.
pub(super) fn compared() -> Report {
    let log = |service: &str, level, (template, example): (&str, &str), before, after| LogChange {
        service: service.to_owned(),
        level,
        template: template.to_owned(),
        example: example.to_owned(),
        before,
        after,
    };
    let failed =
        |name: &str, message: &str| FailedTest { name: name.to_owned(), message: message.to_owned() };
    let old = failed("tests.test_shop::test_old", "assert 1 == 2");
    let column =
        ("ERROR: column \"…\" of '…' does not exist", "ERROR: column \"note\" of 'orders' does not exist");
    let retried = ("WARN retrying job <n> | attempt <n>", "WARN retrying job 7 | attempt 2");
    let mut report = mended();
    let suite = report.suite.get_or_insert_with(passed);
    suite.end = SuiteEnd::Exited(1);
    let before = SuiteOutcome { duration_s: 11.2, failed: vec![old.clone()], ..suite.clone() };
    suite.failed = vec![old, failed("tests.test_shop::test_note", "assert 500 == 200")];
    report.verdict = Verdict::Blocked;
    report.findings = vec![Finding {
        guard: "suite_failed",
        migration: None,
        database: None,
        steps: Vec::new(),
        table: None,
        message: "2 of 44 tests failed: tests.test_shop::test_old, tests.test_shop::test_note".to_owned(),
        hint: "read the failed tests in the report".to_owned(),
    }];
    report.comparison = Some(Comparison {
        suite: Some(before),
        logs: vec![
            log("web", LogLevel::Error, column, 0, 12),
            log("worker", LogLevel::Warning, retried, 2, 1_040),
            log("web", LogLevel::Other, ("cache is cold", "cache is cold"), 0, 1),
        ],
        ..Comparison::default()
    });
    report
}

/// The same script with its condition mended.
pub(super) fn mended() -> Report {
    let deleted = GrossRows { deleted: 1_204, ..GrossRows::default() };
    let missing = NetRows { missing: 1_204, ..NetRows::default() };
    shop("mended", Verdict::Passed, table("item_datafeed", 1_000_000, deleted, missing), Vec::new())
}

/// The second of three migrations is no SQL.
pub(super) fn syntax_error() -> Report {
    let mut report = shop(
        "shop",
        Verdict::Blocked,
        table("item_datafeed", 0, GrossRows::default(), NetRows::default()),
        Vec::new(),
    );
    report.migrations.truncate(2);
    report.not_run = vec!["0006_round_wholesale_prices.sql".to_owned()];
    let broken = &mut report.migrations[1];
    broken.run.duration_s = 0.0042;
    broken.run.failure = Some(SqlFailure {
        message: "syntax error at or near \"DELET\"".to_owned(),
        code: "42601".to_owned(),
        line: Some(3),
        column: Some(1),
        hint: None,
    });
    broken.change = Change::default();
    report.suite = None;
    report.findings = vec![Finding {
        guard: "migration_failed",
        migration: Some(broken.run.migration.name.clone()),
        database: Some(broken.run.migration.database.clone()),
        steps: Vec::new(),
        table: None,
        message:
            "syntax error at or near \"DELET\" (42601) at line 3, column 1; 1 later migration did not run"
                .to_owned(),
        hint: "mend the migration and check again; what it did before it failed is in the report".to_owned(),
    }];
    report.teardown.removed.truncate(7);
    report
}

/// A migration by a command that failed.
pub(super) fn failed_command() -> Report {
    let mut report = syntax_error();
    let run = &mut report.migrations[1].run;
    run.migration.name = "bin/rails db:migrate".to_owned();
    run.migration.transactional = false;
    run.failure = Some(SqlFailure {
        message: "exited with 1".to_owned(),
        code: String::new(),
        line: None,
        column: None,
        hint: Some("read the last lines of its output in the report".to_owned()),
    });
    run.output_tail = Some("== 5 DropFeeds: migrating ==\nPG::UndefinedTable: no `feeds`\n".to_owned());
    let finding = &mut report.findings[0];
    finding.migration = Some("bin/rails db:migrate".to_owned());
    finding.message = "exited with 1; 1 later migration did not run".to_owned();
    "read the last lines of its output in the report".clone_into(&mut finding.hint);
    report
}

/// A dropped table, a rewritten one, an unlogged one, doubts, failed tests, and a volume that stays.
pub(super) fn troubled() -> Report {
    let mut report = incident();
    report.environment = "troubled".to_owned();
    report.seeds[0].reused = false;
    let all = GrossRows { deleted: 123_456_789, ..GrossRows::default() };
    let missing = NetRows { missing: 123_456_789, ..NetRows::default() };
    let mut dropped = table("audit_of_everything_that_ever_happened", 123_456_789, all, missing);
    dropped.events.insert(TableEvent::Dropped);
    let mut rewritten = table("customer", 84_000, GrossRows::default(), NetRows::default());
    rewritten.events.insert(TableEvent::Rewritten);
    rewritten.rewritten_bytes = Some(21_000_000);
    rewritten.columns_dropped = vec!["fax".to_owned()];
    rewritten.values_lost = [("fax".to_owned(), 1234)].into();
    rewritten.columns_added = vec!["locale".to_owned(), "time_zone".to_owned()];
    let mut unlogged = table("session", 12, GrossRows::default(), NetRows { new: 3, ..NetRows::default() });
    unlogged.gross = None;
    let first = &mut report.migrations[0];
    let missing = NetRows { missing: 4_711, ..NetRows::default() };
    let mut emptied = table("visits", 4_711, GrossRows::default(), missing);
    emptied.events.insert(TableEvent::Truncated);
    emptied.truncated = Some(4_711);
    first.change.tables = vec![dropped, rewritten, unlogged, emptied];
    first.change.temp_bytes = Some(310_000_000);
    first.change.locks = locks::held();
    first.change.statements = locks::by_statement();
    first.change.sequences = sequences::moved();
    first.change.doubts =
        vec!["the log shows 12 rows of session deleted, and all of them are there".to_owned()];
    let drop = Finding {
        guard: "table_dropped",
        migration: Some(first.run.migration.name.clone()),
        database: Some(first.run.migration.database.clone()),
        steps: Vec::new(),
        table: Some(first.change.tables[0].table.clone()),
        message: "audit_of_everything_that_ever_happened is dropped, and 123,456,789 rows with it".to_owned(),
        hint: "move its rows before it goes; if nothing needs them any more, set `allow_table_dropped: true` under \
               `guards` in `stage.yaml`".to_owned(),
    };
    let suite = Finding {
        guard: "suite_failed",
        migration: None,
        database: None,
        steps: Vec::new(),
        table: None,
        message: "1 of 43 tests failed: tests.test_shop::test_audit".to_owned(),
        hint: "read the failed tests in the report".to_owned(),
    };
    report.findings.insert(0, drop);
    report.findings.push(suite);
    let outcome = report.suite.get_or_insert_with(passed);
    outcome.end = SuiteEnd::Exited(1);
    outcome.failed = vec![FailedTest {
        name: "tests.test_shop::test_audit".to_owned(),
        message: "assert 500 == 200\n  where 500 = response.status_code".to_owned(),
    }];
    outcome.output_tail = "FAILED tests/test_shop.py::test_audit\n1 failed, 42 passed in 12.31s\n".to_owned();
    report.teardown.proof[3].after = 1;
    report.egress = Some(egress::attempts());
    report.mail = Some(mail::sent());
    report.teardown.left = vec!["volume stage-troubled-4f1c2a9b0d3e-media: the volume is in use".to_owned()];
    report
}

/// Three migrations on a shop, the second one given.
fn shop(environment: &str, verdict: Verdict, cleanup: TableChange, findings: Vec<Finding>) -> Report {
    let updated = GrossRows { updated: 300_000, ..GrossRows::default() };
    let different = |different| NetRows { different, ..NetRows::default() };
    let recreated = GrossRows { inserted: 50_000, updated: 0, deleted: 50_000 };
    let columns_changed = vec!["fulfilled_at".to_owned(), "state".to_owned()];
    let orders = TableChange { columns_changed, ..table("orders", 600_000, updated, different(300_000)) };
    let prices = table("catalogue_prices", 150_000, recreated, different(39_871));
    let migrations = vec![
        migration(4, "0004_backfill_fulfilled_at.sql", 4.92, 148_000_000, orders),
        migration(5, "0005_remove_duplicate_feed_items.sql", 3.414, 71_400_000, cleanup),
        migration(6, "0006_round_wholesale_prices.sql", 0.871, 19_200_000, prices),
    ];
    let objects = ["container web", "container worker", "container tests", "container db", "container redis"];
    let removed = objects.iter().chain(&["clone db-data", "volume db-data", "volume media", "network shop"]);
    let phases = [
        ("seed", 0.31),
        ("stack", 2.04),
        ("change", 9.5),
        ("services", 3.2),
        ("suite", 12.3),
        ("teardown", 1.9),
    ];
    Report {
        environment: environment.to_owned(),
        run: RunId("4f1c2a9b0d3e".to_owned()),
        started_at: time("2026-11-21T21:23:07Z"),
        duration_s: 29.31,
        seeds: vec![seed(environment)],
        migrations,
        not_run: Vec::new(),
        service_failure: None,
        egress: Some(Vec::new()),
        mail: None,
        suite: Some(passed()),
        comparison: None,
        traffic: None,
        findings,
        verdict,
        teardown: Teardown {
            removed: removed.map(|&it| it.to_owned()).collect(),
            proof: proof(),
            images: vec!["redis:7".to_owned()],
            ..Teardown::default()
        },
        phases: phases.into_iter().map(|(phase, duration_s)| PhaseTime { phase, duration_s }).collect(),
    }
}

/// Everything that was made, and is gone.
fn proof() -> Vec<Remains> {
    let counts = [5, 1, 1, 2, 1, 0, 3, 1];
    MadeKind::ALL.into_iter().zip(counts).map(|(kind, before)| Remains { kind, before, after: 0 }).collect()
}

fn seed(environment: &str) -> SeedUse {
    let rows = [
        ("item_datafeed", 1_000_000),
        ("orders", 600_000),
        ("catalogue_prices", 150_000),
        ("customers", 120_000),
    ];
    let seed = SeedRecord {
        key: SeedKey("9b2e6c41f0aa77d0".repeat(4)),
        environment: environment.to_owned(),
        database: "db".to_owned(),
        backup_taken_at: time("2026-11-21T03:00:00Z"),
        sealed_at: time("2026-11-21T08:12:44Z"),
        size_bytes: 212_000_000,
        build_s: 24.2,
        rows: rows.into_iter().map(|(table, rows)| (table.to_owned(), rows)).collect::<BTreeMap<_, _>>(),
    };
    SeedUse { seed, reused: true }
}

fn passed() -> SuiteOutcome {
    SuiteOutcome {
        end: SuiteEnd::Exited(0),
        duration_s: 12.31,
        passed: Some(42),
        skipped: Some(0),
        failed: Vec::new(),
        output_tail: "42 passed in 12.31s\n".to_owned(),
    }
}

fn migration(
    version: u32,
    name: &str,
    duration_s: f64,
    wal_bytes: u64,
    change: TableChange,
) -> MigrationReport {
    let migration = Migration {
        database: "db".to_owned(),
        version: version.to_string(),
        name: name.to_owned(),
        path: name.into(),
        sql: "DELETE FROM item_datafeed WHERE true".to_owned(),
        checksum: format!("{version}c").repeat(48),
        transactional: true,
    };
    let change = Change { tables: vec![change], wal_bytes, ..Change::default() };
    MigrationReport {
        run: MigrationRun { migration, duration_s, failure: None, output_tail: None, statements: Vec::new() },
        change,
    }
}

fn table(name: &str, rows_in_seed: u64, gross: GrossRows, net: NetRows) -> TableChange {
    TableChange {
        table: TableName::new("public", name),
        rows_in_seed,
        gross: Some(gross),
        truncated: None,
        net,
        events: BTreeSet::new(),
        rewritten_bytes: None,
        moved: 0,
        columns_changed: Vec::new(),
        columns_dropped: Vec::new(),
        values_lost: BTreeMap::new(),
        lost_rows: LostRows::default(),
        lost_values: LostRows::default(),
        columns_added: Vec::new(),
    }
}

fn time(text: &str) -> Timestamp {
    text.parse().expect("a time")
}
