//! Rows reduced to digests, in order, by one streaming COPY.

use bytes::Bytes;
use futures_util::TryStreamExt;
use sqlx::postgres::PgConnection;
use tokio::sync::mpsc;

use super::errors::could_not;
use crate::model::error::{Error, ErrorKind, Result};
use crate::model::name::quote_identifier;
use crate::world::database::{DigestQuery, RowDigest};

const BATCH: usize = 4096;

/// The server sorts and hashes with what the machine has: its planner thinks too little of parallel work whose rows all leave
/// the server. They are sent in its own encoding, so that their bytes come in the order in which it sorted them.
const SESSION: &str = "SET work_mem TO '128MB'; SET jit TO off; \
                       SET max_parallel_workers_per_gather TO 2; \
                       SET parallel_tuple_cost TO 0; SET parallel_setup_cost TO 0; \
                       SELECT set_config('client_encoding', current_setting('server_encoding'), false)";

/// Sends digests of all rows in ascending byte order of their keys. Ends early, without an error, if nobody listens.
pub(super) async fn send(
    mut connection: PgConnection,
    query: &DigestQuery,
    batches: mpsc::Sender<Vec<RowDigest>>,
) -> Result<()> {
    let action = format!("read the rows of {}", query.table);
    sqlx::raw_sql(SESSION).execute(&mut connection).await.map_err(could_not(&action))?;
    let mut chunks = connection.copy_out_raw(&statement(query)).await.map_err(could_not(&action))?;
    let mut lines = Lines::default();
    let mut batch = Vec::with_capacity(BATCH);
    while let Some(chunk) = chunks.try_next().await.map_err(could_not(&action))? {
        lines.push(&chunk, |line| {
            batch.push(digest(line).ok_or_else(|| {
                Error::new(ErrorKind::Bug, format!("could not {action}: a digest is malformed"))
            })?);
            Ok(())
        })?;
        if batch.len() >= BATCH {
            let full = std::mem::replace(&mut batch, Vec::with_capacity(BATCH));
            if batches.send(full).await.is_err() {
                return Ok(());
            }
        }
    }
    if !batch.is_empty() {
        // Nobody listening any more is the end in any case.
        drop(batches.send(batch).await);
    }
    Ok(())
}

fn statement(query: &DigestQuery) -> String {
    let row = |columns: &[String]| {
        let columns = columns.iter().map(|column| quote_identifier(column)).collect::<Vec<_>>();
        format!("ROW({})::text", columns.join(", "))
    };
    let content = format!("md5({})", row(&query.columns));
    let key = if query.key.is_empty() { content.clone() } else { row(&query.key) };
    let table = query.table.quoted();
    format!(r#"COPY (SELECT {key}, {content} FROM {table} ORDER BY ({key}) COLLATE "C") TO STDOUT"#)
}

/// Cuts what arrives into lines; the server sends whole ones, but does not promise to.
#[derive(Default)]
struct Lines {
    rest: Vec<u8>,
}

impl Lines {
    fn push(&mut self, chunk: &Bytes, mut each: impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
        let mut remaining: &[u8] = chunk;
        while let Some(end) = memchr::memchr(b'\n', remaining) {
            if self.rest.is_empty() {
                each(&remaining[..end])?;
            } else {
                self.rest.extend_from_slice(&remaining[..end]);
                each(&self.rest)?;
                self.rest.clear();
            }
            remaining = &remaining[end + 1..];
        }
        self.rest.extend_from_slice(remaining);
        Ok(())
    }
}

/// A line of two fields: the key, escaped as COPY does it, and the digest in hexadecimal.
fn digest(line: &[u8]) -> Option<RowDigest> {
    let tab = memchr::memrchr(b'\t', line)?;
    let content = std::str::from_utf8(&line[tab + 1..]).ok()?;
    Some(RowDigest { key: unescape(&line[..tab])?, content: u128::from_str_radix(content, 16).ok()? })
}

/// Takes COPY's backslashes away. The server only escapes what it must, by one letter each.
fn unescape(field: &[u8]) -> Option<Vec<u8>> {
    let mut plain = Vec::with_capacity(field.len());
    let mut bytes = field.iter().copied();
    while let Some(byte) = bytes.next() {
        plain.push(match byte {
            b'\\' => match bytes.next()? {
                b'b' => 8,
                b'f' => 12,
                b'n' => b'\n',
                b'r' => b'\r',
                b't' => b'\t',
                b'v' => 11,
                other => other,
            },
            other => other,
        });
    }
    Some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::name::TableName;

    #[test]
    fn a_line_becomes_a_key_and_a_digest() {
        let digest = digest(b"(\"a\\\\tb\\tc\")\t000000000000000000000000000000ff").unwrap();
        assert_eq!(digest.key, b"(\"a\\tb\tc\")");
        assert_eq!(digest.content, 255);
        assert!(super::digest(b"no digest").is_none());
    }

    #[test]
    fn lines_may_arrive_in_pieces() {
        let (mut lines, mut seen) = (Lines::default(), Vec::new());
        for chunk in ["ab", "c\nde\nf", "\n", ""] {
            let chunk = Bytes::from_static(chunk.as_bytes());
            lines
                .push(&chunk, |line| {
                    seen.push(String::from_utf8(line.to_vec()).unwrap());
                    Ok(())
                })
                .unwrap();
        }
        assert_eq!(seen, ["abc", "de", "f"]);
    }

    #[test]
    fn a_table_without_a_key_is_ordered_by_its_content() {
        let query = DigestQuery {
            table: TableName::new("public", "log"),
            key: Vec::new(),
            columns: vec!["line".to_owned(), "odd\"name".to_owned()],
        };
        assert_eq!(
            statement(&query),
            "COPY (SELECT md5(ROW(\"line\", \"odd\"\"name\")::text), md5(ROW(\"line\", \"odd\"\"name\")::text) \
             FROM \"public\".\"log\" ORDER BY (md5(ROW(\"line\", \"odd\"\"name\")::text)) COLLATE \"C\") TO STDOUT"
        );
    }
}
