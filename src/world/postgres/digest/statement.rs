//! What to ask the server for, and what each field of its answer is.

use super::only::confine;
use crate::model::digest::{DigestColumn, DigestQuery, Form};
use crate::model::name::quote_identifier;

/// A COPY in binary form, whose rows come in ascending order of their keys.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Statement {
    pub sql: String,
    pub layout: Layout,
}

/// The fields of each row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    /// Those of the key come first. Without one, what the whole content is reduced to is the key.
    pub key: Vec<Field>,
    /// How many columns follow, each by itself, as the server sends it.
    pub columns: usize,
    /// Whether the row's place follows.
    pub has_place: bool,
}

/// How a field's bytes relate to the order in which the server sorts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    /// An integer, big-endian: as bytes in order once its sign is turned round.
    Signed,
    /// In order as it is.
    Bytes,
}

/// An expression, what the server sorts by, and what arrives.
struct Selected {
    value: String,
    order: String,
    field: Field,
}

/// What a server can be asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Server {
    /// It has a 64-bit hash of rows, which costs a fraction of MD5 over their text.
    pub hashes_rows: bool,
    /// Its hash of tuple ids is the one that is known here.
    pub hashes_ids: bool,
    /// It reads the pages of a range of tuple ids, and no others.
    pub reads_ranges: bool,
}

impl Server {
    /// The oldest version that hashes rows and reads ranges.
    pub const HASHING: u32 = 140_000;
}

impl Statement {
    /// What to ask for a query; `only` stands before the table's name.
    pub fn new(query: &DigestQuery, server: Server, only: &str) -> Self {
        let columns: Vec<&DigestColumn> = query.beside_key().collect();
        let (key, columns) = match (query.key.as_slice(), server.hashes_rows) {
            // Two rows of one key are told apart by 64 bits a column; among all rows of a table it takes 128.
            ([], true) => (vec![hash(&columns, 0), hash(&columns, 1)], Vec::new()),
            ([], false) => (vec![md5(&columns)], Vec::new()),
            // The key says its own columns to the byte, and only what is left need be sent.
            (key, _) => (self::key(key), columns.into_iter().map(|column| alone(column, server)).collect()),
        };
        let order: Vec<&str> = key.iter().map(|selected| selected.order.as_str()).collect();
        let values = key.iter().map(|selected| selected.value.as_str());
        let values = values.chain(columns.iter().map(String::as_str));
        let values: Vec<&str> = values.chain(query.has_places.then_some("t.ctid")).collect();
        let table = format!("{only}{}", query.table.quoted());
        let rows = match query.rows.as_deref() {
            Some(ids) => confine(&table, ids, server),
            None => format!("{table} AS t"),
        };
        let (values, order) = (values.join(", "), order.join(", "));
        let sql = format!("COPY (SELECT {values} FROM {rows} ORDER BY {order}) TO STDOUT (FORMAT binary)");
        let layout = Layout {
            key: key.iter().map(|selected| selected.field).collect(),
            columns: columns.len(),
            has_place: query.has_places,
        };
        Self { sql, layout }
    }
}

/// Numbers and UUIDs sort as they are, by an index where there is one; everything else as bytes of text.
fn key(columns: &[DigestColumn]) -> Vec<Selected> {
    let is_fixed = |column: &DigestColumn| matches!(column.form, Form::Integer | Form::Uuid);
    match columns {
        [] => Vec::new(),
        columns if columns.iter().all(is_fixed) => columns.iter().map(fixed).collect(),
        [column] if column.form == Form::Characters => {
            let value = name(column);
            vec![Selected { order: format!(r#"{value} COLLATE "C""#), value, field: Field::Bytes }]
        }
        columns => {
            let value = text(columns.iter());
            vec![Selected { order: format!(r#"({value}) COLLATE "C""#), value, field: Field::Bytes }]
        }
    }
}

fn fixed(column: &DigestColumn) -> Selected {
    let order = name(column);
    if column.form == Form::Integer {
        Selected { value: format!("{order}::int8"), order, field: Field::Signed }
    } else {
        Selected { value: order.clone(), order, field: Field::Bytes }
    }
}

/// A column by itself, as the server sends it: what is short as it is, and a hash of 64 bits of all else. Either costs the
/// server less than its part in a hash of the row.
fn alone(column: &DigestColumn, server: Server) -> String {
    let name = name(column);
    let hashed = |text: String| format!(r#"hashtextextended({text} COLLATE "C", 0)"#);
    match column.form {
        Form::Integer => format!("{name}::int8"),
        Form::Uuid | Form::Timestamp | Form::Timestamptz | Form::Numeric | Form::Value => name,
        Form::Characters => hashed(name),
        Form::Jsonb if server.hashes_rows => format!("hash_record_extended(ROW(jsonb_send({name})), 0)"),
        Form::Bytes if server.hashes_rows => format!("hash_record_extended(ROW({name}), 0)"),
        Form::Jsonb | Form::Bytes | Form::Text => hashed(format!("({})", text([column]))),
    }
}

fn hash(columns: &[&DigestColumn], seed: u8) -> Selected {
    let printed: Vec<_> = columns.iter().copied().filter(|column| column.form == Form::Text).collect();
    let mut values: Vec<String> = columns.iter().copied().filter_map(hashed).collect();
    if !printed.is_empty() {
        values.push(format!(r#"({}) COLLATE "C""#, text(printed)));
    }
    let value = format!("hash_record_extended(ROW({}), {seed})", values.join(", "));
    Selected { order: value.clone(), value, field: Field::Signed }
}

/// What a column gives to the hash by itself. The server's own hash of eight bytes folds them into four first, so that two
/// numbers that have their halves swapped are one to it: those go in as bytes.
fn hashed(column: &DigestColumn) -> Option<String> {
    let name = name(column);
    Some(match column.form {
        Form::Integer => format!("int8send({name})"),
        Form::Timestamp => format!("timestamp_send({name})"),
        Form::Timestamptz => format!("timestamptz_send({name})"),
        Form::Numeric => format!("numeric_send({name})"),
        Form::Jsonb => format!("jsonb_send({name})"),
        Form::Characters => format!(r#"{name} COLLATE "C""#),
        Form::Uuid | Form::Bytes | Form::Value => name,
        Form::Text => return None,
    })
}

fn md5(columns: &[&DigestColumn]) -> Selected {
    let value = format!("decode(md5({}), 'hex')", text(columns.iter().copied()));
    Selected { order: value.clone(), value, field: Field::Bytes }
}

/// As the types print, whatever casts to text somebody has made.
fn text<'a>(columns: impl IntoIterator<Item = &'a DigestColumn>) -> String {
    let columns: Vec<_> = columns.into_iter().map(name).collect();
    format!("ROW({})::text", columns.join(", "))
}

fn name(column: &DigestColumn) -> String {
    format!("t.{}", quote_identifier(&column.name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::name::TableName;
    use crate::model::tuples::TupleIds;

    fn columns(columns: &[(&str, Form)]) -> Vec<DigestColumn> {
        columns.iter().map(|&(name, form)| DigestColumn { name: name.to_owned(), form }).collect()
    }

    #[track_caller]
    fn check(key: &[(&str, Form)], content: &[(&str, Form)], hashes_rows: bool, select: &str, order: &str) {
        let table = TableName::new("public", "log");
        let query = DigestQuery {
            table,
            key: columns(key),
            columns: columns(content),
            rows: None,
            has_places: false,
        };
        let statement = Statement::new(
            &query,
            Server { hashes_rows, hashes_ids: hashes_rows, reads_ranges: hashes_rows },
            "ONLY ",
        );
        assert_eq!(
            statement.sql,
            format!(
                r#"COPY (SELECT {select} FROM ONLY "public"."log" AS t ORDER BY {order}) TO STDOUT (FORMAT binary)"#
            )
        );
    }

    const COLUMNS: [(&str, Form); 12] = [
        ("id", Form::Integer),
        ("price", Form::Text),
        ("odd\"name", Form::Characters),
        ("seen", Form::Timestamp),
        ("at", Form::Timestamptz),
        ("is_on", Form::Value),
        ("meta", Form::Text),
        ("items", Form::Integer),
        ("total", Form::Numeric),
        ("details", Form::Jsonb),
        ("token", Form::Uuid),
        ("photo", Form::Bytes),
    ];

    #[test]
    fn each_form_goes_into_the_hash_of_a_row_in_its_way() {
        let hash = |seed| {
            format!(
                r#"hash_record_extended(ROW(int8send(t."id"), t."odd""name" COLLATE "C", timestamp_send(t."seen"), timestamptz_send(t."at"), t."is_on", int8send(t."items"), numeric_send(t."total"), jsonb_send(t."details"), t."token", t."photo", (ROW(t."price", t."meta")::text) COLLATE "C"), {seed})"#
            )
        };
        let both = [0, 1].map(hash).join(", ");
        check(&[], &COLUMNS, true, &both, &both);
    }

    #[test]
    fn with_a_key_columns_come_one_by_one_and_what_is_short_as_it_is() {
        let check = |hashes_rows, details, photo| {
            let select = format!(
                r#"t."id"::int8, hashtextextended((ROW(t."price")::text) COLLATE "C", 0), hashtextextended(t."odd""name" COLLATE "C", 0), t."seen", t."at", t."is_on", hashtextextended((ROW(t."meta")::text) COLLATE "C", 0), t."items"::int8, t."total", {details}, t."token", {photo}"#
            );
            check(&COLUMNS[..1], &COLUMNS, hashes_rows, &select, r#"t."id""#);
        };
        check(
            true,
            r#"hash_record_extended(ROW(jsonb_send(t."details")), 0)"#,
            r#"hash_record_extended(ROW(t."photo"), 0)"#,
        );
        check(
            false,
            r#"hashtextextended((ROW(t."details")::text) COLLATE "C", 0)"#,
            r#"hashtextextended((ROW(t."photo")::text) COLLATE "C", 0)"#,
        );
    }

    #[test]
    fn keys_sort_by_number_where_they_can_and_else_by_their_bytes() {
        let content = r#"t."v""#;
        let check = |key: &[(&str, Form)], select: &str, order: &str| {
            check(key, &[("v", Form::Value)], true, &format!("{select}, {content}"), order);
        };
        check(&[("a", Form::Uuid), ("b", Form::Integer)], r#"t."a", t."b"::int8"#, r#"t."a", t."b""#);
        check(&[("a", Form::Characters)], r#"t."a""#, r#"t."a" COLLATE "C""#);
        let row = r#"ROW(t."a", t."b")::text"#;
        check(&[("a", Form::Characters), ("b", Form::Integer)], row, &format!(r#"({row}) COLLATE "C""#));
        check(&[("a", Form::Text)], r#"ROW(t."a")::text"#, r#"(ROW(t."a")::text) COLLATE "C""#);
    }

    #[test]
    fn a_table_without_a_key_is_ordered_by_twice_the_hash() {
        let both = r#"hash_record_extended(ROW(t."v"), 0), hash_record_extended(ROW(t."v"), 1)"#;
        check(&[], &[("v", Form::Value)], true, both, both);
        let none = "hash_record_extended(ROW(), 0), hash_record_extended(ROW(), 1)";
        check(&[], &[], true, none, none);
    }

    #[test]
    fn an_old_server_hashes_the_text_of_a_row() {
        let md5 = r#"decode(md5(ROW(t."v", t."n")::text), 'hex')"#;
        let content = &[("v", Form::Characters), ("n", Form::Integer)];
        check(&[], content, false, md5, md5);
    }

    #[test]
    fn what_is_in_the_key_is_not_sent_again() {
        let key = &[("v", Form::Characters), ("n", Form::Integer)];
        let row = r#"ROW(t."v", t."n")::text"#;
        check(key, key, true, row, &format!(r#"({row}) COLLATE "C""#));
    }

    #[test]
    fn rows_that_were_touched_are_listed() {
        let mut rows = TupleIds::default();
        rows.insert(3, 1..=2).unwrap();
        let table = TableName::new("public", "log");
        let query = DigestQuery {
            table,
            key: columns(&[("id", Form::Integer)]),
            columns: vec![],
            rows: Some(rows.into()),
            has_places: true,
        };
        let sql =
            Statement::new(&query, Server { hashes_rows: true, hashes_ids: true, reads_ranges: true }, "")
                .sql;
        assert!(sql.starts_with(r#"COPY (SELECT t."id"::int8, t.ctid FROM"#), "{sql}");
        assert!(
            sql.contains(r#" AS t WHERE t.ctid = ANY ('{"(3,1)","(3,2)"}'::tid[]) ORDER BY t."id""#),
            "{sql}"
        );
    }
}
