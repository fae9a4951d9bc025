//! From the commits of a command to the migrations that its tool ran.
//!
//! Every tool notes in a version table what it has applied. The log shows these writes in their order among all
//! others: a transaction that wrote to the version table ends a step, and what was committed since the one before it
//! belongs to it. Where one transaction notes several migrations, each ends where its note was written.

mod marks;
mod places;
mod slices;
#[cfg(test)]
mod tests;
mod values;

use std::collections::BTreeSet;

pub use marks::KnownRow;

use crate::model::catalog::Catalog;
use crate::model::change::GrossRows;
use crate::model::lsn::Lsn;
use crate::model::step::{Step, StepName};
use crate::observe::wal::{Commits, File};
use marks::Marks;
use places::Places;

/// All that is known of what a command did.
#[derive(Debug)]
pub struct Evidence<'a> {
    /// What it committed, in order.
    pub commits: &'a Commits,
    /// The catalogue before it.
    pub before: &'a Catalog,
    /// The catalogue after it.
    pub after: &'a Catalog,
    /// Rows of version tables from before it that an UPDATE may build on.
    pub known: &'a [KnownRow],
    /// Where its log begins.
    pub from: Lsn,
    /// Where its log ends.
    pub until: Lsn,
}

/// The steps of a command in order, and files of which nothing says whose they are: those of TOAST tables, which are
/// to be looked up and given to [`settle`]. No steps if it wrote to no version table.
pub fn steps(evidence: &Evidence<'_>) -> (Vec<Slice>, BTreeSet<File>) {
    let mut marks = Marks::new(evidence);
    let slices = slices::cut(evidence, &mut marks);
    let places = Places::new(evidence);
    let slices: Vec<Slice> = slices.into_iter().map(|raw| places.place(raw)).collect();
    let unknown = slices.iter().flat_map(|slice| slice.unknown.iter().map(|(file, _)| *file)).collect();
    (slices, unknown)
}

/// A step, and rows in files of which nothing says whose they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slice {
    /// The step as far as it is known.
    pub step: Step,
    /// Rows by file.
    pub unknown: Vec<(File, GrossRows)>,
}

/// The steps, once it is known which files hold what is no table's own: `toast`, by file node. What was committed outside
/// any migration is left out where it touched nothing.
pub fn settle(slices: Vec<Slice>, toast: &BTreeSet<u32>) -> Vec<Step> {
    let settled = |Slice { mut step, unknown }: Slice| {
        for (file, rows) in unknown.into_iter().filter(|((_, node), _)| !toast.contains(node)) {
            step.unplaced = places::sum(step.unplaced, rows);
            tracing::debug!(?file, "rows of a step belong to no table that is known");
        }
        step
    };
    let is_said = |step: &Step| !step.is_silent() || !matches!(step.name, StepName::Between(_));
    slices.into_iter().map(settled).filter(is_said).collect()
}
