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

/// The fields of each row: the key's, then the content's. Without a key the content's are the key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    pub key: Vec<Field>,
    pub content: Vec<Field>,
    /// Whether the row's place follows.
    pub has_place: bool,
    /// Whether each field of the content is a column's.
    pub is_by_column: bool,
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
}

impl Server {
    /// The oldest version that hashes rows and tuple ids.
    pub const HASHING: u32 = 140_000;
}

impl Statement {
    /// What to ask for a query; `only` stands before the table's name.
    pub fn new(query: &DigestQuery, server: Server, only: &str) -> Self {
        let key = key(&query.key);
        // The key says its own columns to the byte, and only what is left need be hashed.
        let columns: Vec<&DigestColumn> = query.beside_key().collect();
        // A hash of 64 bits tells two rows of one key apart; among all rows of a table it takes 128.
        let content = match (server.hashes_rows, query.key.is_empty()) {
            (true, _) if query.is_by_column => columns.iter().map(|column| hash(&[column], 0)).collect(),
            (false, _) if query.is_by_column => columns.iter().map(|column| md5(&[column])).collect(),
            (true, false) => vec![hash(&columns, 0)],
            (true, true) => vec![hash(&columns, 0), hash(&columns, 1)],
            (false, _) => vec![md5(&columns)],
        };
        let sorted = if key.is_empty() { &content } else { &key };
        let order: Vec<&str> = sorted.iter().map(|selected| selected.order.as_str()).collect();
        let values = key.iter().chain(&content).map(|selected| selected.value.as_str());
        let values: Vec<&str> = values.chain(query.has_places.then_some("t.ctid")).collect();
        let confined = query.rows.as_deref().and_then(|ids| confine(ids, server.hashes_ids));
        let sql = format!(
            "COPY (SELECT {} FROM {only}{} AS t{} ORDER BY {}) TO STDOUT (FORMAT binary)",
            values.join(", "),
            query.table.quoted(),
            confined.unwrap_or_default(),
            order.join(", ")
        );
        let fields = |selected: &[Selected]| selected.iter().map(|selected| selected.field).collect();
        let layout = Layout {
            key: fields(&key),
            content: fields(&content),
            has_place: query.has_places,
            is_by_column: query.is_by_column,
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
        Form::Uuid | Form::Value => name,
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
            is_by_column: false,
        };
        let statement = Statement::new(&query, Server { hashes_rows, hashes_ids: hashes_rows }, "ONLY ");
        assert_eq!(
            statement.sql,
            format!(
                r#"COPY (SELECT {select} FROM ONLY "public"."log" AS t ORDER BY {order}) TO STDOUT (FORMAT binary)"#
            )
        );
    }

    #[test]
    fn each_form_goes_into_the_hash_in_its_way() {
        check(
            &[("id", Form::Integer)],
            &[
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
            ],
            true,
            r#"t."id"::int8, hash_record_extended(ROW(t."odd""name" COLLATE "C", timestamp_send(t."seen"), timestamptz_send(t."at"), t."is_on", int8send(t."items"), numeric_send(t."total"), jsonb_send(t."details"), (ROW(t."price", t."meta")::text) COLLATE "C"), 0)"#,
            r#"t."id""#,
        );
    }

    #[test]
    fn keys_sort_by_number_where_they_can_and_else_by_their_bytes() {
        let content = r#"hash_record_extended(ROW(t."v"), 0)"#;
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
    fn an_old_server_hashes_text() {
        let md5 = r#"decode(md5(ROW(t."v", t."n")::text), 'hex')"#;
        let content = &[("v", Form::Characters), ("n", Form::Integer)];
        check(&[("id", Form::Integer)], content, false, &format!(r#"t."id"::int8, {md5}"#), r#"t."id""#);
        check(&[], content, false, md5, md5);
    }

    #[test]
    fn what_is_in_the_key_is_not_hashed_again() {
        let key = &[("v", Form::Characters), ("n", Form::Integer)];
        let row = r#"ROW(t."v", t."n")::text"#;
        let select = format!("{row}, hash_record_extended(ROW(), 0)");
        check(key, key, true, &select, &format!(r#"({row}) COLLATE "C""#));
    }

    #[test]
    fn columns_are_hashed_one_by_one_if_that_is_asked_for() {
        let table = TableName::new("public", "log");
        let columns = |names| columns(names);
        let query = DigestQuery {
            table,
            key: columns(&[("id", Form::Integer)]),
            columns: columns(&[("id", Form::Integer), ("v", Form::Value), ("w", Form::Text)]),
            rows: None,
            has_places: false,
            is_by_column: true,
        };
        let both = Statement::new(&query, Server { hashes_rows: true, hashes_ids: true }, "");
        let w = r#"hash_record_extended(ROW((ROW(t."w")::text) COLLATE "C"), 0)"#;
        let expected = format!(r#"COPY (SELECT t."id"::int8, hash_record_extended(ROW(t."v"), 0), {w} FROM"#);
        assert!(both.sql.starts_with(&expected), "{}", both.sql);
        assert_eq!((both.layout.content.len(), both.layout.is_by_column), (2, true));
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
            is_by_column: false,
        };
        let sql = Statement::new(&query, Server { hashes_rows: true, hashes_ids: true }, "").sql;
        assert!(
            sql.starts_with(r#"COPY (SELECT t."id"::int8, hash_record_extended(ROW(), 0), t.ctid FROM"#),
            "{sql}"
        );
        assert!(
            sql.contains(r#" AS t WHERE t.ctid = ANY ('{"(3,1)","(3,2)"}'::tid[]) ORDER BY t."id""#),
            "{sql}"
        );
    }
}
