//! The whole pipeline over the fixtures, into a database in memory.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::sync::{Arc, Mutex};

use super::memory::{Fixture, Memory, failure};
use super::{Progress, Source, check_masking, fill};
use crate::archive::{self, Archive, ReadSeek};
use crate::mask::testing::{key, rule};
use crate::model::error::{Error, ErrorKind, Result};
use crate::model::masking::{Masking, ObjectMasking, TableMasking};
use crate::model::name::TableName;

const GZIP: &[u8] = include_bytes!("../../tests/fixtures/archives/gzip.dump");
const PIPED: &[u8] = include_bytes!("../../tests/fixtures/archives/piped.dump");
const PLAIN: &[u8] = include_bytes!("../../tests/fixtures/archives/plain.sql");

fn open(bytes: &'static [u8]) -> Archive {
    archive::open(&mut Cursor::new(bytes)).unwrap()
}

const CUSTOMERS: &str = "id: hash, email: email, full_name: name, phone: phone, street: address, \
    born: date_shift days=30, created_at: keep, notes: redact, profile: redact, token: hash, secret: hash, tags: null";

/// Tables as `name: column: rule, …`, or as `name` alone for an empty one; `feed.` tables by their schema.
fn masking(tables: &[(&str, &str)]) -> Masking {
    let tables = tables.iter().map(|(table, rules)| {
        let (schema, name) = table.split_once('.').unwrap_or(("public", table));
        let rules = match *rules {
            "" => TableMasking::Empty,
            rules => TableMasking::Columns(
                rules
                    .split(", ")
                    .map(|pair| pair.split_once(": ").unwrap())
                    .map(|(c, r)| (c.into(), rule(r)))
                    .collect(),
            ),
        };
        (TableName::new(schema, name), rules)
    });
    Masking { tables: tables.collect(), ..Masking::default() }
}

fn shop() -> Masking {
    masking(&[
        ("customers", CUSTOMERS),
        // `customer_id` has none: it takes that of `customers.id`.
        ("orders", "id: keep, status: keep, total: keep, placed_at: keep"),
        ("feed.odd Name", "a \"b: redact, select: keep"),
        ("nothing", ""),
        // Its two partitions take these.
        ("events", "id: keep, day: keep, actor: name"),
    ])
}

async fn run(
    bytes: &'static [u8],
    masking: &Masking,
    memory: Memory,
) -> (Result<BTreeMap<TableName, u64>>, Arc<Memory>) {
    let archive = open(bytes);
    let target = Arc::new(memory);
    let filled = fill(Arc::new(Fixture(bytes)), &archive, masking, &key(1), target.clone(), 2, |_| {}).await;
    (filled, target)
}

#[tokio::test]
async fn every_form_of_a_dump_becomes_the_same_masked_database() {
    let mut seen = Vec::new();
    for bytes in [GZIP, PIPED, PLAIN] {
        let (rows, target) = run(bytes, &shop(), Memory::new(&open(bytes))).await;
        let rows: BTreeMap<String, u64> =
            rows.unwrap().into_iter().map(|(table, rows)| (table.to_string(), rows)).collect();
        assert_eq!(rows["customers"], 40);
        assert_eq!(rows["orders"], 60);
        assert_eq!(rows["events_2024"] + rows["events_rest"], 20);
        assert_eq!(rows["nothing"], 0);
        assert_eq!(rows["feed.odd Name"], 3);
        let copied = target.copied.lock().unwrap().clone();
        let all = copied.values().cloned().collect::<String>();
        for raw in ["@corp.test", "Person ", "20 7946 00", "High Street", "actor ", "nnewline", "{a,"] {
            assert!(!all.contains(raw), "{raw} passed");
        }
        seen.push(copied);
    }
    assert!(seen.windows(2).all(|pair| pair[0] == pair[1]));
}

#[tokio::test]
async fn a_foreign_key_is_masked_as_the_column_it_points_to() {
    let (rows, target) = run(GZIP, &shop(), Memory::new(&open(GZIP))).await;
    rows.unwrap();
    let ids = |table: &str, field: usize| -> std::collections::BTreeSet<String> {
        target.copied(table).lines().map(|line| line.split('\t').nth(field).unwrap().to_owned()).collect()
    };
    let customers = ids("customers", 0);
    assert_eq!(customers.len(), 40);
    assert!(!customers.contains("1"));
    assert!(ids("orders", 1).is_subset(&customers));
}

#[tokio::test]
async fn rows_flow_between_tables_and_indexes() {
    let (_, target) = run(GZIP, &shop(), Memory::new(&open(GZIP))).await;
    let ran = target.ran();
    let at = |what: &str| ran.iter().position(|sql| sql.contains(what)).unwrap_or_else(|| panic!("{what}"));
    assert!(at("CREATE TABLE public.customers") < at("COPY \"public\".\"customers\""));
    for after in
        ["setval('public.customers_id_seq'", "customers_pkey PRIMARY KEY", "FOREIGN KEY", "REFRESH", "GRANT"]
    {
        assert!(at("COPY \"public\".\"orders\"") < at(after), "{after}");
    }
}

#[tokio::test]
async fn a_missing_role_is_created_without_login() {
    let mut memory = Memory::new(&open(GZIP));
    memory.refuses = Box::new(|sql, ran| {
        let exists = ran.iter().any(|sql| sql == "CREATE ROLE \"shop_app\" NOLOGIN");
        let names_it = sql.contains("OWNER TO \"shop_app\"") || sql.contains("TO shop_app");
        (names_it && !exists).then(|| failure("42704", "role \"shop_app\" does not exist"))
    });
    let (rows, target) = run(GZIP, &shop(), memory).await;
    rows.unwrap();
    assert!(target.ran().iter().any(|sql| sql.contains("OWNER TO \"shop_app\"")));
}

async fn error_of(memory: Memory) -> Error {
    run(GZIP, &shop(), memory).await.0.unwrap_err()
}

#[tokio::test]
async fn what_the_server_refuses_stops_the_work_and_is_named() {
    let refusing = |what: &'static str, code: &'static str, message: &'static str| {
        let mut memory = Memory::new(&open(GZIP));
        memory.refuses = Box::new(move |sql, _| sql.contains(what).then(|| failure(code, message)));
        memory
    };
    let error = error_of(refusing("CREATE UNIQUE INDEX", "23505", "could not create unique index")).await;
    assert_eq!(error.kind, ErrorKind::Backup);
    assert!(error.message.starts_with("`INDEX customers_email_key` of the backup"), "{}", error.message);

    let error = error_of(refusing(
        "COPY \"public\".\"orders\"",
        "22P02",
        "invalid input syntax for type uuid: \"raw\"",
    ))
    .await;
    assert!(error.message.contains("rows of orders") && !error.message.contains("raw"), "{}", error.message);
}

#[tokio::test]
async fn rows_that_the_server_did_not_count_are_an_error() {
    let error = error_of(Memory { loses: 1, ..Memory::new(&open(GZIP)) }).await;
    assert_eq!(error.kind, ErrorKind::Unverified);
    assert!(error.message.contains("rows were read, but the server counted"), "{}", error.message);
}

/// An archive whose rows break off after it was opened.
struct Cut(Mutex<u32>);

impl Source for Cut {
    fn open(&self) -> Result<Box<dyn ReadSeek>> {
        *self.0.lock().unwrap() += 1;
        Ok(Box::new(Cursor::new(&PLAIN[..PLAIN.len() / 2])))
    }

    fn size_bytes(&self) -> u64 {
        PLAIN.len() as u64
    }
}

#[tokio::test]
async fn a_table_that_breaks_off_is_never_committed() {
    let archive = open(PLAIN);
    let target = Arc::new(Memory::new(&archive));
    let source = Arc::new(Cut(Mutex::new(0)));
    let error =
        fill(source.clone(), &archive, &shop(), &key(1), target.clone(), 1, |_| {}).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Backup);
    assert!(error.message.contains("truncated"), "{}", error.message);
    let opened = *source.0.lock().unwrap() as usize;
    assert_eq!(target.copied.lock().unwrap().len(), opened - 1, "all but the broken table");
    assert!(!target.ran().iter().any(|sql| sql.contains("PRIMARY KEY")));
}

#[tokio::test]
async fn no_row_flows_while_a_column_has_no_rule() {
    let mut masks = shop();
    if let Some(TableMasking::Columns(rules)) = masks.tables.get_mut(&TableName::new("public", "customers")) {
        rules.remove("phone");
        rules.remove("street");
    }
    let (filled, target) = run(GZIP, &masks, Memory::new(&open(GZIP))).await;
    let error = filled.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Masking);
    assert_eq!(error.message, "column `customers.phone` has no mask");
    assert!(error.hints.iter().any(|hint| hint.contains("customers.street")), "{:?}", error.hints);
    assert!(target.copied.lock().unwrap().is_empty());
}

#[tokio::test]
async fn progress_tells_rows_and_bytes() {
    let archive = open(GZIP);
    let told = Arc::new(Mutex::new(Vec::new()));
    let listener = Arc::clone(&told);
    let target = Arc::new(Memory::new(&archive));
    let tell = move |progress| listener.lock().unwrap().push(progress);
    fill(Arc::new(Fixture(GZIP)), &archive, &shop(), &key(1), target, 2, tell).await.unwrap();
    let told = told.lock().unwrap();
    let of_orders = told.iter().any(|progress| {
        matches!(progress, Progress::Rows { table, rows: 60, bytes_total, .. }
            if table.name == "orders" && *bytes_total == GZIP.len() as u64)
    });
    assert!(of_orders, "{told:?}");
    assert!(matches!(told[0], Progress::Entry { done: 0, .. }));
}

fn messages(masking: &Masking) -> Vec<String> {
    let errors = check_masking(&open(PIPED), masking);
    errors.into_iter().map(|error| format!("{:?}: {}", error.kind, error.message)).collect()
}

#[test]
fn the_archive_alone_proves_that_the_masks_are_complete() {
    assert_eq!(messages(&shop()), Vec::<String>::new());
    let mut masks = shop();
    masks.tables.remove(&TableName::new("public", "events"));
    masks.tables.remove(&TableName::new("public", "nothing"));
    masks.tables.insert(TableName::new("public", "costumers"), TableMasking::Empty);
    if let Some(TableMasking::Columns(rules)) = masks.tables.get_mut(&TableName::new("public", "orders")) {
        rules.insert("total".into(), rule("email"));
    }
    assert_eq!(
        messages(&masks),
        [
            "Masking: table `events_2024` has no masks",
            "Masking: table `events_rest` has no masks",
            "Masking: table `nothing` has no masks",
            "Config: masks name the table `costumers`, which the backup does not have",
            "Masking: the rule of `orders.total` does not fit: `email` fits text, not `numeric(10,2)`",
        ]
    );
}

#[test]
fn a_foreign_key_with_another_rule_or_an_empty_target_is_refused() {
    let with = |customers: &str, customer_id: &str| {
        let mut masks = shop();
        masks.tables.extend(masking(&[("customers", customers)]).tables);
        if let Some(TableMasking::Columns(rules)) = masks.tables.get_mut(&TableName::new("public", "orders"))
        {
            rules.insert("customer_id".into(), rule(customer_id));
        }
        messages(&masks)
    };
    assert_eq!(with(CUSTOMERS, "hash"), Vec::<String>::new());
    assert_eq!(
        with(CUSTOMERS, "keep"),
        ["Masking: `orders.customer_id` points to `customers.id`, but they have different rules",]
    );
    assert_eq!(
        with("", "keep"),
        ["Masking: `orders.customer_id` points to `customers.id`, whose table is left empty",]
    );
}

const LARGE: &[u8] = include_bytes!("../../tests/fixtures/archives/large.dump");
const LARGE_PLAIN: &[u8] = include_bytes!("../../tests/fixtures/archives/large.sql");

/// The SQL that a backup with large objects runs under a rule.
async fn ran_with(bytes: &'static [u8], objects: Option<ObjectMasking>) -> Vec<String> {
    let archive = open(bytes);
    let masking = Masking { objects, ..masking(&[("documents", "id: keep, content: keep")]) };
    let target = Arc::new(Memory::new(&archive));
    let own = Arc::clone(&target) as Arc<dyn super::Target>;
    fill(Arc::new(Fixture(bytes)), &archive, &masking, &key(1), own, 2, |_| {}).await.unwrap();
    target.ran()
}

#[tokio::test]
async fn large_objects_are_emptied_or_kept_as_the_masks_say() {
    for bytes in [LARGE, LARGE_PLAIN] {
        let emptied = ran_with(bytes, Some(ObjectMasking::Empty)).await.concat();
        for id in [4711, 4712, 4713] {
            assert!(emptied.contains(&format!("lo_create('{id}')")), "{emptied}");
        }
        assert!(emptied.contains("GRANT SELECT ON LARGE OBJECT 4712"), "{emptied}");
        assert!(!emptied.contains("010203") && !emptied.contains("00ff5c27"), "no byte of production");
        let kept = ran_with(bytes, Some(ObjectMasking::Keep { because: "x".into() })).await;
        let made = kept.iter().position(|sql| sql.contains("lo_create")).unwrap();
        let written = kept.iter().position(|sql| sql.contains("lo_put")).unwrap();
        assert!(made < written);
        assert!(
            kept[written].contains("SELECT pg_catalog.lo_put(4711, 0, '\\x010203');"),
            "{}",
            kept[written]
        );
        assert_eq!(kept[written].matches("00ff5c27").count(), 5_000);
    }
}

#[test]
fn large_objects_without_a_rule_are_refused() {
    let masking = masking(&[("documents", "id: keep, content: keep")]);
    let errors = check_masking(&open(LARGE), &masking);
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert_eq!(errors[0].kind, ErrorKind::Masking);
    let expected = "the backup holds 3 large objects, and no rule says what becomes of their bytes";
    assert_eq!(errors[0].message, expected);
    let ruled = Masking { objects: Some(ObjectMasking::Empty), ..masking };
    assert_eq!(check_masking(&open(LARGE), &ruled).len(), 0);
}
