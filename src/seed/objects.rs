//! Large objects that are kept: their bytes, unmasked, as the masks say in so many words.

use std::fmt::Write as _;
use std::sync::Arc;

use tokio::sync::mpsc;

use super::load::Loading;
use super::ports::Source;
use super::schema::refused;
use crate::archive::{Archive, LargeObject, ObjectBytes};
use crate::model::error::{Error, ErrorKind, Result};

/// Bytes of one trip; as SQL they are twice as many.
const TRIP_BYTES: usize = 512 << 10;
/// Trips that wait for the server.
const TRIPS_AHEAD: usize = 2;

/// Writes the bytes of all objects, which are made already. They are read on a thread of their own.
pub(super) async fn keep(loading: &Loading, archive: &Archive) -> Result<()> {
    if archive.objects.is_empty() {
        return Ok(());
    }
    let (sender, mut trips) = mpsc::channel(TRIPS_AHEAD);
    let (source, objects) = (Arc::clone(&loading.source), archive.objects.clone());
    let reading = tokio::task::spawn_blocking(move || read(source.as_ref(), &objects, &sender));
    while let Some(sql) = trips.recv().await {
        let sql: String = sql;
        loading.target.run(&sql).await?.map_err(|failure| refused("large objects", &failure))?;
    }
    let read = reading.await;
    read.map_err(|cause| Error::new(ErrorKind::Bug, "reading large objects broke off").because(cause))?
}

/// Sends SQL that writes them; ends early if nobody receives it.
fn read(source: &dyn Source, objects: &[LargeObject], sender: &mpsc::Sender<String>) -> Result<()> {
    let mut sql = String::new();
    for object in objects {
        let mut bytes = ObjectBytes::of(object, source.open()?)?;
        let mut offset = 0;
        loop {
            let next = bytes.next(TRIP_BYTES)?;
            if next.is_empty() {
                break;
            }
            let digits = hex::encode(&next);
            // Writing to a string cannot fail.
            let _ = writeln!(sql, "SELECT pg_catalog.lo_put({}, {offset}, '\\x{digits}');", object.id);
            offset += next.len();
            if sql.len() >= TRIP_BYTES && sender.blocking_send(std::mem::take(&mut sql)).is_err() {
                return Ok(());
            }
        }
    }
    if !sql.is_empty() {
        // As above.
        let _ = sender.blocking_send(sql);
    }
    Ok(())
}
