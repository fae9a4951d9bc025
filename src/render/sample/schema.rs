//! What a migration did to a schema.

use crate::model::name::TableName;
use crate::model::schema::{Facet, ObjectKind};
use crate::model::schema_change::{FacetChange, SchemaChange, SchemaEvent};

/// A type, a column and a view that are other than they were, and an index that is of no use.
pub(super) fn changes() -> Vec<SchemaChange> {
    let facet = |name: &str, text: &str| Facet { name: name.to_owned(), text: text.to_owned() };
    let was = |name: &str, before: Option<&str>, after: Option<&str>| FacetChange {
        name: name.to_owned(),
        before: before.map(str::to_owned),
        after: after.map(str::to_owned),
    };
    let orders = TableName::new("public", "orders");
    let change = |kind: ObjectKind, name: &str, event: SchemaEvent| {
        let table = matches!(kind, ObjectKind::Column | ObjectKind::Index).then(|| orders.clone());
        SchemaChange { kind, name: name.to_owned(), table, event }
    };
    let altered =
        |from: Option<&str>, facets| SchemaEvent::Altered { renamed_from: from.map(str::to_owned), facets };
    let labels = was("definition", Some("ENUM ('new', 'paid')"), Some("ENUM ('new', 'paid', 'sent')"));
    let column = vec![was("type", Some("integer"), Some("bigint")), was("not null", None, Some("NOT NULL"))];
    let index = ["unique", "definition", "state"].into_iter().zip(["UNIQUE", "ON orders (total)", "INVALID"]);
    let index = index.map(|(name, text)| facet(name, text)).collect();
    vec![
        change(ObjectKind::Type, "order_state", altered(None, vec![labels])),
        change(ObjectKind::Column, "orders.total", altered(Some("orders.amount"), column)),
        change(ObjectKind::Index, "orders_total_key", SchemaEvent::Added(index)),
        change(
            ObjectKind::View,
            "open_orders",
            SchemaEvent::Dropped(vec![facet("definition", "SELECT * FROM orders")]),
        ),
    ]
}
