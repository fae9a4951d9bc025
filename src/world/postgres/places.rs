//! Where rows lie, as the write-ahead log names them.

use sqlx::AssertSqlSafe;
use sqlx::postgres::PgConnection;

use super::errors::could_not;
use crate::model::class::ClassPlace;
use crate::model::error::{Error, ErrorKind, Result};
use crate::model::name::{TableName, quote_identifier};
use crate::model::tuples::TupleId;

const CLASSES: &str = "SELECT ctid::text, oid::bigint, relfilenode::bigint, reltablespace::bigint, relkind = 't' \
                       FROM pg_class WHERE relkind IN ('r', 'p', 'm', 't')";

/// Where the rows of `pg_class` lie that stand for tables, materialized views and TOAST tables.
pub(super) async fn classes(connection: &mut PgConnection) -> Result<Vec<ClassPlace>> {
    let rows: Vec<(String, i64, i64, i64, bool)> = sqlx::query_as(CLASSES)
        .fetch_all(connection)
        .await
        .map_err(could_not("ask where the tables of the database are described"))?;
    let place = |(at, oid, filenode, tablespace, is_toast): (String, i64, i64, i64, bool)| {
        let number = |number: i64| u32::try_from(number).map_err(|cause| malformed().because(cause));
        let (oid, filenode, tablespace) = (number(oid)?, number(filenode)?, number(tablespace)?);
        Ok(ClassPlace { oid, filenode, tablespace, is_toast, at: parse(&at)? })
    };
    rows.into_iter().map(place).collect()
}

/// Every row of a table: where it lies, and the text of one of its columns.
pub(super) async fn texts(
    connection: &mut PgConnection,
    table: &TableName,
    column: &str,
) -> Result<Vec<(TupleId, String)>> {
    let sql = format!(
        "SELECT ctid::text, coalesce({}::text, '') FROM {}",
        quote_identifier(column),
        table.quoted()
    );
    let rows: Vec<(String, String)> = sqlx::query_as(AssertSqlSafe(sql))
        .persistent(false)
        .fetch_all(connection)
        .await
        .map_err(could_not(&format!("read the rows of {table}")))?;
    rows.into_iter().map(|(at, text)| Ok((parse(&at)?, text))).collect()
}

/// `(7,12)`.
pub(super) fn parse(text: &str) -> Result<TupleId> {
    let parts = text.strip_prefix('(').and_then(|text| text.strip_suffix(')')?.split_once(','));
    let (block, offset) = parts.ok_or_else(malformed)?;
    Ok(TupleId {
        block: block.parse().map_err(|cause| malformed().because(cause))?,
        offset: offset.parse().map_err(|cause| malformed().because(cause))?,
    })
}

fn malformed() -> Error {
    Error::new(ErrorKind::Bug, "the server's words for where a row lies are malformed")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_page_and_a_row_in_it() {
        assert_eq!(parse("(4294967294,12)").unwrap(), TupleId { block: 4_294_967_294, offset: 12 });
        for wrong in ["", "(1)", "1,2", "(-1,2)", "(1,70000)"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
