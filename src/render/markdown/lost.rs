//! Rows that were lost, in a comment: all that are known, of those tables of which a guard tells it.

use super::{Page, code, cut, details, plain};
use crate::model::lost::LostRows;
use crate::model::report::Report;
use crate::render::phrase;

/// A table for each finding that is about lost rows or values.
pub(super) fn section(page: &mut Page, report: &Report) {
    for finding in &report.findings {
        let Some(of) = phrase::owner(report, finding).and_then(|at| report.migrations.get(at)) else {
            continue;
        };
        if let Some((what, lost)) = phrase::lost(&of.change, finding) {
            let table = finding.table.as_ref().map(ToString::to_string).unwrap_or_default();
            let title = format!("{what} of {}, as the masked seed has them", plain(&cut(&table)));
            page.add(&details(&title, &grid(lost)));
        }
    }
}

fn grid(lost: &LostRows) -> String {
    let titles: Vec<String> = lost.columns.iter().map(|column| code(column)).collect();
    let mut lines = vec![format!("| {} |", titles.join(" | ")), format!("|{}", "---|".repeat(titles.len()))];
    for row in &lost.rows {
        let value = |value: &Option<String>| match value {
            Some(value) => plain(&cut(value)),
            None => "_NULL_".to_owned(),
        };
        lines.push(format!("| {} |", row.iter().map(value).collect::<Vec<_>>().join(" | ")));
    }
    lines.join("\n")
}
