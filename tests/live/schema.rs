//! What migrations do to the schema of a real server, as a user sees it: one object of every kind at the least is made,
//! changed, made again as it was, and dropped.

use serde_json::Value;

use super::stage::Stage;

/// `sign kind name: what defines it, or what changed` of every object, without owners.
fn told(migration: &Value) -> Vec<String> {
    migration["schema_changes"].as_array().unwrap().iter().map(object).collect()
}

fn object(change: &Value) -> String {
    let text =
        |value: &Value| value.as_str().unwrap_or("none").split_whitespace().collect::<Vec<_>>().join(" ");
    let said = |facet: &Value| {
        let (name, before, after) = (&facet["name"], &facet["before"], &facet["after"]);
        match change["event"].as_str().unwrap() {
            "added" => text(after),
            "dropped" => text(before),
            _ => format!("{} {} → {}", name.as_str().unwrap(), text(before), text(after)),
        }
    };
    let is_told = |facet: &&Value| change["event"] == "altered" || facet["name"] != "owner";
    let facets = change["facets"].as_array().unwrap().iter().filter(is_told).map(said);
    let renamed = change["renamed_from"].as_str().map(|name| format!("was {name}"));
    let said = renamed.into_iter().chain(facets).collect::<Vec<_>>().join(", ");
    let sign = match change["event"].as_str().unwrap() {
        "added" => '+',
        "dropped" => '-',
        _ => '~',
    };
    format!("{sign} {} {}: {said}", change["kind"].as_str().unwrap(), change["name"].as_str().unwrap())
}

/// What `001-make.sql` does.
const MADE: [&str; 27] = [
    "+ schema audit: ",
    "+ extension file_fdw: 1.0, public",
    "+ extension pg_trgm: 1.3, public",
    "+ type place: (x integer, y integer)",
    "+ type share: integer, share_check CHECK (VALUE <= 100)",
    "+ type state: ENUM ('new', 'paid')",
    "+ sequence ticket: bigint",
    "+ table orders: id integer NOT NULL GENERATED ALWAYS AS IDENTITY, person integer NOT NULL, total integer DEFAULT 0, state state, note text, PRIMARY KEY (id)",
    "+ table visits: at date, shard integer, PARTITION BY LIST (shard)",
    "+ table visits_1: PARTITION OF visits FOR VALUES IN (1)",
    "+ foreign table lines: line text, SERVER files",
    "+ column people.nick: text",
    "+ constraint people.people_key: UNIQUE (id)",
    "+ index orders_total: ON orders (total)",
    "+ view large: SELECT orders.id FROM orders WHERE orders.total > 100",
    "+ materialized view largest: SELECT max(orders.total) AS total FROM orders",
    "+ function heard(): () RETURNS event_trigger LANGUAGE plpgsql AS $function$ BEGIN END $function$",
    "+ function note(): () RETURNS trigger LANGUAGE plpgsql AS $function$ BEGIN RETURN NEW; END $function$",
    "+ function twice(integer): (n integer) RETURNS integer LANGUAGE sql AS $function$ SELECT n + n $function$",
    "+ procedure forget(): () LANGUAGE sql AS $procedure$ DELETE FROM orders $procedure$",
    "+ aggregate together(integer): SFUNC int4pl STYPE integer",
    "+ trigger orders.noted: BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION note()",
    "+ rule orders.kept: ON DELETE TO orders DO INSTEAD NOTHING",
    "+ policy orders.own: FOR SELECT, TO PUBLIC, USING (person = 1)",
    "+ statistics together: ON person, state FROM orders",
    "+ event trigger hears: ON ddl_command_end EXECUTE FUNCTION heard()",
    "+ default privileges tables of small in audit: GRANT SELECT TO app",
];

/// What `002-change.sql` does to it.
const CHANGED: [&str; 26] = [
    "~ schema audit: owner small → app",
    "~ extension pg_trgm: version 1.3 → 1.6",
    "~ type place: definition (x integer, y integer) → (x integer, y integer, z integer)",
    "~ type share: default none → DEFAULT 50",
    "~ type state: definition ENUM ('new', 'paid') → ENUM ('new', 'paid', 'sent')",
    "~ sequence ticket: increment none → INCREMENT 5",
    "~ table orders: row security none → ROW SECURITY ENABLED, granted to app none → INSERT, SELECT",
    "+ column lines.number: integer",
    "~ column orders.remark: was orders.note, type text → character varying(90), granted to app none → UPDATE",
    "~ column orders.total: not null none → NOT NULL, default DEFAULT 0 → DEFAULT 1",
    "- column people.nick: text",
    "~ column visits.at: type date → timestamp without time zone",
    "+ constraint orders.orders_person_fkey: FOREIGN KEY (person) REFERENCES people(id), NOT VALID",
    "~ index orders_total: unique none → UNIQUE",
    "+ index visits_at: ON visits (at)",
    "~ view large: definition SELECT orders.id FROM orders WHERE orders.total > 100 → SELECT orders.id FROM orders WHERE orders.total > 500",
    "~ materialized view largest: state none → WITH NO DATA",
    "~ function twice(integer): definition (n integer) RETURNS integer LANGUAGE sql AS $function$ SELECT n + n $function$ → (n integer) RETURNS integer LANGUAGE sql AS $function$ SELECT 2 * n $function$, granted to app none → EXECUTE",
    "~ procedure forget(): definition () LANGUAGE sql AS $procedure$ DELETE FROM orders $procedure$ → () LANGUAGE sql AS $procedure$ TRUNCATE orders $procedure$",
    "~ aggregate together(integer): definition SFUNC int4pl STYPE integer → SFUNC int4pl STYPE integer INITCOND '7'",
    "~ trigger orders.noted: state none → DISABLED",
    "~ rule orders.kept: definition ON DELETE TO orders DO INSTEAD NOTHING → ON DELETE TO orders DO NOTHING",
    "~ policy orders.own: using USING (person = 1) → USING (person = 2)",
    "~ statistics apart: was together",
    "~ event trigger hears: state none → DISABLED",
    "~ default privileges tables of small in audit: definition GRANT SELECT TO app → GRANT INSERT TO app, GRANT SELECT TO app",
];

/// What `004-drop.sql` does to what is left of it.
const DROPPED: [&str; 22] = [
    "- schema audit: ",
    "- extension file_fdw: 1.0, public",
    "- extension pg_trgm: 1.6, public",
    "- type place: (x integer, y integer, z integer)",
    "- type share: integer, DEFAULT 50, share_check CHECK (VALUE <= 100)",
    "- type state: ENUM ('new', 'paid', 'sent')",
    "- sequence ticket: bigint, INCREMENT 5",
    "- table orders: ROW SECURITY ENABLED, INSERT, SELECT",
    "- table visits: PARTITION BY LIST (shard)",
    "- table visits_1: PARTITION OF visits FOR VALUES IN (1)",
    "- foreign table lines: SERVER files",
    "- constraint people.people_key: UNIQUE (id)",
    "- view large: SELECT orders.id FROM orders WHERE orders.total > 500",
    "- materialized view largest: SELECT max(orders.total) AS total FROM orders, WITH NO DATA",
    "- function heard(): () RETURNS event_trigger LANGUAGE plpgsql AS $function$ BEGIN END $function$",
    "- function note(): () RETURNS trigger LANGUAGE plpgsql AS $function$ BEGIN RETURN NEW; END $function$",
    "- function twice(integer): (n integer) RETURNS integer LANGUAGE sql AS $function$ SELECT 2 * n $function$, EXECUTE",
    "- procedure forget(): () LANGUAGE sql AS $procedure$ TRUNCATE orders $procedure$",
    "- aggregate together(integer): SFUNC int4pl STYPE integer INITCOND '7'",
    "- statistics apart: ON person, state FROM orders",
    "- event trigger hears: ON ddl_command_end EXECUTE FUNCTION heard(), DISABLED",
    "- default privileges tables of small in audit: GRANT INSERT TO app, GRANT SELECT TO app",
];

#[test]
fn every_kind_of_object_is_told_when_it_is_made_changed_and_dropped() {
    let stage = Stage::of_the_tests();
    let files = tempfile::tempdir().unwrap();
    let markdown = files.path().join("report.md");
    let arguments = ["check", "reshaped", "--json", "--markdown", markdown.to_str().unwrap()];
    let report = stage.run(&arguments).exits(1).json();
    let migrations = report["migrations"].as_array().unwrap();
    assert_eq!(told(&migrations[0]), MADE);
    assert_eq!(told(&migrations[1]), CHANGED);
    let nothing: [&str; 0] = [];
    assert_eq!(told(&migrations[2]), nothing, "identities and the order of columns are no difference");
    assert_eq!(told(&migrations[3]), DROPPED);

    // The row meter goes on telling what was lost.
    let of_people = |at: usize| {
        let tables = migrations[at]["tables"].as_array().unwrap();
        tables.iter().find(|it| it["table"] == "people").map(|it| it["columns_added"].clone())
    };
    assert_eq!(of_people(0), Some(vec!["nick"].into()));
    let orders = migrations[3]["tables"].as_array().unwrap().iter().find(|it| it["table"] == "orders");
    assert_eq!(orders.unwrap()["events"][0], "dropped");

    // What a build left behind that failed half-way is there, in the comment as well.
    assert_eq!(migrations[4]["failure"]["code"], "23505");
    assert_eq!(told(&migrations[4]), ["+ index people_half: UNIQUE, ON people ((id % 2)), INVALID"]);
    let comment = std::fs::read_to_string(markdown).unwrap();
    let row = "| `005-half.sql` | `+` | ❌ `index people_half` | INVALID, UNIQUE ON people ((id % 2)) |";
    assert!(comment.contains(row), "{comment}");
}
