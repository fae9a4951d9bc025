//! Databases of the server that came and went, in a comment.

use super::{Page, code, prose};
use crate::model::report::Report;
use crate::render::databases::all;

/// A line for each migration by which any did.
pub(super) fn section(page: &mut Page, report: &Report) {
    for of in &report.migrations {
        if let Some(told) = all(&of.change.databases) {
            page.add(&format!("\n**Databases** {}: {}\n", code(&of.run.migration.name), prose(&told)));
        }
    }
}
