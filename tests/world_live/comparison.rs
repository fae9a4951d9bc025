//! Whether reading only the rows that the log touched says the same as comparing whole tables by plain SQL.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use stage::model::catalog::Catalog;
use stage::model::change::NetRows;
use stage::model::digest::{DigestQuery, RowDigest};
use stage::model::lsn::Lsn;
use stage::model::name::TableName;
use stage::observe::change::{Comparison, NetSource, Observer, agree};
use stage::observe::net::{Merge, Side};
use stage::observe::wal::Reader;
use stage::world::database::{Address, Database, Databases};
use stage::world::postgres::PostgresServers;
use tokio::sync::mpsc;

use crate::server::{sql, with_database};

/// Tables, and how many rows each has at first: with a key and room for HOT updates, without a key, with values out of
/// line under a key of text, and two of which more is touched than is listed: here and there, and one behind the other.
const TABLES: [(&str, u64); 5] =
    [("keyed", 2000), ("keyless", 600), ("wide", 300), ("large", 260_000), ("runs", 260_000)];
const SCHEMA: &str = "
    CREATE TABLE keyed (id int PRIMARY KEY, n numeric(9, 2), doc jsonb, v text) WITH (fillfactor = 60);
    INSERT INTO keyed SELECT i, i / 7.0, jsonb_build_object('i', i), 'v' || i FROM generate_series(1, 2000) i;
    CREATE TABLE keyless (a int, b text);
    INSERT INTO keyless SELECT i % 40, 'b' || i % 3 FROM generate_series(1, 600) i;
    CREATE TABLE wide (code text PRIMARY KEY, body text);
    ALTER TABLE wide ALTER body SET STORAGE EXTERNAL;
    INSERT INTO wide SELECT 'c' || i, repeat(md5(i::text), 90) FROM generate_series(1, 300) i;
    CREATE TABLE large (id bigint PRIMARY KEY, v int) WITH (fillfactor = 90);
    INSERT INTO large SELECT i, i FROM generate_series(1, 260000) i;
    CREATE TABLE runs (id bigint PRIMARY KEY, v int);
    INSERT INTO runs SELECT i, i FROM generate_series(1, 260000) i;
    CREATE SCHEMA kept; CREATE TABLE kept.runs AS TABLE runs;
    CREATE TABLE kept.keyed AS TABLE keyed; CREATE TABLE kept.keyless AS TABLE keyless;
    CREATE TABLE kept.wide AS TABLE wide; CREATE TABLE kept.large AS TABLE large";

/// A sequence of numbers that looks like chance and is the same every time.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// One statement, or a few that run together; of VACUUM, which runs alone, one for each table.
fn statements(chance: &mut Chance) -> Vec<String> {
    let (id, other, few) = (1 + chance.below(2300), 1 + chance.below(2300), 2 + chance.below(60));
    let range = format!("BETWEEN {id} AND {}", id + few);
    let back = "ON CONFLICT DO NOTHING";
    let statement = match chance.below(15) {
        0 => format!(
            "INSERT INTO keyed SELECT i, 1.00, NULL, 'new' FROM generate_series({id}, {id} + {few}) i {back}"
        ),
        1 => format!("UPDATE keyed SET v = v || '!' WHERE id {range}"),
        2 => format!("UPDATE keyed SET v = v WHERE id {range}"),
        3 => format!("UPDATE keyed SET n = round(n, 1) WHERE id {range}"),
        4 => format!("UPDATE keyed SET id = id + 5000 WHERE id {range}"),
        5 => format!("DELETE FROM keyed WHERE id {range}"),
        6 => format!(
            "WITH gone AS (DELETE FROM keyed WHERE id {range} RETURNING *) \
             INSERT INTO keyed SELECT id, n, doc, CASE WHEN id % 2 = 0 THEN v ELSE 'again' END FROM gone"
        ),
        7 => format!("BEGIN; DELETE FROM keyed WHERE id > {id}; UPDATE keyless SET b = 'x'; ROLLBACK"),
        8 => format!(
            "BEGIN; UPDATE keyed SET v = 'kept' WHERE id = {id}; SAVEPOINT s; DELETE FROM keyed WHERE id {range}; \
             INSERT INTO keyless VALUES (99, 'lost'); ROLLBACK TO s; DELETE FROM keyed WHERE id = {other}; \
             SAVEPOINT t; INSERT INTO keyless VALUES (98, 'found'); RELEASE t; COMMIT"
        ),
        9 => format!(
            "INSERT INTO keyed VALUES ({id}, 5, '{{}}', 'first') ON CONFLICT (id) DO UPDATE SET v = 'second', n = 1.50"
        ),
        10 => format!(
            "DELETE FROM keyed WHERE id > 9000; \
             COPY keyed (id, v) FROM PROGRAM 'seq {0} {1} | sed s/$/\\\\tcopied/'",
            9000 + other,
            9000 + other + few
        ),
        11 => format!(
            "DELETE FROM keyless WHERE a = {}; INSERT INTO keyless SELECT {}, 'b1' FROM generate_series(1, 9)",
            id % 40,
            other % 40
        ),
        12 => format!("UPDATE keyless SET b = 'b' || {} WHERE a = {}", few % 3, other % 40),
        13 => format!(
            "UPDATE wide SET body = body || 'x' WHERE code LIKE 'c{}%'; DELETE FROM wide WHERE code = 'c{}'",
            few,
            id % 300
        ),
        // Gives up the places of dead rows, for others to take.
        _ => return ["VACUUM keyed", "VACUUM keyless", "VACUUM wide"].map(str::to_owned).to_vec(),
    };
    vec![statement]
}

async fn rows(database: &Arc<dyn Database>, query: DigestQuery) -> Vec<RowDigest> {
    let (sender, mut receiver) = mpsc::channel(64);
    let reader = Arc::clone(database);
    let task = tokio::spawn(async move { reader.digests(&query, sender).await });
    let mut rows = Vec::new();
    while let Some(batch) = receiver.recv().await {
        rows.extend(batch);
    }
    task.await.unwrap().unwrap();
    rows
}

/// What a comparison says, and how many rows it read.
async fn compared(sides: [&Arc<dyn Database>; 2], comparison: &Comparison) -> (NetRows, usize) {
    let before = rows(sides[0], comparison.query_before()).await;
    let after = rows(sides[1], comparison.query_after()).await;
    let read = before.len() + after.len();
    let mut merge = Merge::new();
    merge.push_before(before).unwrap();
    merge.push_after(after).unwrap();
    merge.end(Side::Before);
    merge.end(Side::After);
    (merge.finish().unwrap(), read)
}

/// Fails unless plain SQL over whole tables, against the copies in schema `kept`, says the same.
fn proof(table: &str, net: NetRows) -> String {
    let counts = if table == "keyless" {
        "SELECT (SELECT count(*) FROM (TABLE kept.keyless EXCEPT ALL TABLE keyless) m),
            (SELECT count(*) FROM (TABLE keyless EXCEPT ALL TABLE kept.keyless) n), 0"
            .to_owned()
    } else {
        let key = if table == "wide" { "code" } else { "id" };
        format!(
            "SELECT count(*) FILTER (WHERE now.{key} IS NULL), count(*) FILTER (WHERE was.{key} IS NULL),
                count(*) FILTER (WHERE now.{key} = was.{key} AND now::text <> was::text)
             FROM kept.{table} was FULL JOIN {table} now USING ({key})"
        )
    };
    let NetRows { missing, new, different } = net;
    format!(
        "DO $$ DECLARE m bigint; n bigint; d bigint; BEGIN {counts} INTO m, n, d;
         IF (m, n, d) <> ({missing}, {new}, {different}) THEN
            RAISE '{table}: plain SQL says % missing, % new, % different, not {missing}, {new}, {different}', m, n, d;
         END IF; END $$"
    )
}

/// Reads the log from where the reader is to its end.
async fn follow(database: &Arc<dyn Database>, reader: &mut Reader) {
    let until: Lsn = database.wal_end().await.unwrap();
    while reader.position() < until {
        let bytes = database.read_wal(reader.position(), until, 4 << 20).await.unwrap();
        reader.feed(&bytes).unwrap();
    }
}

async fn observer(database: &Arc<dyn Database>) -> (Observer, Catalog, Reader) {
    let seed = database.catalog().await.unwrap();
    let counted = TABLES.map(|(table, rows)| (TableName::new("public", table), rows));
    let (end, segment) =
        (database.wal_end().await.unwrap(), database.wal_segment_size_bytes().await.unwrap());
    (Observer::new(seed.clone(), counted.into()), seed, Reader::new(end, segment))
}

#[tokio::test]
async fn touched_rows_alone_say_what_plain_sql_says_of_whole_tables() {
    with_database(|now, at| async move {
        sql(&now, SCHEMA).await;
        sql(&now, "VACUUM (FREEZE, ANALYZE)").await;
        now.close().await;
        // Copied page by page: every row lies where it lay.
        let administrator = Address { database: "postgres".to_owned(), ..at.clone() };
        let administrator = PostgresServers.connect(&administrator, Duration::from_secs(30)).await.unwrap();
        sql(&administrator, "CREATE DATABASE seed TEMPLATE shop").await;
        let seed = Address { database: "seed".to_owned(), ..at };
        let seed = PostgresServers.connect(&seed, Duration::from_secs(30)).await.unwrap();
        let (mut observer, mut before, mut reader) = observer(&now).await;
        let (mut chance, mut confined, mut read, mut whole) = (Chance(20), 0, 0, 0);
        for round in 0..25 {
            let mut ran = String::new();
            for _ in 0..=chance.below(8) {
                for statement in statements(&mut chance) {
                    sql(&now, &statement).await;
                    writeln!(ran, "{statement};").unwrap();
                }
            }
            if round == 20 {
                sql(
                    &now,
                    "UPDATE large SET v = v + id % 3 WHERE id % 2 = 0; DELETE FROM large WHERE id % 1000 = 0",
                )
                .await;
            }
            if round == 22 {
                sql(
                    &now,
                    "UPDATE runs SET v = v + id % 2 WHERE id BETWEEN 40000 AND 160000; \
                     DELETE FROM runs WHERE id BETWEEN 90000 AND 90100 OR id IN (7, 259000)",
                )
                .await;
            }
            follow(&now, &mut reader).await;
            let after = now.catalog().await.unwrap();
            for touched in observer.migration(&before, &after, &reader.take()) {
                let table = touched.change.table.name.clone();
                let net = match &touched.source {
                    NetSource::Counted(net) => *net,
                    NetSource::Count => panic!("{table} is of the seed"),
                    NetSource::Compare(comparison) => {
                        assert!(comparison.rows.is_some(), "{table} is compared whole");
                        let (net, of_touched) = compared([&seed, &now], comparison).await;
                        let all = Comparison { rows: None, ..comparison.clone() };
                        let (of_all, all_rows) = compared([&seed, &now], &all).await;
                        assert_eq!(net, of_all, "{table} after\n{ran}");
                        (confined, read, whole) = (confined + 1, read + of_touched, whole + all_rows);
                        net
                    }
                };
                assert_eq!(agree(&touched, net, None), [""; 0], "{table} after\n{ran}");
                sql(&now, &proof(&table, net)).await;
            }
            before = after;
        }
        println!("{confined} comparisons read {read} rows where whole tables have {whole}");
        assert!(confined > 30 && read < whole / 3 * 2, "{confined} comparisons, {read} of {whole} rows");
        for database in [seed, administrator] {
            database.close().await;
        }
    })
    .await;
}
