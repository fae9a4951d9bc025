//! The proof of the meter: cases of every trap and random sequences of statements, through three runners, each held
//! against every row of every table before and after.

mod case;
mod contradictions;
mod independent;
mod meter;
mod objects;
mod planted;
mod sequence;
mod sequences;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::future::Future;
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use stage::model::call::Undo;
use stage::world::database::Databases;
use stage::world::postgres::PostgresServers;

use case::{Case, Runner};
use meter::{Metered, Server};

use crate::server::{spec, start};
use crate::stand::{engine, name, tidy, undone};

/// The families of cases, each a file.
const FAMILIES: [(&str, &str); 15] = [
    ("cascade", include_str!("cases/cascade.sql")),
    ("columns", include_str!("cases/columns.sql")),
    ("delete", include_str!("cases/delete.sql")),
    ("drop", include_str!("cases/drop.sql")),
    ("endings", include_str!("cases/endings.sql")),
    ("insert", include_str!("cases/insert.sql")),
    ("keyless", include_str!("cases/keyless.sql")),
    ("names", include_str!("cases/names.sql")),
    ("partitions", include_str!("cases/partitions.sql")),
    ("replace", include_str!("cases/replace.sql")),
    ("truncate", include_str!("cases/truncate.sql")),
    ("twice", include_str!("cases/twice.sql")),
    ("unlogged", include_str!("cases/unlogged.sql")),
    ("update", include_str!("cases/update.sql")),
    ("views", include_str!("cases/views.sql")),
];
/// Databases of one server that are worked on at the same time.
const AT_ONCE: usize = 3;

/// A server as a check would start it, for a test of the corpus.
async fn with_server<F: Future<Output = ()> + Send + 'static>(
    test: impl FnOnce(Server) -> F + Send + 'static,
) {
    let (engine, container) = (engine().await, name("corpus"));
    let undo = Undo::RemoveContainer { name: container.clone(), run: "r1".into() };
    let e = engine.clone();
    let test = async move {
        let settings =
            ["fsync=off", "full_page_writes=off", "wal_keep_size=2000000", "max_prepared_transactions=9"];
        let mut order = spec(&container);
        // Hundreds of databases are made and never read again.
        // Thousands of connections are made: what a password costs is no part of what is shown.
        order.runtime.environment.insert("POSTGRES_HOST_AUTH_METHOD".to_owned(), "trust".to_owned());
        order.runtime.tmpfs.insert("/var/lib/postgresql/data".to_owned(), String::new());
        let words = settings.into_iter().flat_map(|setting| ["-c", setting]);
        order.runtime.command = Some(std::iter::once("postgres").chain(words).map(str::to_owned).collect());
        let at = start(&e, order).await;
        PostgresServers.connect(&at, Duration::from_mins(1)).await.unwrap().close().await;
        test(Server { at, container }).await;
    };
    tidy(test, undone(&engine, &[undo])).await;
}

/// All cases of all families through one runner.
async fn run_all(server: Server, runner: Runner) {
    let begun = Instant::now();
    let families: Vec<_> = FAMILIES
        .into_iter()
        .map(|(family, text)| {
            let cases = case::read(text).into_iter().filter(|case| case.runs_by(runner));
            run_family(server.clone(), runner, family, cases.collect())
        })
        .collect();
    let ended: Vec<(usize, Vec<String>)> =
        futures_util::stream::iter(families).buffer_unordered(AT_ONCE).collect().await;
    let cases: usize = ended.iter().map(|(cases, _)| cases).sum();
    let wrong: Vec<String> = ended.into_iter().flat_map(|(_, wrong)| wrong).collect();
    println!("{cases} cases by {} in {:?}", runner.name(), begun.elapsed());
    assert!(wrong.is_empty(), "{} of {cases} cases by {}:\n{}", wrong.len(), runner.name(), wrong.join("\n"));
}

/// The cases of one file in one database, each in a schema of its own. How many there are, and those that went wrong.
async fn run_family(server: Server, runner: Runner, family: &str, cases: Vec<Case>) -> (usize, Vec<String>) {
    let mut setup = String::new();
    for (number, case) in cases.iter().enumerate() {
        let schema = schema(number);
        writeln!(setup, "CREATE SCHEMA {schema}; SET search_path TO {schema};\n{};", case.setup).unwrap();
    }
    let mut metered = server.metered(family, &format!("{setup}RESET search_path")).await;
    let mut wrong = Vec::new();
    let mut last = (metered.seed.clone(), metered.objects().await);
    for (number, case) in cases.iter().enumerate() {
        let found = run_case(&mut metered, &mut last, runner, &schema(number), case).await;
        if !found.is_empty() {
            wrong.push(format!("{family}, {}:\n    {}", case.name, found.join("\n    ")));
        }
    }
    metered.close().await;
    (cases.len(), wrong)
}

async fn run_case(
    metered: &mut Metered,
    (last, last_objects): &mut (independent::Snapshot, objects::Objects),
    runner: Runner,
    schema: &str,
    case: &Case,
) -> Vec<String> {
    let report = metered.run(runner, schema, &case.migration).await;
    let now = metered.now().await;
    let mut found = contradictions::of_snapshots(schema, &report.change, &metered.seed, &now);
    found.extend(contradictions::of_others(schema, last, &now));
    found.extend(contradictions::of_gross(schema, &report.change, case.gross(runner)));
    if runner == Runner::Psql {
        found.extend(contradictions::of_steps(&report, &metered.version()));
    }
    match &report.run.failure {
        Some(failure) if !case.fails => found.push(format!("failed: {}", failure.message)),
        None if case.fails => found.push("did not fail".to_owned()),
        _ => {}
    }
    let now_objects = metered.objects().await;
    found.extend(objects::contradictions(
        &report.change,
        &metered.objects_of_seed,
        last_objects,
        &now_objects,
    ));
    (*last, *last_objects) = (now, now_objects);
    found
}

/// The schema of a case or a sequence.
fn schema(number: usize) -> String {
    format!("s{number:02}")
}

#[tokio::test]
async fn cases_in_one_transaction_are_measured_as_a_comparison_of_all_rows_says() {
    with_server(|server| run_all(server, Runner::Transaction)).await;
}

#[tokio::test]
async fn cases_statement_by_statement_are_measured_as_a_comparison_of_all_rows_says() {
    with_server(|server| run_all(server, Runner::Statements)).await;
}

#[tokio::test]
async fn cases_of_a_command_are_measured_as_a_comparison_of_all_rows_says() {
    with_server(|server| run_all(server, Runner::Psql)).await;
}

#[test]
fn every_family_has_two_cases_or_more_and_every_case_a_runner() {
    let mut names: BTreeMap<String, usize> = BTreeMap::new();
    for (family, text) in FAMILIES {
        let cases = case::read(text);
        assert!(cases.len() >= 2, "{family} has {} cases", cases.len());
        for case in cases {
            assert!(Runner::ALL.iter().any(|runner| case.runs_by(*runner)), "{}: no runner", case.name);
            *names.entry(format!("{family}, {}", case.name)).or_default() += 1;
        }
    }
    let twice: Vec<_> = names.iter().filter(|(_, count)| **count > 1).collect();
    assert!(twice.is_empty(), "{twice:?}");
}
