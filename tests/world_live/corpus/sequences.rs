//! Five hundred random sequences of statements, each in a schema of its own, shared among the runners.

use std::fmt::Write as _;
use std::time::Instant;

use futures_util::StreamExt;

use super::case::Runner;
use super::independent::Snapshot;
use super::meter::{Metered, Server};
use super::{AT_ONCE, contradictions, schema, sequence, with_server};

const SEQUENCES: u64 = 500;
/// So many stand in one database: more make each look at its catalogue longer, fewer make more databases.
const OF_A_DATABASE: usize = 5;
/// In percent: more that fail would mean that the sequences say less than their number.
const MOST_FAILING: usize = 15;

#[derive(Default)]
struct Tally {
    failed: usize,
    touched: usize,
    wrong: Vec<String>,
}

/// Those of one runner.
async fn run_all(server: Server, runner: Runner) {
    let begun = Instant::now();
    let place = Runner::ALL.iter().position(|other| *other == runner).unwrap() as u64;
    let numbers: Vec<u64> = (0..SEQUENCES).filter(|number| number % 3 == place).collect();
    let databases: Vec<_> = numbers
        .chunks(OF_A_DATABASE)
        .map(|numbers| run_some(server.clone(), runner, numbers.to_vec()))
        .collect();
    let tallies: Vec<Tally> = futures_util::stream::iter(databases).buffer_unordered(AT_ONCE).collect().await;
    let failed: usize = tallies.iter().map(|tally| tally.failed).sum();
    let touched: usize = tallies.iter().map(|tally| tally.touched).sum();
    let wrong: Vec<String> = tallies.into_iter().flat_map(|tally| tally.wrong).collect();
    let count = numbers.len();
    println!(
        "{count} sequences by {}, {failed} of which fail, {touched} tables compared, in {:?}",
        runner.name(),
        begun.elapsed()
    );
    assert!(wrong.is_empty(), "{} of {count} sequences:\n{}", wrong.len(), wrong.join("\n"));
    assert!(failed * 100 <= count * MOST_FAILING && touched > count, "{failed} of {count} fail");
}

async fn run_some(server: Server, runner: Runner, numbers: Vec<u64>) -> Tally {
    let mut setup = String::new();
    for (place, number) in numbers.iter().enumerate() {
        let (schema, tables) = (schema(place), sequence::setup(*number));
        writeln!(setup, "CREATE SCHEMA {schema}; SET search_path TO {schema};{tables}").unwrap();
    }
    let mut metered = server.metered(&format!("n{}", numbers[0]), &format!("{setup}RESET search_path")).await;
    let (mut tally, mut last) = (Tally::default(), metered.seed.clone());
    for (place, number) in numbers.iter().enumerate() {
        run_one(&mut metered, &mut last, &mut tally, runner, (*number, place)).await;
    }
    metered.close().await;
    tally
}

async fn run_one(
    metered: &mut Metered,
    last: &mut Snapshot,
    tally: &mut Tally,
    runner: Runner,
    (number, place): (u64, usize),
) {
    let schema = schema(place);
    let migration = sequence::statements(number, runner).join(";\n");
    let report = metered.run(runner, &schema, &migration).await;
    let now = metered.now().await;
    let mut found = contradictions::of_snapshots(&schema, &report.change, &metered.seed, &now);
    found.extend(contradictions::of_others(&schema, last, &now));
    if runner == Runner::Psql {
        found.extend(contradictions::of_steps(&report, &metered.version()));
    }
    tally.failed += usize::from(report.run.failure.is_some());
    tally.touched += report.change.tables.len();
    if !found.is_empty() {
        let failure = report.run.failure.map(|failure| failure.message).unwrap_or_default();
        let found = found.join("\n    ");
        tally
            .wrong
            .push(format!("sequence {number} by {}:\n    {found}\n{migration}\n{failure}", runner.name()));
    }
    *last = now;
}

#[tokio::test]
async fn sequences_in_one_transaction_are_measured_as_a_comparison_of_all_rows_says() {
    with_server(|server| run_all(server, Runner::Transaction)).await;
}

#[tokio::test]
async fn sequences_statement_by_statement_are_measured_as_a_comparison_of_all_rows_says() {
    with_server(|server| run_all(server, Runner::Statements)).await;
}

#[tokio::test]
async fn sequences_of_a_command_are_measured_as_a_comparison_of_all_rows_says() {
    with_server(|server| run_all(server, Runner::Psql)).await;
}
