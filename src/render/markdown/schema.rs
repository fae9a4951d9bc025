//! What the migrations did to the schema, as a table of a comment.

use super::{Page, code, prose};
use crate::model::report::Report;
use crate::render::schema::{Line, line};

/// One row an object; nothing where the schema is what it was.
pub(super) fn section(page: &mut Page, report: &Report) {
    let mut rows = Vec::new();
    for of in &report.migrations {
        let name = code(&of.run.migration.name);
        rows.extend(of.change.schema.iter().map(|change| row(&name, &line(change))));
    }
    if !rows.is_empty() {
        page.add("\nSchema:\n\n| migration | | object | |\n|---|---|---|---|\n");
        page.add_rows(&rows, usize::MAX, ("more object of the schema", "more objects of the schema"));
    }
}

fn row(migration: &str, line: &Line) -> String {
    let mark = if line.is_invalid { "❌ " } else { "" };
    format!("| {migration} | `{}` | {mark}{} | {} |\n", line.sign, code(&line.object), prose(&line.detail))
}

#[cfg(test)]
mod tests {
    use crate::render::{markdown, sample};

    #[test]
    fn objects_have_a_table() {
        let comment = markdown(&sample::reshaped());
        let name = "`0005_remove_duplicate_feed_items.sql`";
        for row in [
            format!(
                "| {name} | `~` | `column orders.total` | renamed from orders.amount; type integer → bigint; now NOT NULL |"
            ),
            format!("| {name} | `+` | ❌ `index orders_total_key` | INVALID, UNIQUE ON orders (total) |"),
            format!("| {name} | `-` | `view open_orders` | SELECT \\* FROM orders |"),
        ] {
            assert!(comment.contains(&row), "{row}\n{comment}");
        }
        assert!(!markdown(&sample::incident()).contains("Schema:"));
    }
}
