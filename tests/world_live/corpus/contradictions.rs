//! Where what the meter says and what was compared independently contradict each other.

use std::collections::{BTreeMap, BTreeSet};

use stage::model::change::{Change, GrossRows, TableChange, TableEvent};
use stage::model::report::MigrationReport;
use stage::model::step::{StepName, StepTableName};

use super::case::{Gross, GrossByTable};
use super::independent::{Difference, Row, Snapshot, changed_columns, differences_of, is_missing};

fn called(table: &TableChange) -> String {
    format!("{}.{}", table.table.schema, table.table.name)
}

/// As [`of_rows`], of what was there before and after.
pub fn of_snapshots(schema: &str, change: &Change, before: &Snapshot, after: &Snapshot) -> Vec<String> {
    let told: BTreeSet<String> = change.tables.iter().map(called).collect();
    let is_wanted = |name: &str| name.split('.').next() == Some(schema) || told.contains(name);
    let mut found = of_rows(schema, change, &differences_of(before, after, is_wanted));
    found.extend(change.tables.iter().flat_map(|table| of_details(table, before, after)));
    found
}

/// Rows that are shown as missing: as many as there are, five at most, each of them in the seed and not there any more. And
/// the columns that are said to differ.
fn of_details(table: &TableChange, before: &Snapshot, after: &Snapshot) -> Vec<String> {
    let name = called(table);
    let now = after.get(&name);
    let seed = before.get(&name).or_else(|| now.and_then(|now| now.in_other(&name, before)));
    let shown = &table.lost_rows;
    let Some(seed) = seed.filter(|seed| !seed.is_partitioned()) else {
        return if shown.is_empty() { Vec::new() } else { vec![format!("{name}: shows rows of no table")] };
    };
    let mut found = Vec::new();
    if shown.rows.len() as u64 != table.net.missing.min(5) {
        found.push(format!("{name}: {} missing, {} shown", table.net.missing, shown.rows.len()));
    }
    if !shown.is_empty() && shown.columns != seed.column_names() {
        found.push(format!("{name}: rows shown with columns {:?}", shown.columns));
    }
    for row in shown.rows.iter().filter(|row| !is_missing(seed, now, row, printed)) {
        found.push(format!("{name}: {row:?} is shown, and not missing"));
    }
    let changed = now.map(|now| changed_columns(seed, now)).unwrap_or_default();
    let told: BTreeSet<String> = table.columns_changed.iter().cloned().collect();
    if told != changed {
        found.push(format!("{name}: columns changed told {told:?}, but {changed:?}"));
    }
    let values = table.values_lost.keys().map(String::as_str).collect::<Vec<_>>();
    let places: Vec<usize> = seed
        .column_names()
        .iter()
        .enumerate()
        .filter(|(_, it)| values.contains(it))
        .map(|(at, _)| at)
        .collect();
    let holding = |row: &&Row| places.iter().any(|at| row[*at].is_some());
    let expected = seed.rows.iter().filter(holding).count().min(5);
    let is_true = |row: &&Row| holding(row) && seed.rows.iter().any(|other| printed(other) == **row);
    if table.lost_values.rows.len() != expected || !table.lost_values.rows.iter().all(|row| is_true(&row)) {
        found.push(format!("{name}: values lost shown in {:?}", table.lost_values.rows));
    }
    found
}

/// A row as it is shown.
fn printed(row: &Row) -> Row {
    let cut = |value: &String| {
        let short: String = value.chars().take(80).collect();
        if short == *value { short } else { format!("{short}…") }
    };
    row.iter().map(|value| value.as_ref().map(cut)).collect()
}

/// Net rows, columns and what happened to whole tables, in the schema that a migration was to change.
pub fn of_rows(schema: &str, change: &Change, differences: &BTreeMap<String, Difference>) -> Vec<String> {
    let mut found: Vec<String> = change.doubts.iter().map(|doubt| format!("doubt: {doubt}")).collect();
    let told: BTreeMap<String, &TableChange> =
        change.tables.iter().map(|table| (called(table), table)).collect();
    let is_own = |name: &String| name.split('.').next() == Some(schema);
    for (name, table) in told.iter().filter(|(name, _)| !is_own(name)) {
        // No log says when an unlogged table was changed: how it differs from the seed is told again each time.
        let is_true = differences.get(name).is_some_and(|difference| {
            Difference { is_made: difference.is_made, ..as_difference(table) } == *difference
        });
        if table.gross.is_some() || !is_true {
            found.push(format!("{name}: told, and nobody touched it"));
        }
    }
    for name in told.keys().filter(|name| is_own(name) && !differences.contains_key(*name)) {
        found.push(format!("{name}: told, and neither there before nor after"));
    }
    for (name, difference) in differences.iter().filter(|(name, _)| is_own(name)) {
        match told.get(name) {
            None if difference.is_none() => {}
            None => found.push(format!("{name}: not told, but {difference:?}")),
            Some(table) => {
                let told = as_difference(table);
                if told != *difference {
                    found.push(format!("{name}: told {told:?}, but {difference:?}"));
                }
            }
        }
    }
    found
}

fn as_difference(table: &TableChange) -> Difference {
    Difference {
        rows_before: table.rows_in_seed,
        missing: table.net.missing,
        new: table.net.new,
        different: table.net.different,
        columns_dropped: table.columns_dropped.iter().cloned().collect(),
        values_lost: table.values_lost.clone(),
        columns_added: table.columns_added.iter().cloned().collect(),
        is_dropped: table.events.contains(&TableEvent::Dropped),
        is_made: table.events.contains(&TableEvent::Created),
    }
}

/// Tables of other schemas that are not as they were: then the corpus itself is wrong.
pub fn of_others(schema: &str, last: &Snapshot, now: &Snapshot) -> Vec<String> {
    let is_other = |name: &&String| !["public", schema].contains(&name.split('.').next().unwrap_or_default());
    let names: BTreeSet<&String> = last.keys().chain(now.keys()).filter(is_other).collect();
    let mut changed = Vec::new();
    for name in names {
        let [then, is] = [last, now].map(|snapshot| snapshot.get(name).map(|table| &table.rows));
        if then == is {
            continue;
        }
        // Read in another order, maybe.
        let rows = |snapshot: &Snapshot| {
            let mut rows = snapshot.get(name)?.rows.clone();
            rows.sort_unstable();
            Some(rows)
        };
        if rows(last) != rows(now) {
            changed.push(format!("{name}: changed, and is another case's"));
        }
    }
    changed
}

/// What the statements did.
pub fn of_gross(schema: &str, change: &Change, expected: &GrossByTable) -> Vec<String> {
    let mut found = Vec::new();
    let mut missing: BTreeSet<&String> =
        expected.iter().filter(|(_, rows)| **rows != Some(Gross::default())).map(|(name, _)| name).collect();
    for table in change.tables.iter().filter(|table| table.table.schema == schema) {
        let name = &table.table.name;
        missing.remove(name);
        let expected = expected.get(name).copied().unwrap_or(Some(Gross::default()));
        let truncated = table.truncated.unwrap_or(0);
        let told = table.gross.map(|GrossRows { inserted, updated, deleted }| Gross {
            inserted,
            updated,
            deleted,
            truncated,
            moved: table.moved,
        });
        if told != expected {
            found.push(format!("{name}: gross told {told:?}, but {expected:?}"));
        }
    }
    found.extend(missing.into_iter().map(|name| format!("{name}: its statements are not told")));
    found
}

/// The steps of a command are all that it did, and the one that was noted is among them.
pub fn of_steps(report: &MigrationReport, version: &str) -> Vec<String> {
    let mut found = Vec::new();
    let steps = &report.change.steps;
    let noted = StepName::Applied(version.to_owned());
    if report.run.failure.is_none() && steps.iter().filter(|step| step.name == noted).count() != 1 {
        let names: Vec<String> = steps.iter().map(|step| step.name.to_string()).collect();
        found.push(format!("steps {names:?}, where {version} was noted once"));
    }
    if steps.is_empty() {
        return found;
    }
    for table in &report.change.tables {
        let mut sum = GrossRows::default();
        for step in steps {
            let of_table = |touched: &&stage::model::step::StepTable| {
                touched.table == StepTableName::Known(table.table.clone())
            };
            if let Some(touched) = step.tables.iter().find(of_table) {
                sum.inserted += touched.gross.inserted;
                sum.updated += touched.gross.updated;
                sum.deleted += touched.gross.deleted;
            }
        }
        if table.gross.is_some_and(|gross| gross != sum) {
            found.push(format!("{}: steps add up to {sum:?}, but gross is {:?}", table.table, table.gross));
        }
    }
    found
}
