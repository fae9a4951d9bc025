//! What migrations did to large objects, in a comment.

use super::{Page, code};
use crate::model::report::Report;
use crate::render::objects::told;

/// A line for each migration that touched any.
pub(super) fn section(page: &mut Page, report: &Report) {
    for of in &report.migrations {
        if let Some(told) = told(&of.change.objects) {
            page.add(&format!("\n**Large objects** {}: {told}\n", code(&of.run.migration.name)));
        }
    }
}
