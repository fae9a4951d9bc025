//! Fills an empty database with an archive, masked: schema, rows, and the rest of the schema.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use futures_util::{StreamExt, TryStreamExt, stream};

use super::columns::columns;
use super::inherit::inherit;
use super::load::{Loading, load};
use super::objects;
use super::ports::{Progress, Source, Target};
use super::relations::Relations;
use super::schema::restore;
use crate::archive::{Archive, Section, TableData};
use crate::mask::{self, RowMasker};
use crate::model::error::{Error, Result};
use crate::model::masking::{MaskKey, Masking, ObjectMasking, TableMasking};
use crate::model::name::TableName;

/// Restores `archive` into `target`, masking its rows under `key`; up to `parallel` tables at once, the largest first.
///
/// Returns the rows of every table that has some in the archive, those that are left empty among them. Errors: kind
/// `Masking` or `Config` where the rules do not cover it, before any row flows; `Backup` where it cannot be read or
/// restored; `Unverified` where the server counted other rows than were read; and what the ports return.
pub async fn fill(
    source: Arc<dyn Source>,
    archive: &Archive,
    masking: &Masking,
    key: &MaskKey,
    target: Arc<dyn Target>,
    parallel: usize,
    progress: impl Fn(Progress) + Send + Sync + 'static,
) -> Result<BTreeMap<TableName, u64>> {
    let progress: Arc<dyn Fn(Progress) + Send + Sync> = Arc::new(progress);
    let relations = Relations::of(archive);
    let (masking, contradictions) = inherit(masking, archive, &relations);
    all_at_once(contradictions)?;

    restore(archive, Section::PreData, target.as_ref(), progress.as_ref()).await?;

    let columns = columns(archive, &relations, &masking, &target.columns().await?)?;
    all_at_once(mask::check(&masking, &columns))?;
    let mut jobs: Vec<(TableData, RowMasker)> = Vec::new();
    for data in &archive.tables {
        if let Some(TableMasking::Columns(rules)) = masking.tables.get(&data.table) {
            let of_table = columns.get(&data.table).map(Vec::as_slice).unwrap_or_default();
            jobs.push((data.clone(), mask::compile(&data.table, rules, of_table, key)?));
        }
    }
    jobs.sort_by_key(|(data, _)| std::cmp::Reverse(data.size_bytes));

    let loading = Loading {
        source,
        target: Arc::clone(&target),
        progress: Arc::clone(&progress),
        bytes_read: Arc::new(AtomicU64::new(0)),
    };
    let mut rows: BTreeMap<TableName, u64> =
        archive.tables.iter().map(|data| (data.table.clone(), 0)).collect();
    let mut loads = stream::iter(jobs)
        .map(|(data, masker)| {
            let loading = loading.clone();
            async move { Ok::<_, Error>((data.table.clone(), load(loading, data, masker).await?)) }
        })
        .buffer_unordered(parallel.max(1));
    while let Some((table, count)) = loads.try_next().await? {
        *rows.entry(table).or_default() += count;
    }
    drop(loads);

    if let Some(ObjectMasking::Keep { .. }) = &masking.objects {
        objects::keep(&loading, archive).await?;
    }
    restore(archive, Section::PostData, target.as_ref(), progress.as_ref()).await?;
    Ok(rows)
}

/// The first error, with the others told in its hints.
fn all_at_once(errors: Vec<Error>) -> Result<()> {
    let mut errors = errors.into_iter();
    let Some(first) = errors.next() else { return Ok(()) };
    Err(errors.fold(first, |first, other| first.hint(format!("also: {other}"))))
}
