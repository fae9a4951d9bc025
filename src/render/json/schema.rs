//! What a migration did to the schema, as JSON.

use serde::Serialize;

use crate::model::schema::Facet;
use crate::model::schema_change::{self, SchemaChange, SchemaEvent};

#[derive(Serialize)]
pub(super) struct ObjectChange<'a> {
    /// `added`, `dropped` or `altered`.
    event: &'static str,
    /// The object's kind by its name in SQL, in lower case: `table`, `column`, `materialized view` …
    kind: &'static str,
    /// As users write it: after its table where it is named within it, without `public.`.
    name: &'a str,
    /// With `table`, the table or view that it is part of; `null` for others.
    schema: Option<&'a str>,
    table: Option<&'a str>,
    /// The name that it had before, if that was another.
    renamed_from: Option<&'a str>,
    /// What defines it; of what was altered only what is otherwise now.
    facets: Vec<FacetChange<'a>>,
}

#[derive(Serialize)]
struct FacetChange<'a> {
    /// `type`, `default`, `definition`, `state`, `granted to ROLE` …
    name: &'a str,
    /// A piece of SQL; `null` where there was none, as of all that was added.
    before: Option<&'a str>,
    /// A piece of SQL; `null` where there is none, as of all that was dropped.
    after: Option<&'a str>,
}

/// One object.
pub(super) fn object(change: &SchemaChange) -> ObjectChange<'_> {
    let (event, renamed_from, facets) = match &change.event {
        SchemaEvent::Added(facets) => ("added", None, facets.iter().map(added).collect()),
        SchemaEvent::Dropped(facets) => ("dropped", None, facets.iter().map(dropped).collect()),
        SchemaEvent::Altered { renamed_from, facets } => {
            ("altered", renamed_from.as_deref(), facets.iter().map(changed).collect())
        }
    };
    let table = change.table.as_ref();
    ObjectChange {
        event,
        kind: change.kind.as_str(),
        name: &change.name,
        schema: table.map(|table| table.schema.as_str()),
        table: table.map(|table| table.name.as_str()),
        renamed_from,
        facets,
    }
}

fn changed(facet: &schema_change::FacetChange) -> FacetChange<'_> {
    FacetChange { name: &facet.name, before: facet.before.as_deref(), after: facet.after.as_deref() }
}

fn added(facet: &Facet) -> FacetChange<'_> {
    FacetChange { name: &facet.name, before: None, after: Some(&facet.text) }
}

fn dropped(facet: &Facet) -> FacetChange<'_> {
    FacetChange { name: &facet.name, before: Some(&facet.text), after: None }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::render::sample;

    #[test]
    fn objects_say_what_they_were_and_what_they_are() {
        let root = crate::render::json::value(&sample::reshaped());
        let changes = &root["migrations"][1]["schema_changes"];
        assert_eq!(
            changes[1],
            json!({
                "event": "altered", "kind": "column", "name": "orders.total", "schema": "public", "table": "orders",
                "renamed_from": "orders.amount",
                "facets": [
                    {"name": "type", "before": "integer", "after": "bigint"},
                    {"name": "not null", "before": null, "after": "NOT NULL"},
                ],
            })
        );
        assert_eq!(changes[2]["facets"][2], json!({"name": "state", "before": null, "after": "INVALID"}));
        assert_eq!(
            changes[3],
            json!({
                "event": "dropped", "kind": "view", "name": "open_orders", "schema": null, "table": null,
                "renamed_from": null,
                "facets": [{"name": "definition", "before": "SELECT * FROM orders", "after": null}],
            })
        );
        assert_eq!(root["migrations"][0]["schema_changes"], json!([]));
    }
}
