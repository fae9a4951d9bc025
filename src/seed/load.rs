//! The rows of one table: read and masked on a thread of their own, copied as they come.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use tokio::sync::mpsc;

use super::ports::{Progress, Source, Target};
use super::schema::refused;
use crate::archive::{self, TableData};
use crate::mask::RowMasker;
use crate::model::error::{Error, ErrorKind, Result};

/// Chunks that wait between masker and server; with a chunk in work at either end about 2 MB a table.
const CHUNKS_WAITING: usize = 4;

/// What all tables share.
#[derive(Clone)]
pub(super) struct Loading {
    pub(super) source: Arc<dyn Source>,
    pub(super) target: Arc<dyn Target>,
    pub(super) progress: Arc<dyn Fn(Progress) + Send + Sync>,
    /// Bytes of the backup read so far.
    pub(super) bytes_read: Arc<AtomicU64>,
}

/// Why a feeder ended early. It keeps the channel open: its end would tell the server that all rows were sent.
struct Stopped {
    /// `None` if the other end closed.
    error: Option<Error>,
    _sender: mpsc::Sender<Bytes>,
}

/// Loads a table; returns its rows, which the server has counted as well.
pub(super) async fn load(loading: Loading, data: TableData, masker: RowMasker) -> Result<u64> {
    let (sender, receiver) = mpsc::channel(CHUNKS_WAITING);
    let target = Arc::clone(&loading.target);
    let own = data.clone();
    let mut feeder = tokio::task::spawn_blocking(move || feed(&loading, &own, masker, sender));
    let mut copy = Box::pin(target.copy_in(&data.table, &data.columns, receiver));
    let (fed, copied) = tokio::select! {
        fed = &mut feeder => match fed {
            Ok(Err(Stopped { error: Some(error), _sender })) => {
                // First the copy, so that it never sees the end of the channel and commits half a table.
                drop(copy);
                return Err(error);
            }
            fed => (fed, copy.await?),
        },
        copied = &mut copy => {
            let copied = copied?;
            // Nobody receives any more: the feeder sees that at its next chunk.
            drop(copy);
            (feeder.await, copied)
        }
    };
    let fed =
        fed.map_err(|cause| Error::new(ErrorKind::Bug, "the masking thread broke off").because(cause))?;
    let counted = copied.map_err(|failure| refused(&format!("rows of {}", data.table), &failure))?;
    let read = match fed {
        Ok(read) => read,
        Err(Stopped { error: Some(error), .. }) => return Err(error),
        Err(Stopped { error: None, .. }) => return Err(unequal(&data, counted, None)),
    };
    if read == counted { Ok(read) } else { Err(unequal(&data, counted, Some(read))) }
}

fn unequal(data: &TableData, counted: u64, read: Option<u64>) -> Error {
    let read = read.map_or("more".to_owned(), |read| read.to_string());
    let message = format!("`{}`: {read} rows were read, but the server counted {counted}", data.table);
    Error::new(ErrorKind::Unverified, message).hint("build the seed again; if it happens twice, report it")
}

fn feed(
    loading: &Loading,
    data: &TableData,
    mut masker: RowMasker,
    sender: mpsc::Sender<Bytes>,
) -> std::result::Result<u64, Stopped> {
    match feed_rows(loading, data, &mut masker, &sender) {
        Ok(Some(rows)) => Ok(rows),
        Ok(None) => Err(Stopped { error: None, _sender: sender }),
        Err(error) => Err(Stopped { error: Some(error), _sender: sender }),
    }
}

/// Sends all rows; `None` if nobody receives them.
fn feed_rows(
    loading: &Loading,
    data: &TableData,
    masker: &mut RowMasker,
    sender: &mpsc::Sender<Bytes>,
) -> Result<Option<u64>> {
    let mut rows = archive::rows(data, loading.source.open()?)?;
    let mut total = 0;
    let mut told_bytes = 0;
    while let Some(lines) = rows.next_lines()? {
        let mut chunk = Vec::with_capacity(lines.len() + lines.len() / 4);
        total += masker.mask(lines, &mut chunk)?;
        if sender.blocking_send(chunk.into()).is_err() {
            return Ok(None);
        }
        let new_bytes = rows.bytes_read() - told_bytes;
        told_bytes += new_bytes;
        (loading.progress)(Progress::Rows {
            table: data.table.clone(),
            rows: total,
            bytes_read: loading.bytes_read.fetch_add(new_bytes, Ordering::Relaxed) + new_bytes,
            bytes_total: loading.source.size_bytes(),
        });
    }
    Ok(Some(total))
}
