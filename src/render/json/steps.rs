//! The migrations that a command ran, as JSON.

use serde::Serialize;

use super::tables::{Gross, event, gross};
use crate::model::step::{self as model, StepName, StepTable, StepTableName};

#[derive(Serialize)]
pub(super) struct Step<'a> {
    /// As its tool knows it; where it belongs to no migration, between which it was committed.
    name: &'a str,
    /// `applied`, `unfinished`, `taken_back` or `between_migrations`.
    state: &'static str,
    /// Until its end, since that of the step before it.
    wal_bytes: u64,
    tables: Vec<Touched<'a>>,
    /// Rows written to files of which nothing says whose they were.
    unplaced: Gross,
}

#[derive(Serialize)]
struct Touched<'a> {
    /// `null` for a table that the command made and dropped again.
    schema: Option<&'a str>,
    table: &'a str,
    gross: Gross,
    /// As those of a migration's tables.
    events: Vec<&'static str>,
}

/// One step.
pub(super) fn step(of: &model::Step) -> Step<'_> {
    let (state, name) = match &of.name {
        StepName::Applied(name) => ("applied", name),
        StepName::Unfinished(name) => ("unfinished", name),
        StepName::TakenBack(name) => ("taken_back", name),
        StepName::Between(place) => ("between_migrations", place),
    };
    let tables = of.tables.iter().map(table).collect();
    Step { name, state, wal_bytes: of.wal_bytes, tables, unplaced: gross(of.unplaced) }
}

fn table(touched: &StepTable) -> Touched<'_> {
    let (schema, table) = match &touched.table {
        StepTableName::Known(name) => (Some(name.schema.as_str()), name.name.as_str()),
        StepTableName::Passing(name) => (None, name.as_str()),
    };
    let events = touched.events.iter().copied().map(event).collect();
    Touched { schema, table, gross: gross(touched.gross), events }
}

#[cfg(test)]
mod tests {
    use crate::render::json::json;
    use crate::render::sample;

    #[test]
    fn steps_say_what_they_are() {
        let root: serde_json::Value = serde_json::from_str(&json(&sample::in_one_go())).unwrap();
        let steps = root["migrations"][1]["steps"].as_array().unwrap();
        assert_eq!(steps[0]["tables"][0]["gross"]["deleted"], 873_511);
        assert_eq!(
            (&steps[1]["tables"][0]["schema"], &steps[1]["tables"][0]["table"]),
            (&().into(), &"copy".into())
        );
        assert_eq!(steps[2]["tables"][0]["events"][0], "truncated");
        let states: Vec<&str> = steps.iter().map(|step| step["state"].as_str().unwrap()).collect();
        assert_eq!(states[2..], ["applied", "between_migrations", "unfinished"]);
        assert_eq!(root["findings"][0]["steps"][0], "shop.0001_purge");
    }
}
