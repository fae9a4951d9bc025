//! The report as JSON. The structs below are its schema, version 1.
//!
//! Keys are only ever added within a version; a key that is removed or changes its meaning makes a new version. Numbers are
//! exact, durations are seconds, sizes are bytes, times are RFC 3339 in UTC. A key without a value is `null`, never left
//! out. The text of migrations is not part of it.

mod comparison;
mod databases;
pub(super) mod egress;
mod locks;
mod lost;
mod mail;
mod objects;
mod schema;
mod sequences;
mod since;
mod statements;
mod steps;
mod suite;
mod tables;
mod traffic;

pub use since::changes_value;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use crate::model::report::{MigrationReport, Report, SeedUse, Verdict};
use crate::model::{call, migration, proof, report as model};

#[derive(Serialize)]
struct Root<'a> {
    /// Always 1.
    schema: u32,
    environment: &'a str,
    /// Id of the run.
    run: &'a str,
    /// `passed`, `blocked` or `unverified`.
    verdict: &'static str,
    /// The exit code of `stage check`.
    exit_code: u8,
    started_at: Timestamp,
    duration_s: f64,
    seeds: Vec<Seed<'a>>,
    /// In the order in which they ran.
    migrations: Vec<Migration<'a>>,
    /// Names of pending migrations that did not run, as an earlier one failed.
    not_run: &'a [String],
    service_failure: Option<ServiceFailure<'a>>,
    /// What services tried to reach beyond the stack and could not; `null` where that is allowed.
    egress: Option<Vec<egress::Attempt<'a>>>,
    /// What mail services have sent, and the sink has caught; `null` without a sink.
    mail: Option<mail::Mail<'a>>,
    suite: Option<suite::Suite<'a>>,
    /// Services and suite without the migrations, and what is new since; `null` unless `compare: true` asks for it and the
    /// migrations ran through.
    comparison: Option<comparison::Comparison<'a>>,
    /// The migrations once more beside traffic, and what of it waited for them; `null` unless `traffic:` asks for it and the
    /// migrations ran through.
    traffic: Option<traffic::Traffic<'a>>,
    /// Most severe first.
    findings: Vec<Finding<'a>>,
    teardown: Teardown<'a>,
    phases: Vec<Phase>,
}

#[derive(Serialize)]
struct Seed<'a> {
    database: &'a str,
    /// Content key, 64 hexadecimal digits.
    key: &'a str,
    backup_taken_at: Timestamp,
    sealed_at: Timestamp,
    size_bytes: u64,
    build_s: f64,
    /// Whether it was there already.
    reused: bool,
    rows_total: u64,
    /// Rows by table.
    rows: &'a BTreeMap<String, u64>,
}

#[derive(Serialize)]
struct Migration<'a> {
    database: &'a str,
    version: &'a str,
    name: &'a str,
    /// 96 hexadecimal digits, which an approval names: SHA-384 of its text, or of a command and its image.
    checksum: &'a str,
    transactional: bool,
    applied: bool,
    duration_s: f64,
    failure: Option<SqlFailure<'a>>,
    /// The last lines of the output of a command that failed.
    output_tail: Option<&'a str>,
    wal_bytes: u64,
    /// What it wrote to temporary files; `null` where the server does not say (before PostgreSQL 15).
    temp_bytes: Option<u64>,
    /// Tables that it touched.
    tables: Vec<tables::TouchedTable<'a>>,
    /// What it did to the schema.
    schema_changes: Vec<schema::ObjectChange<'a>>,
    /// Of a command: the migrations that it ran, in order, as far as its tool's version table tells them apart.
    steps: Vec<steps::Step<'a>>,
    /// What it locked of the tables that were there before, by table, the strongest first: every `ACCESS EXCLUSIVE`, and
    /// what else was held for 20 ms.
    locks: Vec<locks::Lock<'a>>,
    /// Of a file whose transaction was watched statement by statement: each of them that succeeded; else empty.
    statements: Vec<statements::Statement<'a>>,
    /// Sequences that stand elsewhere than before, and those that are behind their column.
    sequences: Vec<sequences::Moved<'a>>,
    /// What it did to large objects, rolled-back ones left out.
    large_objects: objects::Objects,
    /// Other databases of the server that came, went or were renamed.
    databases: Vec<databases::Database<'a>>,
    /// Why what it did could not be verified; empty if it could.
    doubts: &'a [String],
}

#[derive(Serialize)]
struct SqlFailure<'a> {
    message: &'a str,
    /// SQLSTATE; empty if the failure was not the server's but a command's.
    code: &'a str,
    line: Option<usize>,
    column: Option<usize>,
    hint: Option<&'a str>,
}

#[derive(Serialize)]
struct ServiceFailure<'a> {
    service: &'a str,
    reason: &'a str,
    output_tail: &'a str,
}

#[derive(Serialize)]
struct Finding<'a> {
    /// Id of the guard.
    guard: &'a str,
    /// `null` for what is about no migration, as `schema` and `table`.
    migration: Option<&'a str>,
    database: Option<&'a str>,
    /// Names of the steps of a command that may have broken it.
    steps: &'a [String],
    /// The database of the server that the table is in; `null` for the one that is migrated.
    elsewhere: Option<&'a str>,
    schema: Option<&'a str>,
    table: Option<&'a str>,
    message: &'a str,
    hint: &'a str,
}

#[derive(Serialize)]
struct Teardown<'a> {
    removed: &'a [String],
    /// Not empty: exit code 4.
    left: &'a [String],
    /// By kind; empty if the engine could not be looked at.
    proof: Vec<Remains>,
    /// Images that were fetched, which stay.
    images_kept: &'a [String],
}

#[derive(Serialize)]
struct Remains {
    kind: &'static str,
    /// How many there were when the teardown began.
    before: usize,
    /// How many of them are there after it.
    after: usize,
}

#[derive(Serialize)]
struct Phase {
    phase: &'static str,
    duration_s: f64,
}

/// The report as one JSON object over several lines; ends with a line break.
pub fn json(report: &Report) -> String {
    // Strings, numbers and lists alone: writing them to a string has no way to fail.
    serde_json::to_string_pretty(&root(report)).unwrap_or_default() + "\n"
}

/// The report as part of a larger object.
pub fn value(report: &Report) -> serde_json::Value {
    serde_json::to_value(root(report)).unwrap_or_default()
}

fn teardown(teardown: &model::Teardown) -> Teardown<'_> {
    let remains =
        |it: &proof::Remains| Remains { kind: it.kind.words().1, before: it.before, after: it.after };
    Teardown {
        removed: &teardown.removed,
        left: &teardown.left,
        proof: teardown.proof.iter().map(remains).collect(),
        images_kept: &teardown.images,
    }
}

/// What was cleaned up, as a report tells it.
pub fn teardown_value(of: &model::Teardown) -> serde_json::Value {
    serde_json::to_value(teardown(of)).unwrap_or_default()
}

fn root(report: &Report) -> Root<'_> {
    Root {
        schema: 1,
        environment: &report.environment,
        run: &report.run.0,
        verdict: verdict(report.verdict),
        exit_code: report.exit_code(),
        started_at: report.started_at,
        duration_s: report.duration_s,
        seeds: report.seeds.iter().map(seed).collect(),
        migrations: report.migrations.iter().map(migration).collect(),
        not_run: &report.not_run,
        service_failure: report.service_failure.as_ref().map(service_failure),
        egress: report.egress.as_ref().map(|attempts| attempts.iter().map(egress::attempt).collect()),
        mail: report.mail.as_ref().map(mail::mail),
        suite: report.suite.as_ref().map(suite::suite),
        comparison: report.comparison.as_ref().map(comparison::comparison),
        traffic: report.traffic.as_ref().map(traffic::traffic),
        findings: report.findings.iter().map(finding).collect(),
        teardown: teardown(&report.teardown),
        phases: report.phases.iter().map(|it| Phase { phase: it.phase, duration_s: it.duration_s }).collect(),
    }
}

fn service_failure(failure: &call::ServiceFailure) -> ServiceFailure<'_> {
    ServiceFailure { service: &failure.service, reason: &failure.reason, output_tail: &failure.output_tail }
}

fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Passed => "passed",
        Verdict::Blocked => "blocked",
        Verdict::Unverified => "unverified",
    }
}

fn seed(used: &SeedUse) -> Seed<'_> {
    let seed = &used.seed;
    Seed {
        database: &seed.database,
        key: &seed.key.0,
        backup_taken_at: seed.backup_taken_at,
        sealed_at: seed.sealed_at,
        size_bytes: seed.size_bytes,
        build_s: seed.build_s,
        reused: used.reused,
        rows_total: seed.rows_total(),
        rows: &seed.rows,
    }
}

fn migration(report: &MigrationReport) -> Migration<'_> {
    let MigrationReport { run, change } = report;
    Migration {
        database: &run.migration.database,
        version: &run.migration.version,
        name: &run.migration.name,
        checksum: &run.migration.checksum,
        transactional: run.migration.transactional,
        applied: run.failure.is_none(),
        duration_s: run.duration_s,
        failure: run.failure.as_ref().map(sql_failure),
        output_tail: run.output_tail.as_deref(),
        wal_bytes: change.wal_bytes,
        temp_bytes: change.temp_bytes,
        tables: change.tables.iter().map(tables::table).collect(),
        schema_changes: change.schema.iter().map(schema::object).collect(),
        steps: change.steps.iter().map(steps::step).collect(),
        locks: change.locks.iter().map(locks::lock).collect(),
        statements: change.statements.iter().map(statements::statement).collect(),
        sequences: change.sequences.iter().map(sequences::sequence).collect(),
        large_objects: objects::objects(&change.objects),
        databases: change.databases.iter().map(databases::database).collect(),
        doubts: &change.doubts,
    }
}

fn sql_failure(failure: &migration::SqlFailure) -> SqlFailure<'_> {
    SqlFailure {
        message: &failure.message,
        code: &failure.code,
        line: failure.line,
        column: failure.column,
        hint: failure.hint.as_deref(),
    }
}

fn finding(finding: &crate::model::guard::Finding) -> Finding<'_> {
    Finding {
        guard: finding.guard,
        migration: finding.migration.as_deref(),
        database: finding.database.as_deref(),
        steps: &finding.steps,
        elsewhere: finding.table.as_ref().and_then(|table| table.database.as_deref()),
        schema: finding.table.as_ref().map(|table| table.schema.as_str()),
        table: finding.table.as_ref().map(|table| table.name.as_str()),
        message: &finding.message,
        hint: &finding.hint,
    }
}

#[cfg(test)]
mod tests {
    use super::json;
    use crate::render::sample;

    #[test]
    fn the_schema_is_what_others_rely_on() {
        insta::assert_snapshot!("json_incident", json(&sample::incident()));
        insta::assert_snapshot!("json_troubled", json(&sample::troubled()));
    }

    #[test]
    fn numbers_are_exact_and_sql_is_left_out() {
        let text = json(&sample::incident());
        let root: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(root["schema"], 1);
        assert_eq!(root["exit_code"], 1);
        assert_eq!(root["migrations"][1]["tables"][0]["gross"]["deleted"], 873_511);
        assert!(!text.contains("DELETE FROM"), "{text}");
    }
}
