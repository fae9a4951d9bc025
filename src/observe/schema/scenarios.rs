//! What migrations do, and what is told of it: the schema as the server describes it before and after.

use super::compare;
use crate::model::name::TableName;
use crate::model::schema::{Facet, ObjectKind, Schema, SchemaObject};
use crate::model::schema_change::{FacetChange, SchemaEvent};

use ObjectKind::{Column, Constraint, Function, Index, Policy, Sequence, Table, Trigger, Type, View};

/// An object of schema `public`, or of another one if its name says so.
fn object(kind: ObjectKind, name: &str, oid: u32, facets: &[(&str, &str)]) -> SchemaObject {
    let (schema, name) = name.split_once('.').unwrap_or(("public", name));
    let schema = if kind == ObjectKind::Schema { "" } else { schema };
    let facet = |&(name, text): &(&str, &str)| Facet { name: name.to_owned(), text: text.to_owned() };
    SchemaObject {
        kind,
        schema: schema.to_owned(),
        table: None,
        name: name.to_owned(),
        oid,
        position: 0,
        is_inherited: false,
        facets: facets.iter().map(facet).collect(),
    }
}

/// An object that is part of a table.
fn part(kind: ObjectKind, table: &str, name: &str, oid: u32, facets: &[(&str, &str)]) -> SchemaObject {
    let (schema, table) = table.split_once('.').unwrap_or(("public", table));
    let mut part = object(kind, name, oid, facets);
    part.schema = schema.to_owned();
    part.table = Some(TableName::new(schema, table));
    part
}

fn column(table: &str, name: &str, oid: u32, position: i16, facets: &[(&str, &str)]) -> SchemaObject {
    SchemaObject { position, ..part(Column, table, name, oid, facets) }
}

fn inherited(object: SchemaObject) -> SchemaObject {
    SchemaObject { is_inherited: true, ..object }
}

/// A table `orders` with a bit of everything, under a name and identities.
fn orders(name: &str, oid: u32) -> Vec<SchemaObject> {
    vec![
        object(Table, name, oid, &[("owner", "shop")]),
        column(name, "id", oid, 1, &[("type", "integer"), ("not null", "NOT NULL")]),
        column(name, "total", oid, 2, &[("type", "integer"), ("default", "DEFAULT 0")]),
        part(Constraint, name, "orders_pkey", oid + 1, &[("definition", "PRIMARY KEY (id)")]),
        part(Constraint, name, "positive", oid + 2, &[("definition", "CHECK (total > 0)")]),
        part(Index, name, "orders_total", oid + 3, &[("definition", &format!("ON {name} (total)"))]),
        part(Trigger, name, "noted", oid + 4, &[("definition", &format!("AFTER UPDATE ON {name}"))]),
        part(Policy, name, "own", oid + 5, &[("using", "USING (total > 0)")]),
    ]
}

/// What is told, a line each: `~ column orders.total type integer -> bigint`.
fn told(before: &[SchemaObject], after: &[SchemaObject]) -> Vec<String> {
    let [before, after] = [before, after].map(|objects| Schema { objects: objects.to_vec() });
    let facets = |facets: &[Facet]| {
        let said = facets.iter().filter(|it| it.name != "owner").map(|it| format!(" [{}]", it.text));
        said.collect::<String>()
    };
    let changed = |it: &FacetChange| {
        let text = |text: &Option<String>| text.clone().unwrap_or_else(|| "none".to_owned());
        format!(" {} {} -> {}", it.name, text(&it.before), text(&it.after))
    };
    let line = |change: crate::model::schema_change::SchemaChange| {
        let (sign, said) = match &change.event {
            SchemaEvent::Added(of) => ('+', facets(of)),
            SchemaEvent::Dropped(of) => ('-', facets(of)),
            SchemaEvent::Altered { renamed_from, facets } => {
                let from = renamed_from.iter().map(|name| format!(" was {name}"));
                ('~', from.chain(facets.iter().map(changed)).collect())
            }
        };
        format!("{sign} {} {}{said}", change.kind, change.name)
    };
    compare(&before, &after).into_iter().map(line).collect()
}

const NOTHING: [&str; 0] = [];

#[test]
fn every_kind_is_told_when_it_comes_changes_and_goes() {
    let table = object(Table, "orders", 1, &[]);
    for kind in ObjectKind::ALL {
        let made = |text: &str| {
            let facets = [("definition", text)];
            let made = if kind.is_named_within_table() || kind == Index {
                part(kind, "orders", "it", 2, &facets)
            } else {
                object(kind, "it", 2, &facets)
            };
            vec![table.clone(), made]
        };
        let name = if kind.is_named_within_table() { "orders.it" } else { "it" };
        let without = [table.clone()];
        assert_eq!(told(&without, &made("one")), [format!("+ {kind} {name} [one]")]);
        assert_eq!(told(&made("one"), &made("two")), [format!("~ {kind} {name} definition one -> two")]);
        assert_eq!(told(&made("two"), &without), [format!("- {kind} {name} [two]")]);
        assert_eq!(told(&made("one"), &made("one")), NOTHING);
    }
}

#[test]
fn neither_the_order_of_columns_nor_identities_are_a_difference() {
    let before = orders("orders", 100);
    let mut after = orders("orders", 900);
    for object in after.iter_mut().filter(|it| it.kind == Column) {
        object.position = 9 - object.position;
    }
    after.reverse();
    assert_eq!(told(&before, &after), NOTHING);
}

#[test]
fn a_renamed_table_is_told_once_and_all_that_is_in_it_is_its_own() {
    let renamed = orders("purchases", 100);
    assert_eq!(told(&orders("orders", 100), &renamed), ["~ table purchases was orders"]);
    let moved = orders("archive.purchases", 100);
    assert_eq!(told(&orders("orders", 100), &moved)[0], "~ table archive.purchases was orders");
}

#[test]
fn a_renamed_column_is_no_loss_and_definitions_follow_it() {
    let mut after = orders("orders", 100);
    after[2].name = "amount".to_owned();
    after[2].facets[0].text = "bigint".to_owned();
    after[4].facets[0].text = "CHECK (amount > 0)".to_owned();
    after[5].facets[0].text = "ON orders (amount)".to_owned();
    after[7].facets[0].text = "USING (amount > 0)".to_owned();
    let view = |text| object(View, "big", 70, &[("definition", text)]);
    let before = [orders("orders", 100), vec![view("SELECT orders.total FROM orders")]].concat();
    let after = [after, vec![view("SELECT orders.amount AS total FROM orders")]].concat();
    assert_eq!(told(&before, &after), ["~ column orders.amount was orders.total type integer -> bigint"]);
}

#[test]
fn a_renamed_schema_is_told_once() {
    let schema = |name| object(ObjectKind::Schema, name, 50, &[]);
    let before = [vec![schema("old")], orders("old.orders", 100)].concat();
    let after = [vec![schema("new")], orders("new.orders", 100)].concat();
    assert_eq!(told(&before, &after), ["~ schema new was old"]);
}

#[test]
fn the_body_of_a_function_follows_no_name() {
    let function = |text| object(Function, "total(integer)", 70, &[("definition", text)]);
    let before = [orders("orders", 100), vec![function("SELECT 1 FROM orders")]].concat();
    let after = [orders("purchases", 100), vec![function("SELECT 1 FROM purchases")]].concat();
    let lines = told(&before, &after);
    let function = "~ function total(integer) definition SELECT 1 FROM orders -> SELECT 1 FROM purchases";
    assert_eq!(lines, ["~ table purchases was orders", function]);
}

#[test]
fn a_table_made_anew_under_its_name_is_told_by_what_it_lacks() {
    let before = orders("orders", 100);
    let after = vec![
        object(Table, "orders", 900, &[("owner", "shop")]),
        column("orders", "id", 900, 1, &[("type", "integer")]),
        column("orders", "total", 900, 2, &[("type", "integer")]),
    ];
    assert_eq!(
        told(&before, &after),
        [
            "~ column orders.id not null NOT NULL -> none",
            "~ column orders.total default DEFAULT 0 -> none",
            "- constraint orders.orders_pkey [PRIMARY KEY (id)]",
            "- constraint orders.positive [CHECK (total > 0)]",
            "- index orders_total [ON orders (total)]",
            "- trigger orders.noted [AFTER UPDATE ON orders]",
            "- policy orders.own [USING (total > 0)]",
        ]
    );
}

#[test]
fn names_that_changed_places_are_told_as_what_people_find_under_them() {
    let table = |name, oid, type_name| {
        vec![object(Table, name, oid, &[]), column(name, "id", oid, 1, &[("type", type_name)])]
    };
    let before = [table("live", 1, "integer"), table("next", 2, "bigint")].concat();
    let after = [table("next", 1, "integer"), table("live", 2, "bigint")].concat();
    assert_eq!(
        told(&before, &after),
        ["~ column live.id type integer -> bigint", "~ column next.id type bigint -> integer"]
    );
}

#[test]
fn a_dropped_table_takes_its_own_along_and_a_new_one_brings_it() {
    let owned = part(Sequence, "orders", "orders_id_seq", 120, &[("start", "START 1")]);
    let whole = [orders("orders", 100), vec![owned]].concat();
    assert_eq!(told(&whole, &[]), ["- table orders"]);
    assert_eq!(
        told(&[], &whole),
        [
            "+ table orders [id integer NOT NULL, total integer DEFAULT 0] [PRIMARY KEY (id), CHECK (total > 0)]",
            "+ index orders_total [ON orders (total)]",
            "+ trigger orders.noted [AFTER UPDATE ON orders]",
            "+ policy orders.own [USING (total > 0)]",
        ]
    );
}

#[test]
fn what_partitions_take_over_is_told_of_their_table_alone() {
    let partition = &[("partition of", "PARTITION OF visits FOR VALUES IN (1)")];
    let of = |types: &str, has_index: bool| {
        let mut objects = vec![
            object(Table, "visits", 1, &[("partitioned by", "PARTITION BY LIST (shard)")]),
            column("visits", "at", 1, 1, &[("type", types)]),
            object(Table, "visits_1", 5, partition),
            inherited(column("visits_1", "at", 5, 1, &[("type", types)])),
        ];
        if has_index {
            objects.push(part(Index, "visits", "visits_at", 9, &[("definition", "ON ONLY visits (at)")]));
            objects.push(inherited(part(
                Index,
                "visits_1",
                "visits_1_at",
                10,
                &[("definition", "ON visits_1 (at)")],
            )));
        }
        objects
    };
    assert_eq!(
        told(&of("date", false), &of("timestamp", true)),
        ["~ column visits.at type date -> timestamp", "+ index visits_at [ON ONLY visits (at)]"]
    );
    assert_eq!(told(&of("date", true), &of("date", false)), ["- index visits_at [ON ONLY visits (at)]"]);
    // Once it stands alone, what it loses is lost.
    let mut after = of("date", false);
    after.truncate(2);
    after.push(object(Table, "visits_1", 5, &[]));
    assert_eq!(
        told(&of("date", false), &after),
        [
            "~ table visits_1 partition of PARTITION OF visits FOR VALUES IN (1) -> none",
            "- column visits_1.at [date]"
        ]
    );
}

#[test]
fn labels_states_and_grants_are_told_from_before_to_after() {
    let before = [
        object(Type, "state", 1, &[("definition", "ENUM ('a')")]),
        object(Table, "t", 2, &[("granted to app", "SELECT")]),
        part(Index, "t", "t_i", 3, &[("definition", "ON t (a)")]),
        object(Function, "f()", 4, &[("granted to PUBLIC", "EXECUTE")]),
    ];
    let after = [
        object(Type, "state", 1, &[("definition", "ENUM ('a', 'b')")]),
        object(Table, "t", 2, &[("granted to app", "INSERT, SELECT")]),
        part(Index, "t", "t_i", 3, &[("definition", "ON t (a)"), ("state", "INVALID")]),
        object(Function, "f()", 4, &[]),
    ];
    assert_eq!(
        told(&before, &after),
        [
            "~ type state definition ENUM ('a') -> ENUM ('a', 'b')",
            "~ table t granted to app SELECT -> INSERT, SELECT",
            "~ index t_i state none -> INVALID",
            "~ function f() granted to PUBLIC EXECUTE -> none",
        ]
    );
    // What everybody may do with a new function anyway is no news.
    assert_eq!(told(&[], &before[3..]), ["+ function f()"]);
}

#[test]
fn tables_of_tools_are_no_news_with_all_that_is_theirs() {
    let made = orders("django_migrations", 100);
    let owned = part(Sequence, "django_migrations", "django_migrations_id_seq", 120, &[]);
    assert_eq!(told(&[], &[made, vec![owned]].concat()), NOTHING);
}
