//! The write-ahead log, read as the server's files.

use bytes::Bytes;
use sqlx::postgres::PgConnection;

use super::errors::{could_not, server_error};
use crate::model::error::{Error, ErrorKind, Result};
use crate::model::lsn::Lsn;

/// How the server names and cuts its files.
#[derive(Clone, Copy, Debug)]
pub(super) struct WalFiles {
    timeline: u32,
    segment_size_bytes: u64,
}

/// The end of the log up to which everything that was committed is on disk.
///
/// An ordinary commit is on disk before it returns. One with `synchronous_commit = off` is not, for up to 600 ms: then a
/// transactional message is committed synchronously, which flushes all that lies before it (3 ms, and cheaper than waiting;
/// `txid_current()` alone would not do, as a transaction that wrote nothing commits asynchronously). The message lies behind
/// the end that is returned.
pub(super) async fn end(connection: &mut PgConnection) -> Result<Lsn> {
    let action = "find the end of the write-ahead log";
    let sql = "SELECT pg_current_wal_insert_lsn()::text, pg_current_wal_flush_lsn()::text";
    let (inserted, flushed): (String, String) =
        sqlx::query_as(sql).fetch_one(&mut *connection).await.map_err(could_not(action))?;
    let (inserted, flushed) = (parse(&inserted)?, parse(&flushed)?);
    if flushed < inserted {
        let flush = "BEGIN; SET LOCAL synchronous_commit TO local; \
                     SELECT pg_logical_emit_message(true, 'stage', ''); COMMIT";
        sqlx::raw_sql(flush).execute(connection).await.map_err(could_not(action))?;
    }
    Ok(inserted)
}

/// The end of the log that is on disk right now, whatever lies behind it.
pub(super) async fn flushed(connection: &mut PgConnection) -> Result<Lsn> {
    let flushed: String = sqlx::query_scalar("SELECT pg_current_wal_flush_lsn()::text")
        .fetch_one(connection)
        .await
        .map_err(could_not("follow the write-ahead log"))?;
    parse(&flushed)
}

/// Where the record of the latest checkpoint begins.
pub(super) async fn checkpoint(connection: &mut PgConnection) -> Result<Lsn> {
    let checkpoint: String = sqlx::query_scalar("SELECT checkpoint_lsn::text FROM pg_control_checkpoint()")
        .fetch_one(connection)
        .await
        .map_err(could_not("find the last checkpoint of the write-ahead log"))?;
    parse(&checkpoint)
}

fn parse(text: &str) -> Result<Lsn> {
    text.parse().map_err(|cause| {
        Error::new(ErrorKind::Bug, "the server's position in its write-ahead log is malformed").because(cause)
    })
}

impl WalFiles {
    /// Asks the server how it names and cuts its files.
    pub(super) async fn ask(connection: &mut PgConnection) -> Result<Self> {
        let sql = "SELECT timeline_id::bigint, \
                   (SELECT setting::bigint FROM pg_settings WHERE name = 'wal_segment_size') \
                   FROM pg_control_checkpoint()";
        let (timeline, segment_size): (i64, i64) = sqlx::query_as(sql)
            .fetch_one(connection)
            .await
            .map_err(could_not("ask for the form of the write-ahead log"))?;
        let wrong = |_| Error::new(ErrorKind::Bug, "the form of the write-ahead log is out of range");
        Ok(Self {
            timeline: u32::try_from(timeline).map_err(wrong)?,
            segment_size_bytes: u64::try_from(segment_size).map_err(wrong)?,
        })
    }

    /// The size of one file.
    pub(super) fn segment_size_bytes(self) -> u64 {
        self.segment_size_bytes
    }

    /// The log from `from` on: at most `limit_bytes`, never beyond `until`, never beyond the end of one file.
    pub(super) async fn read(
        self,
        connection: &mut PgConnection,
        from: Lsn,
        until: Lsn,
        limit_bytes: usize,
    ) -> Result<Bytes> {
        let piece = self.piece(from, until, limit_bytes);
        if piece.length == 0 {
            return Ok(Bytes::new());
        }
        let read: std::result::Result<Vec<u8>, sqlx::Error> =
            sqlx::query_scalar("SELECT pg_read_binary_file($1, $2, $3)")
                .bind(&piece.file)
                .bind(piece.offset)
                .bind(piece.length)
                .fetch_one(connection)
                .await;
        match read {
            Ok(bytes) => Ok(bytes.into()),
            Err(refusal) if server_error(&refusal).is_some_and(|server| server.code() == "58P01") => {
                let message =
                    format!("the write-ahead log at {from} is gone: the server has reused its file");
                Err(Error::new(ErrorKind::Unverified, message)
                    .hint("a larger `wal_keep_size` makes the server keep it"))
            }
            Err(refusal) => Err(could_not("read the write-ahead log")(refusal)),
        }
    }

    /// Where a stretch of the log lies. Computed here, as the server's own function names the file before for a position
    /// that is exactly the beginning of one.
    fn piece(self, from: Lsn, until: Lsn, limit_bytes: usize) -> Piece {
        let segment = from.0 / self.segment_size_bytes;
        let segments_per_log = (1 << 32) / self.segment_size_bytes;
        let offset = from.0 % self.segment_size_bytes;
        let wanted = until.0.saturating_sub(from.0).min(u64::try_from(limit_bytes).unwrap_or(u64::MAX));
        Piece {
            file: format!(
                "pg_wal/{:08X}{:08X}{:08X}",
                self.timeline,
                segment / segments_per_log,
                segment % segments_per_log
            ),
            offset: offset.cast_signed(),
            length: wanted.min(self.segment_size_bytes - offset).cast_signed(),
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
struct Piece {
    file: String,
    offset: i64,
    length: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1 << 20;

    fn check(from: u64, until: u64, limit: usize, file: &str, offset: u64, length: u64) {
        let files = WalFiles { timeline: 1, segment_size_bytes: 16 * MIB };
        let piece = files.piece(Lsn(from), Lsn(until), limit);
        let expected = Piece {
            file: format!("pg_wal/{file}"),
            offset: offset.cast_signed(),
            length: length.cast_signed(),
        };
        assert_eq!(piece, expected);
    }

    #[test]
    fn the_first_byte_of_a_file_is_in_that_file_and_not_in_the_one_before() {
        check(32 * MIB, 64 * MIB, usize::MAX, "000000010000000000000002", 0, 16 * MIB);
        check(32 * MIB - 1, 64 * MIB, usize::MAX, "000000010000000000000001", 16 * MIB - 1, 1);
    }

    #[test]
    fn a_read_ends_at_the_limit_at_until_or_at_the_end_of_the_file() {
        check(MIB, 2 * MIB, 100, "000000010000000000000000", MIB, 100);
        check(MIB, MIB + 7, 100, "000000010000000000000000", MIB, 7);
        check(MIB, MIB, 100, "000000010000000000000000", MIB, 0);
        check(2 * MIB, MIB, 100, "000000010000000000000000", 2 * MIB, 0);
    }

    #[test]
    fn the_log_number_grows_every_four_gibibytes() {
        check(0x1_6B37_4D84, u64::MAX, 8, "00000001000000010000006B", 0x37_4D84, 8);
    }
}
