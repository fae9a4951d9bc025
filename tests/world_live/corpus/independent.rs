//! The truth that the meter is held against: every row of every table, read by plain SQL before and after, and compared
//! here. It shares no code with `src/` and knows of no log, no digest and no place in a file.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};

/// Tables, materialized views and partitioned tables, as the server's own catalogue has them.
const TABLES: &str = "
    SELECT c.oid::int8, n.nspname::text, c.relname::text, c.relkind::text,
        ARRAY(SELECT a.attnum::int4 FROM pg_attribute a
            WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum),
        ARRAY(SELECT a.attname::text FROM pg_attribute a
            WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum),
        ARRAY(SELECT (SELECT string_agg(a.attname, chr(31) ORDER BY a.attname) FROM pg_attribute a
                WHERE a.attrelid = c.oid AND a.attnum = ANY (i.indkey))
            FROM pg_index i WHERE i.indrelid = c.oid AND i.indisunique AND i.indpred IS NULL AND i.indexprs IS NULL
                AND NOT EXISTS (SELECT FROM pg_attribute a
                    WHERE a.attrelid = c.oid AND a.attnum = ANY (i.indkey) AND NOT a.attnotnull)
            ORDER BY NOT i.indisprimary, i.indexrelid),
        c.relispopulated,
        (SELECT h.inhparent::int8 FROM pg_inherits h WHERE h.inhrelid = c.oid AND c.relispartition)
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'm') AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
        AND c.relpersistence <> 't'
    ORDER BY n.nspname, c.relname";

/// What a value prints must not hang on what a migration set for the database.
const SESSION: &str = "SET TimeZone TO 'UTC'; SET DateStyle TO ISO, YMD; SET IntervalStyle TO postgres; \
                       SET extra_float_digits TO 3; SET bytea_output TO hex";

/// The values of one row as text, in order of its table's columns.
pub type Row = Vec<Option<String>>;
type Values<'r> = Vec<&'r Option<String>>;
type TableRow = (i64, String, String, String, Vec<i32>, Vec<String>, Vec<String>, bool, Option<i64>);

/// One table with all its rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    identity: i64,
    kind: String,
    parent: Option<i64>,
    /// By name: the position that stays its own whatever it is called.
    columns: Vec<(i32, String)>,
    /// Names of the columns of each unique key without NULLs, the primary key first.
    keys: Vec<BTreeSet<String>>,
    /// Its rows, in no order.
    pub rows: Vec<Row>,
}

impl Table {
    /// The table as it is in another snapshot: whoever has its name, else itself by another one.
    pub fn in_other<'s>(&self, name: &str, other: &'s Snapshot) -> Option<&'s Self> {
        other.get(name).or_else(|| other.values().find(|table| table.identity == self.identity))
    }

    /// Whether its rows are those of its partitions.
    pub fn is_partitioned(&self) -> bool {
        self.kind == "p"
    }

    /// Names of its columns.
    pub fn column_names(&self) -> Vec<&str> {
        self.columns.iter().map(|(_, name)| name.as_str()).collect()
    }

    /// Whether it holds rows of its own, which a backup has.
    pub fn is_ordinary(&self) -> bool {
        self.kind == "r"
    }
}

/// All tables of one database at one moment, by `schema.name`.
pub type Snapshot = BTreeMap<String, Table>;

/// How one table differs from what it was.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// Rows before.
    pub rows_before: u64,
    /// Rows that are no longer there.
    pub missing: u64,
    /// Rows that were not there.
    pub new: u64,
    /// Rows with other values.
    pub different: u64,
    /// Columns that it no longer has.
    pub columns_dropped: BTreeSet<String>,
    /// Of those, how many values each held.
    pub values_lost: BTreeMap<String, u64>,
    /// Columns that it did not have.
    pub columns_added: BTreeSet<String>,
    /// Whether it no longer exists.
    pub is_dropped: bool,
    /// Whether it did not exist.
    pub is_made: bool,
}

impl Difference {
    /// Whether nothing differs.
    pub fn is_none(&self) -> bool {
        *self == Self { rows_before: self.rows_before, ..Self::default() }
    }
}

/// Where a database answers.
pub async fn connect(port: u16, database: &str) -> PgConnection {
    let options = PgConnectOptions::new_without_pgpass()
        .host("127.0.0.1")
        .port(port)
        .username("shop")
        .password("secret")
        .database(database)
        .disable_statement_logging();
    let mut connection = PgConnection::connect_with(&options).await.unwrap();
    sqlx::raw_sql(SESSION).execute(&mut connection).await.unwrap();
    connection
}

/// Every row of every table.
pub async fn snapshot(connection: &mut PgConnection) -> Snapshot {
    let listed: Vec<TableRow> =
        sqlx::query_as(TABLES).persistent(false).fetch_all(&mut *connection).await.unwrap();
    let mut read = Vec::new();
    for (place, (_, schema, name, kind, _, columns, _, is_populated, _)) in listed.iter().enumerate() {
        if *is_populated {
            let values: Vec<String> =
                columns.iter().map(|column| format!("{}::text", quoted(column))).collect();
            // A table that others inherit from has rows of its own; a partitioned one has those of its partitions.
            let only = if kind == "p" { "" } else { "ONLY " };
            read.push(format!(
                "SELECT {place}::int4, ARRAY[{}]::text[] FROM {only}{}.{}",
                values.join(", "),
                quoted(schema),
                quoted(name)
            ));
        }
    }
    let mut rows: Vec<Vec<Row>> = vec![Vec::new(); listed.len()];
    if !read.is_empty() {
        let all: Vec<(i32, Row)> = sqlx::query_as(AssertSqlSafe(read.join(" UNION ALL ")))
            .persistent(false)
            .fetch_all(connection)
            .await
            .unwrap();
        for (place, row) in all {
            rows[usize::try_from(place).unwrap()].push(row);
        }
    }
    listed.into_iter().zip(rows).map(|(listed, rows)| table(listed, rows)).collect()
}

fn table(listed: TableRow, rows: Vec<Row>) -> (String, Table) {
    let (identity, schema, name, kind, positions, names, keys, _, parent) = listed;
    let keys = keys.iter().map(|key| key.split('\u{1f}').map(str::to_owned).collect()).collect();
    let columns = positions.into_iter().zip(names).collect();
    (format!("{schema}.{name}"), Table { identity, kind, parent, columns, keys, rows })
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// How every table that is there on either side differs, by the name that it has afterwards.
pub fn differences(before: &Snapshot, after: &Snapshot) -> BTreeMap<String, Difference> {
    differences_of(before, after, |_| true)
}

/// As [`differences`], of those tables whose name is wanted.
pub fn differences_of(
    before: &Snapshot,
    after: &Snapshot,
    is_wanted: impl Fn(&str) -> bool,
) -> BTreeMap<String, Difference> {
    let mut found = BTreeMap::new();
    for (name, now) in after.iter().filter(|(name, _)| is_wanted(name)) {
        // Who reads a table knows its name; one that only has another name is still the same.
        let then = before.get(name).or_else(|| before.values().find(|then| then.identity == now.identity));
        let difference = match then {
            // The rows of a partitioned table are those of its partitions, which are tables of their own.
            Some(then) if then.kind == "p" && now.kind == "p" && then.identity == now.identity => {
                let (rows_before, columns) = (0, Columns::pair(then, now));
                let (columns_dropped, columns_added) = (columns.dropped, columns.added);
                Difference { rows_before, columns_dropped, columns_added, ..Difference::default() }
            }
            Some(then) => compared(then, now),
            None if now.kind == "p" => Difference { is_made: true, ..Difference::default() },
            None => Difference { new: now.rows.len() as u64, is_made: true, ..Difference::default() },
        };
        found.insert(name.clone(), difference);
    }
    for (name, then) in before.iter().filter(|(name, _)| is_wanted(name)) {
        let stays = after.contains_key(name) || after.values().any(|now| now.identity == then.identity);
        if !stays {
            // What a partition held is judged with the whole, if another table took the place of that.
            let is_taken_over = then.parent.is_some_and(|parent| {
                let whole = before.iter().find(|(_, table)| table.identity == parent);
                whole.is_some_and(|(name, whole)| {
                    after.get(name).is_some_and(|now| now.identity != whole.identity)
                })
            });
            let lost = if then.kind == "p" || is_taken_over { 0 } else { then.rows.len() as u64 };
            let difference =
                Difference { rows_before: lost, missing: lost, is_dropped: true, ..Difference::default() };
            found.insert(name.clone(), difference);
        }
    }
    found
}

/// Which column is which, by place in the row, and the names of those that only one side has.
struct Columns {
    both: Vec<(usize, usize)>,
    dropped: BTreeSet<String>,
    added: BTreeSet<String>,
}

impl Columns {
    fn pair(before: &Table, after: &Table) -> Self {
        let is_same = before.identity == after.identity;
        let mut pairs = Self { both: Vec::new(), dropped: BTreeSet::new(), added: BTreeSet::new() };
        let mut taken = BTreeSet::new();
        for (place, (position, name)) in before.columns.iter().enumerate() {
            let is_it = |(p, n): &(i32, String)| if is_same { p == position } else { n == name };
            if let Some(now) = after.columns.iter().position(is_it) {
                pairs.both.push((place, now));
                taken.insert(now);
            } else {
                pairs.dropped.insert(name.clone());
            }
        }
        for (now, (_, name)) in after.columns.iter().enumerate() {
            if taken.contains(&now) {
                continue;
            }
            pairs.added.insert(name.clone());
            // Made again under its old name: what reads it compares what it holds now with what it held.
            if let Some(place) = before.columns.iter().position(|(_, n)| n == name)
                && pairs.dropped.contains(name)
            {
                pairs.both.push((place, now));
            }
        }
        pairs.both.sort_unstable();
        pairs
    }
}

/// The first key that both sides have.
fn key<'t>(before: &'t Table, after: &Table, both: &[(usize, usize)]) -> Option<&'t BTreeSet<String>> {
    let now_called = |key: &BTreeSet<String>| -> Option<BTreeSet<String>> {
        let place = |name: &String| before.columns.iter().position(|(_, n)| n == name);
        key.iter()
            .map(|name| {
                let (_, now) = both.iter().find(|(then, _)| Some(*then) == place(name))?;
                Some(after.columns[*now].1.clone())
            })
            .collect()
    };
    before.keys.iter().find(|key| now_called(key).is_some_and(|now| after.keys.contains(&now)))
}

/// Columns that differ in rows that both sides have by their key, by the names that they have now.
pub fn changed_columns(before: &Table, after: &Table) -> BTreeSet<String> {
    let both = Columns::pair(before, after).both;
    let Some(key) = key(before, after, &both) else { return BTreeSet::new() };
    let (keyed, rest): (Vec<_>, Vec<_>) =
        both.iter().partition(|(then, _)| key.contains(&before.columns[*then].1));
    let identity = |row: &Row, side: fn(&(usize, usize)) -> usize| -> Row {
        keyed.iter().map(|places| row[side(places)].clone()).collect()
    };
    let of_now: BTreeMap<Row, &Row> =
        after.rows.iter().map(|row| (identity(row, |places| places.1), row)).collect();
    let mut changed = BTreeSet::new();
    for row in &before.rows {
        let Some(now) = of_now.get(&identity(row, |places| places.0)) else { continue };
        let differing = rest.iter().filter(|places| row[places.0] != now[places.1]);
        changed.extend(differing.map(|places| after.columns[places.1].1.clone()));
    }
    changed
}

/// Whether rows that print like this stood in a table and are missing now: fewer are there of what identifies them.
pub fn is_missing(before: &Table, after: Option<&Table>, row: &Row, printed: impl Fn(&Row) -> Row) -> bool {
    let mut alike = before.rows.iter().filter(|other| printed(other) == *row);
    let Some(after) = after else { return alike.next().is_some() };
    let both = Columns::pair(before, after).both;
    let key = key(before, after, &both);
    let compared: Vec<(usize, usize)> = both
        .into_iter()
        .filter(|(then, _)| key.is_none_or(|key| key.contains(&before.columns[*then].1)))
        .collect();
    alike.any(|row| {
        let is_it = |other: &Row, side: fn(&(usize, usize)) -> usize| {
            compared.iter().all(|places| other[side(places)] == row[places.0])
        };
        let then = before.rows.iter().filter(|other| is_it(other, |places| places.0)).count();
        let now = after.rows.iter().filter(|other| is_it(other, |places| places.1)).count();
        then > now
    })
}

/// By the first key that both sides have, else by content.
fn compared(before: &Table, after: &Table) -> Difference {
    let Columns { both, dropped, added } = Columns::pair(before, after);
    let key = key(before, after, &both);
    let is_key = |then: usize| key.is_some_and(|key| key.contains(&before.columns[then].1));
    let values_of = |name: &String| {
        let place = before.columns.iter().position(|(_, n)| n == name)?;
        let values = before.rows.iter().filter(|row| row[place].is_some()).count() as u64;
        (values > 0).then(|| (name.clone(), values))
    };
    let mut difference = Difference {
        rows_before: before.rows.len() as u64,
        values_lost: dropped.iter().filter_map(values_of).collect(),
        columns_dropped: dropped,
        columns_added: added,
        ..Difference::default()
    };
    // By what identifies a row: its key, or all that both sides have of it; with the rest and how often it is there.
    let mut rows: BTreeMap<Values<'_>, BTreeMap<Values<'_>, i64>> = BTreeMap::new();
    for (table, weight) in [(before, 1), (after, -1)] {
        for row in &table.rows {
            let value = |&(then, now): &(usize, usize)| &row[if weight > 0 { then } else { now }];
            let (keyed, rest): (Vec<_>, Vec<_>) =
                both.iter().partition(|(then, _)| key.is_none() || is_key(*then));
            let identity = keyed.into_iter().map(value).collect();
            let content = rest.into_iter().map(value).collect();
            *rows.entry(identity).or_default().entry(content).or_default() += weight;
        }
    }
    for contents in rows.into_values() {
        let gone: i64 = contents.values().filter(|balance| **balance > 0).sum();
        let come: i64 = -contents.values().filter(|balance| **balance < 0).sum::<i64>();
        let different = gone.min(come);
        difference.different += different.unsigned_abs();
        difference.missing += (gone - different).unsigned_abs();
        difference.new += (come - different).unsigned_abs();
    }
    difference
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keyed(rows: &[[&str; 2]]) -> Snapshot {
        let rows =
            rows.iter().map(|row| row.iter().map(|value| Some((*value).to_owned())).collect()).collect();
        let columns = vec![(1, "id".to_owned()), (2, "v".to_owned())];
        let keys = vec![BTreeSet::from(["id".to_owned()])];
        let table = Table { identity: 1, kind: "r".to_owned(), parent: None, columns, keys, rows };
        BTreeMap::from([("public.t".to_owned(), table)])
    }

    #[track_caller]
    fn check(after: &Snapshot, expected: [u64; 3]) {
        let before = keyed(&[["1", "a"], ["2", "b"], ["3", "b"]]);
        let found = &differences(&before, after)["public.t"];
        assert_eq!([found.missing, found.new, found.different], expected);
    }

    #[test]
    fn rows_are_told_apart_by_their_key() {
        check(&keyed(&[["3", "b"], ["1", "a"], ["2", "b"]]), [0, 0, 0]);
        check(&keyed(&[["1", "a"], ["2", "x"], ["4", "b"]]), [1, 1, 1]);
    }

    #[test]
    fn without_a_key_they_are_told_apart_by_content() {
        let mut after = keyed(&[["1", "a"], ["2", "x"], ["2", "b"], ["2", "b"]]);
        after.get_mut("public.t").unwrap().keys.clear();
        check(&after, [1, 2, 0]);
    }

    #[test]
    fn a_table_that_is_gone_has_lost_all() {
        let found = &differences(&keyed(&[["1", "a"]]), &Snapshot::new())["public.t"];
        assert!(found.is_dropped && found.missing == 1, "{found:?}");
    }
}
