//! A database of a real server: SQL, catalogue, COPY, digests and the write-ahead log.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use stage::model::digest::{DigestColumn, Form};
use stage::model::error::ErrorKind;
use stage::model::lsn::Lsn;
use stage::model::name::TableName;
use stage::world::RowDigest;
use stage::world::database::{Address, Database, Databases, DigestQuery};
use stage::world::postgres::PostgresServers;
use tokio::sync::mpsc;

use crate::server::{fails, sql, with_database};

fn table(name: &str) -> TableName {
    TableName::new("public", name)
}

async fn copy(
    database: &Arc<dyn Database>,
    name: &str,
    columns: &[&str],
    chunks: &[&'static str],
) -> Result<u64, String> {
    let (sender, receiver) = mpsc::channel(8);
    for chunk in chunks {
        sender.send(Bytes::from_static(chunk.as_bytes())).await.unwrap();
    }
    drop(sender);
    let columns: Vec<String> = columns.iter().map(|&column| column.to_owned()).collect();
    let copied = database.copy_in(&table(name), &columns, receiver).await.unwrap();
    copied.map_err(|failure| format!("{} {}", failure.code, failure.message))
}

/// Columns as `name` (compared as text) or `name:form`.
fn digest_columns(columns: &[&str]) -> Vec<DigestColumn> {
    let column = |column: &&str| {
        let (name, form) = column.split_once(':').unwrap_or((column, "text"));
        let form = match form {
            "integer" => Form::Integer,
            "uuid" => Form::Uuid,
            "characters" => Form::Characters,
            "timestamp" => Form::Timestamp,
            "timestamptz" => Form::Timestamptz,
            "numeric" => Form::Numeric,
            "jsonb" => Form::Jsonb,
            "bytes" => Form::Bytes,
            "value" => Form::Value,
            "text" => Form::Text,
            other => panic!("no form {other}"),
        };
        DigestColumn { name: name.to_owned(), form }
    };
    columns.iter().map(column).collect()
}

async fn digests(database: &Arc<dyn Database>, name: &str, key: &[&str], columns: &[&str]) -> Vec<RowDigest> {
    let (sender, mut receiver) = mpsc::channel(4);
    let query = DigestQuery {
        table: table(name),
        key: digest_columns(key),
        columns: digest_columns(columns),
        rows: None,
        has_places: false,
    };
    let reader = Arc::clone(database);
    let task = tokio::spawn(async move { reader.digests(&query, sender).await });
    let mut rows = Vec::new();
    while let Some(batch) = receiver.recv().await {
        rows.extend(batch);
    }
    task.await.unwrap().unwrap();
    rows
}

#[tokio::test]
async fn a_wrong_password_or_database_is_told_at_once_and_silence_after_its_time() {
    with_database(|_, at| async move {
        let started = Instant::now();
        let wrong = Address { password: "guess".into(), ..at.clone() };
        let error = PostgresServers.connect(&wrong, Duration::from_secs(30)).await.err().unwrap();
        assert_eq!(error.kind, ErrorKind::Config);
        let wrong = Address { database: "shops".to_owned(), ..at.clone() };
        let error = PostgresServers.connect(&wrong, Duration::from_secs(30)).await.err().unwrap();
        assert!(error.to_string().ends_with("has no database `shops`"), "{error}");
        assert!(started.elapsed() < Duration::from_secs(10));
        let silent = Address { socket: "127.0.0.1:1".parse().unwrap(), ..at };
        let error = PostgresServers.connect(&silent, Duration::from_millis(100)).await.err().unwrap();
        assert_eq!(error.kind, ErrorKind::Unreachable);
    })
    .await;
}

#[tokio::test]
async fn failing_sql_is_a_fact_with_its_place_and_without_values_of_rows() {
    with_database(|db, _| async move {
        sql(&db, "CREATE TABLE t (id int PRIMARY KEY, email text); INSERT INTO t VALUES (1, 'ada@x.org')")
            .await;
        let failure = fails(&db, "SELECT 1;\nDELETE FORM t").await;
        assert_eq!((failure.line, failure.column, failure.code.as_str()), (Some(2), Some(8), "42601"));
        let failure = fails(&db, "INSERT INTO t VALUES (1, 'eve@x.org')").await;
        assert!(!format!("{failure:?}").contains("(1)"), "{failure:?}");
        let failure = fails(&db, "SELECT email::int FROM t").await;
        assert!(!format!("{failure:?}").contains("ada"), "{failure:?}");
        assert_eq!(db.count(&[table("t"), table("t")]).await.unwrap(), [1, 1]);
    })
    .await;
}

#[tokio::test]
async fn the_catalogue_tells_what_a_migration_can_change() {
    with_database(|db, _| async move {
        sql(&db, "CREATE SCHEMA feed; CREATE TYPE mood AS ENUM ('sad', 'ok');
            CREATE TABLE feed.items (id bigint PRIMARY KEY, sku varchar(40) NOT NULL, price numeric DEFAULT 0,
                double numeric GENERATED ALWAYS AS (price * 2) STORED, gone int, UNIQUE (sku, id) INCLUDE (price));
            ALTER TABLE feed.items DROP COLUMN gone;
            CREATE UNIQUE INDEX ON feed.items (lower(sku)); CREATE UNIQUE INDEX ON feed.items (sku) WHERE price > 0;
            CREATE UNLOGGED TABLE cache (v text); CREATE TEMP TABLE mine (v text);
            CREATE TABLE log (at date) PARTITION BY RANGE (at);
            CREATE TABLE log_2026 PARTITION OF log FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
            CREATE MATERIALIZED VIEW totals AS SELECT 1 AS n").await;
        let before = db.catalog().await.unwrap();
        assert_eq!(before.enums, BTreeMap::from([("public.mood".to_owned(), vec!["sad".to_owned(), "ok".to_owned()])]));
        let names: Vec<String> = before.tables.keys().map(ToString::to_string).collect();
        assert_eq!(names, ["feed.items", "cache", "log", "log_2026", "totals"]);
        let items = &before.tables[&TableName::new("feed", "items")];
        assert_eq!(items.primary_key, ["id"]);
        assert_eq!(items.unique_keys, [vec!["id".to_owned()], vec!["sku".to_owned(), "id".to_owned()]]);
        let columns: Vec<_> = items.columns.iter().map(|c| (c.name.as_str(), c.type_name.as_str(), c.not_null)).collect();
        assert_eq!(columns, [("id", "bigint", true), ("sku", "character varying(40)", true),
            ("price", "numeric", false), ("double", "numeric", false)]);
        assert!(items.columns[3].generated && !items.columns[2].generated);
        assert_eq!(items.columns[2].default.as_deref(), Some("0"));
        assert!(before.tables[&table("cache")].unlogged);
        assert_eq!((before.tables[&table("log")].kind, before.tables[&table("log")].filenode), ('p', 0));
        assert_eq!(before.tables[&table("log_2026")].parent, Some(table("log")));
        assert_eq!(before.tables[&table("totals")].kind, 'm');
        sql(&db, "TRUNCATE feed.items").await;
        let after = db.catalog().await.unwrap();
        let items_after = &after.tables[&TableName::new("feed", "items")];
        assert_eq!(items_after.oid, items.oid);
        assert_ne!(items_after.filenode, items.filenode);
        assert_eq!(after.database_oid, before.database_oid);
    })
    .await;
}

#[tokio::test]
async fn the_catalogue_of_a_hundred_tables_is_a_matter_of_milliseconds() {
    with_database(|db, _| async move {
        sql(&db, "DO $$ BEGIN FOR i IN 1..100 LOOP EXECUTE format(
            'CREATE TABLE t%s (id int PRIMARY KEY, a text UNIQUE, b int DEFAULT 1, c date)', i); END LOOP; END $$").await;
        db.catalog().await.unwrap();
        let started = Instant::now();
        assert_eq!(db.catalog().await.unwrap().tables.len(), 100);
        let took = started.elapsed();
        println!("catalogue of 100 tables: {took:?}");
        // Generous, as the machine may be busy; it takes about 15 ms.
        assert!(took < Duration::from_millis(300), "{took:?}");
    })
    .await;
}

#[tokio::test]
async fn copy_replaces_the_rows_and_a_refused_row_changes_nothing() {
    with_database(|db, _| async move {
        sql(&db, "CREATE TABLE t (id int, v text); INSERT INTO t VALUES (9, 'old');
            CREATE TABLE p (id int) PARTITION BY RANGE (id); CREATE TABLE p1 PARTITION OF p DEFAULT").await;
        assert_eq!(copy(&db, "t", &["id", "v"], &["1\ta\\tb\n2\t", "\\N\n"]).await, Ok(2));
        assert_eq!(copy(&db, "p", &["id"], &["1\n2\n3\n"]).await, Ok(3));
        assert_eq!(db.count(&[table("t"), table("p")]).await.unwrap(), [2, 3]);
        // Frozen: every row is visible to everybody, for good.
        sql(&db, "CREATE EXTENSION IF NOT EXISTS pg_visibility; DO $$ BEGIN
            IF (SELECT NOT bool_and(all_frozen) FROM pg_visibility_map('t')) THEN RAISE 'not frozen'; END IF; END $$").await;
        let refused = copy(&db, "t", &["id", "v"], &["7\tx\n", "secret-value\ty\n"]).await.unwrap_err();
        assert!(refused.starts_with("22P02"), "{refused}");
        assert!(!refused.contains("secret-value"), "{refused}");
        assert!(copy(&db, "nowhere", &["id"], &[]).await.unwrap_err().starts_with("42P01"));
        assert_eq!(db.count(&[table("t")]).await.unwrap(), [2]);
    })
    .await;
}

#[tokio::test]
async fn digests_come_in_byte_order_and_differ_exactly_where_rows_do() {
    with_database(|db, _| async move {
        sql(&db, r"CREATE TABLE a (id text PRIMARY KEY, n numeric, v text);
            INSERT INTO a SELECT chr(200 + i % 50) || E'\t\\\n' || i, i / 3.0, repeat('x', i % 7) FROM generate_series(1, 10000) i;
            INSERT INTO a VALUES ('B', 1, NULL), ('a', 2, ''), ('_', 3, '');
            CREATE TABLE b AS TABLE a; UPDATE b SET v = 'changed' WHERE id = 'a'").await;
        let a = digests(&db, "a", &["id"], &["n", "v"]).await;
        let b = digests(&db, "b", &["id"], &["n", "v"]).await;
        assert_eq!(a.len(), 10003);
        assert!(a.windows(2).all(|pair| pair[0].key() < pair[1].key()), "in ascending order of bytes");
        let different: Vec<_> = a.iter().zip(&b).filter(|(a, b)| a != b).collect();
        assert_eq!(different.len(), 1);
        assert_eq!(different[0].0.key(), b"(a)");
        let keyless = digests(&db, "a", &[], &["n", "v"]).await;
        assert_eq!(keyless.len(), 10003);
        assert!(keyless.windows(2).all(|pair| pair[0].key() <= pair[1].key()));
        assert!(keyless.iter().all(|row| row.key().len() == 16));
        let by_bytes = digests(&db, "a", &["id:characters"], &["n", "v:characters"]).await;
        assert!(by_bytes.windows(2).all(|pair| pair[0].key() < pair[1].key()), "in ascending order of bytes");
        assert_eq!(by_bytes[0].key(), b"B");
    })
    .await;
}

#[tokio::test]
async fn rows_are_read_over_connections_that_stay_until_the_end() {
    with_database(|db, at| async move {
        sql(&db, "CREATE TABLE a (id int PRIMARY KEY, v text); INSERT INTO a SELECT i, 'x' FROM generate_series(1, 9) i").await;
        let connected = async |name: &str| {
            let ours = "pid <> pg_backend_pid() AND application_name = 'stage'";
            let pids = format!("SELECT string_agg(pid::text, ',' ORDER BY pid) AS pids FROM pg_stat_activity WHERE {ours}");
            sql(&db, &format!("CREATE TABLE {name} AS {pids}")).await;
            db.texts(&table(name), "pids").await.unwrap()[0].1.clone()
        };
        let before = connected("before").await;
        digests(&db, "a", &["id"], &["v"]).await;
        let first = connected("first").await;
        assert_ne!(first, before, "one that reads rows");
        for _ in 0..5 {
            digests(&db, "a", &["id"], &["v"]).await;
        }
        assert_eq!(connected("again").await, first);
        db.close().await;
        let other = PostgresServers.connect(&at, Duration::from_secs(10)).await.unwrap();
        // A server ends a connection a moment after its client.
        let none_is_left = "DO $$ BEGIN FOR i IN 1..100 LOOP PERFORM pg_stat_clear_snapshot(); \
            EXIT WHEN (SELECT count(*) FROM pg_stat_activity WHERE application_name = 'stage') <= 2; PERFORM pg_sleep(0.02); \
            END LOOP; ASSERT (SELECT count(*) FROM pg_stat_activity WHERE application_name = 'stage') <= 2; END $$";
        sql(&other, none_is_left).await;
        other.close().await;
    })
    .await;
}

#[tokio::test]
async fn integer_keys_come_in_order_of_number_and_mean_the_same_in_any_width() {
    with_database(|db, _| async move {
        sql(&db, "CREATE TABLE wide (id bigint PRIMARY KEY, sub smallint NOT NULL, v text);
            INSERT INTO wide SELECT i, -i, 'x' FROM generate_series(-1000, 1000) i;
            CREATE TABLE narrow (id int PRIMARY KEY, sub smallint NOT NULL, v text); INSERT INTO narrow TABLE wide;
            CREATE TABLE far AS TABLE wide;
            INSERT INTO far VALUES (-9223372036854775808, -32768, 'x'), (9223372036854775807, 32767, 'x');
            CREATE TABLE ids (id uuid PRIMARY KEY, n int NOT NULL);
            INSERT INTO ids SELECT gen_random_uuid(), i FROM generate_series(1, 1000) i").await;
        let columns = ["id:integer", "sub:integer", "v:characters"];
        let wide = digests(&db, "wide", &columns[..1], &columns).await;
        assert_eq!(wide, digests(&db, "narrow", &columns[..1], &columns).await);
        assert_eq!(wide.len(), 2001);
        let far = digests(&db, "far", &columns[..1], &columns).await;
        assert_eq!(far[1..2002], wide, "the smallest before all, the greatest after all");
        for key in [&["id:integer"][..], &["sub:integer", "id:integer"]] {
            let rows = digests(&db, "far", key, &columns).await;
            assert_eq!(rows.len(), 2003);
            assert!(rows.windows(2).all(|pair| pair[0].key() < pair[1].key()), "{key:?}");
        }
        for key in [&["id:uuid"][..], &["id:uuid", "n:integer"]] {
            let rows = digests(&db, "ids", key, &["n:integer"]).await;
            assert_eq!(rows.len(), 1000);
            assert!(rows.windows(2).all(|pair| pair[0].key() < pair[1].key()), "{key:?}");
        }
    })
    .await;
}

/// Whether the digests of two values of one type differ, with a key and without one.
async fn differ(db: &Arc<dyn Database>, type_name: &str, form: &str, one: &str, other: &str) -> bool {
    sql(db, &format!("DROP TABLE IF EXISTS d; CREATE TABLE d (id int, v {type_name})")).await;
    sql(db, &format!("INSERT INTO d VALUES (1, {one}), (2, {other})")).await;
    let keyed = digests(db, "d", &["id:integer"], &[&format!("v:{form}")]).await;
    let keyless = digests(db, "d", &[], &[&format!("v:{form}")]).await;
    let keyed = keyed[0].content() != keyed[1].content();
    let keyless = keyless[0].key() != keyless[1].key();
    assert_eq!(keyed, keyless, "{type_name} {one} {other}");
    keyed
}

#[tokio::test]
async fn values_differ_where_their_text_does_whatever_the_type_holds_equal() {
    with_database(|db, _| async move {
        sql(
            &db,
            "CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
            CREATE DOMAIN loose_text AS text COLLATE loose;
            CREATE TYPE mood AS ENUM ('sad', 'ok');
            CREATE TYPE pair AS (a int, b int);
            CREATE FUNCTION lossy(pair) RETURNS text LANGUAGE sql IMMUTABLE AS $$SELECT 'all the same'$$;
            CREATE CAST (pair AS text) WITH FUNCTION lossy(pair)",
        )
        .await;
        for (type_name, form, one, other) in [
            ("numeric", "numeric", "1.0", "1.00"),
            ("numeric", "numeric", "'NaN'", "'Infinity'"),
            ("float8", "text", "0", "'-0'"),
            ("float8", "text", "0.1", "0.10000000000000002"),
            ("char(3)", "text", "'a'", "'A'"),
            ("char(3) COLLATE loose", "text", "'a'", "'A'"),
            ("loose_text", "text", "'a'", "'A'"),
            ("text COLLATE loose", "characters", "'a'", "'A'"),
            ("varchar(9)", "characters", "'a'", "'a '"),
            ("text", "characters", "NULL", "''"),
            ("text", "text", "NULL", "''"),
            ("interval", "text", "'1 day'", "'24:00:00'"),
            ("jsonb", "jsonb", r#"'{"a": 1.0}'"#, r#"'{"a": 1.00}'"#),
            ("json", "text", r#"'{"a": 1, "b": 2}'"#, r#"'{"b": 2, "a": 1}'"#),
            ("numeric[]", "text", "'{1.0}'", "'{1.00}'"),
            ("mood", "text", "'sad'", "'ok'"),
            ("pair", "text", "'(1,2)'", "'(1,3)'"),
            // Halves swapped or alike: one number to the server's own hash of eight bytes.
            ("bigint", "integer", "1", "4294967296"),
            ("bigint", "integer", "0", "4294967297"),
            ("timestamp", "timestamp", "'2000-01-01'", "timestamp '2000-01-01' + interval '4294.967297 s'"),
            (
                "timestamptz",
                "timestamptz",
                "'2000-01-01 00:00 UTC'",
                "timestamptz '2000-01-01 00:00 UTC' + interval '4294.967297 s'",
            ),
            ("timestamptz", "timestamptz", "'infinity'", "'-infinity'"),
            ("bytea", "bytes", r"'\x00'", r"'\x0000'"),
            ("boolean", "value", "false", "NULL"),
            ("date", "value", "'2026-01-01'", "'2026-01-02'"),
        ] {
            assert!(differ(&db, type_name, form, one, other).await, "{type_name}: {one} is not {other}");
            assert!(!differ(&db, type_name, form, one, one).await, "{type_name}: {one} is {one}");
        }
        // Key order of jsonb is no part of its text.
        assert!(!differ(&db, "jsonb", "jsonb", r#"'{"a": 1, "b": 2}'"#, r#"'{"b": 2, "a": 1}'"#).await);
    })
    .await;
}

#[tokio::test]
async fn digests_mean_the_same_whatever_a_migration_set_for_the_database() {
    with_database(|db, at| async move {
        sql(&db, "CREATE TABLE t (id int PRIMARY KEY, span tstzrange, long interval, raw bytea[], n float8, at timestamptz);
            INSERT INTO t VALUES
                (1, '[2026-01-01 00:00 UTC, 2026-02-01 00:00 UTC)', '1 day 2 h', '{abc}', 0.1, '2026-01-01 00:00 UTC')").await;
        let columns = ["id:integer", "span", "long", "raw", "n", "at"];
        let before = digests(&db, "t", &["id:integer"], &columns).await;
        for setting in [
            "timezone TO 'Asia/Tokyo'",
            "datestyle TO 'German'",
            "intervalstyle TO 'iso_8601'",
            "bytea_output TO 'escape'",
            "extra_float_digits TO '-3'",
            "search_path TO public, pg_catalog",
        ] {
            sql(&db, &format!("ALTER DATABASE shop SET {setting}")).await;
        }
        sql(&db, r"CREATE FUNCTION public.int8send(bigint) RETURNS bytea LANGUAGE sql AS $$SELECT '\x00'::bytea$$").await;
        let again = PostgresServers.connect(&at, Duration::from_secs(30)).await.unwrap();
        assert_eq!(digests(&again, "t", &["id:integer"], &columns).await, before);
        again.close().await;
    })
    .await;
}

#[tokio::test]
async fn tables_of_no_column_and_of_as_many_as_can_be_are_digested() {
    with_database(|db, _| async move {
        let columns: Vec<String> = (0..1600).map(|number| format!("c{number}")).collect();
        sql(
            &db,
            &format!(
                "CREATE TABLE wide ({} int); INSERT INTO wide (c0) VALUES (1), (2);
            CREATE TABLE none (); INSERT INTO none DEFAULT VALUES",
                columns.join(" int, ")
            ),
        )
        .await;
        let integers: Vec<String> = columns.iter().map(|column| format!("{column}:integer")).collect();
        for columns in [columns, integers] {
            let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
            let rows = digests(&db, "wide", &[], &columns).await;
            assert_ne!(rows[0].key(), rows[1].key());
        }
        assert_eq!(digests(&db, "none", &[], &[]).await.len(), 1);
    })
    .await;
}

/// Reads the log between two places, piece by piece.
async fn read_wal(db: &Arc<dyn Database>, from: Lsn, until: Lsn) -> (Vec<u8>, usize) {
    let (mut bytes, mut pieces) = (Vec::new(), 0);
    while from.0 + (bytes.len() as u64) < until.0 {
        let piece = db.read_wal(Lsn(from.0 + bytes.len() as u64), until, 4 << 20).await.unwrap();
        assert!(!piece.is_empty());
        bytes.extend_from_slice(&piece);
        pieces += 1;
    }
    (bytes, pieces)
}

#[tokio::test]
async fn the_log_holds_what_was_committed_even_asynchronously_and_across_files() {
    with_database(|db, _| async move {
        sql(&db, "CREATE TABLE t (v text)").await;
        sql(&db, "SELECT pg_switch_wal()").await;
        let from = db.wal_end().await.unwrap();
        sql(&db, "SET synchronous_commit TO off; INSERT INTO t VALUES ('canary-of-the-log')").await;
        let until = db.wal_end().await.unwrap();
        let (bytes, _) = read_wal(&db, from, until).await;
        assert!(memchr::memmem::find(&bytes, b"canary-of-the-log").is_some());
        let started = Instant::now();
        sql(&db, "INSERT INTO t SELECT repeat(md5(i::text), 20) FROM generate_series(1, 60000) i").await;
        println!("40 MB of log written in {:?}", started.elapsed());
        let started = Instant::now();
        let end = db.wal_end().await.unwrap();
        println!("its end found in {:?}", started.elapsed());
        let started = Instant::now();
        let (bytes, pieces) = read_wal(&db, until, end).await;
        println!("{} bytes read in {pieces} pieces in {:?}", bytes.len(), started.elapsed());
        assert_eq!(bytes.len() as u64, end.0 - until.0);
        assert!(bytes.len() > 40_000_000);
        // Every page of the log begins with the same magic number, so a piece out of place would show.
        let first_page = usize::try_from(8192 - until.0 % 8192).unwrap();
        let magic = &bytes[first_page..first_page + 2];
        assert!(
            bytes[first_page..].chunks(8192).filter(|page| page.len() > 1).all(|page| &page[..2] == magic)
        );
        let gone = db.read_wal(Lsn(0), end, 100).await.unwrap_err();
        assert_eq!(gone.kind, ErrorKind::Unverified);
    })
    .await;
}
