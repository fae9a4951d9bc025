//! Single rows, to look at.

use std::fmt::Write as _;

use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection};

use super::errors::{could_not, is_not_populated};
use super::places::parse;
use crate::model::error::Result;
use crate::model::lost::MOST_VALUE_SHOWN;
use crate::model::name::quote_identifier;
use crate::model::row::{PlacedRow, RowQuery, WhichRows};

/// Rows come in the order of the file, from its beginning, however many others read it.
const SESSION: &str = "SET LOCAL synchronize_seqscans TO off; SET LOCAL max_parallel_workers_per_gather TO 0; \
                       SET LOCAL enable_indexscan TO off; SET LOCAL enable_bitmapscan TO off; \
                       SET LOCAL TimeZone TO 'UTC'; SET LOCAL DateStyle TO ISO, YMD; \
                       SET LOCAL IntervalStyle TO postgres; SET LOCAL bytea_output TO hex";

/// The rows that are asked for; none of a materialized view that was never filled.
pub(super) async fn read(connection: &mut PgConnection, query: &RowQuery) -> Result<Vec<PlacedRow>> {
    let action = format!("look at rows of {}", query.table);
    let failed = could_not(&action);
    let mut transaction = connection.begin().await.map_err(could_not(&action))?;
    sqlx::raw_sql(SESSION).execute(&mut *transaction).await.map_err(could_not(&action))?;
    let rows: sqlx::Result<Vec<(String, Vec<Option<String>>)>> =
        sqlx::query_as(AssertSqlSafe(statement(query))).persistent(false).fetch_all(&mut *transaction).await;
    let rows = match rows {
        Err(error) if is_not_populated(&error) => Vec::new(),
        rows => rows.map_err(failed)?,
    };
    transaction.rollback().await.map_err(could_not(&action))?;
    rows.into_iter()
        .map(|(at, values)| {
            let values = values.into_iter().map(|value| value.map(cut)).collect();
            Ok(PlacedRow { at: parse(&at)?, values })
        })
        .collect()
}

/// The server cuts one character later than is shown, so that it shows whether there were more.
fn statement(query: &RowQuery) -> String {
    let most = MOST_VALUE_SHOWN + 1;
    let value = |column: &String| format!("pg_catalog.left(t.{}::text, {most})", quote_identifier(column));
    let values: Vec<String> = query.columns.iter().map(value).collect();
    let mut which = String::new();
    // Writing to a string does not fail.
    let _ = match &query.which {
        WhichRows::Any => Ok(()),
        WhichRows::At(places) => {
            let places: Vec<String> =
                places.iter().map(|at| format!(r#""({},{})""#, at.block, at.offset)).collect();
            write!(which, " WHERE t.ctid = ANY ('{{{}}}'::tid[])", places.join(","))
        }
        WhichRows::Holding(columns) => {
            let held: Vec<String> =
                columns.iter().map(|column| format!("t.{} IS NOT NULL", quote_identifier(column))).collect();
            write!(which, " WHERE {}", held.join(" OR "))
        }
        WhichRows::Spread(percent) => {
            write!(which, " TABLESAMPLE SYSTEM ({}) REPEATABLE (0)", percent.clamp(0.0, 100.0))
        }
    };
    format!(
        "SELECT t.ctid::text, ARRAY[{}]::text[] FROM ONLY {} AS t{which} LIMIT {}",
        values.join(", "),
        query.table.quoted(),
        query.limit
    )
}

fn cut(value: String) -> String {
    if value.chars().count() <= MOST_VALUE_SHOWN {
        return value;
    }
    value.chars().take(MOST_VALUE_SHOWN).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::name::TableName;
    use crate::model::tuples::TupleId;

    #[track_caller]
    fn check(columns: &[&str], which: WhichRows, expected: &str) {
        let columns = columns.iter().map(|column| (*column).to_owned()).collect();
        let query = RowQuery { table: TableName::new("public", "log"), columns, which, limit: 5 };
        assert_eq!(statement(&query), expected);
    }

    #[test]
    fn rows_are_asked_for_by_place_by_value_or_as_they_come() {
        let at = [(3, 1), (4, 2)].map(|(block, offset)| TupleId { block, offset });
        check(
            &[],
            WhichRows::At(at.into()),
            r#"SELECT t.ctid::text, ARRAY[]::text[] FROM ONLY "public"."log" AS t WHERE t.ctid = ANY ('{"(3,1)","(4,2)"}'::tid[]) LIMIT 5"#,
        );
        check(
            &["a\"b"],
            WhichRows::Holding(vec!["a\"b".to_owned(), "c".to_owned()]),
            r#"SELECT t.ctid::text, ARRAY[pg_catalog.left(t."a""b"::text, 81)]::text[] FROM ONLY "public"."log" AS t WHERE t."a""b" IS NOT NULL OR t."c" IS NOT NULL LIMIT 5"#,
        );
        let tail = r#"SELECT t.ctid::text, ARRAY[]::text[] FROM ONLY "public"."log" AS t"#;
        check(&[], WhichRows::Any, &format!("{tail} LIMIT 5"));
        check(
            &[],
            WhichRows::Spread(0.5),
            &format!("{tail} TABLESAMPLE SYSTEM (0.5) REPEATABLE (0) LIMIT 5"),
        );
    }

    #[test]
    fn long_values_end_in_an_ellipsis() {
        assert_eq!(cut("é".repeat(80)), "é".repeat(80));
        assert_eq!(cut("é".repeat(81)), format!("{}…", "é".repeat(80)));
    }
}
