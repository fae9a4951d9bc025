//! Where migrations left sequences, in a comment.

use super::{Page, code};
use crate::model::quantity::Whole;
use crate::model::report::Report;

/// Sequences that are shown.
const MAX_SEQUENCES: usize = 25;

/// A table of the sequences that stand elsewhere than before.
pub(super) fn section(page: &mut Page, report: &Report) {
    let value =
        |value: Option<i64>, none: &str| value.map_or(none.to_owned(), |value| Whole(value).to_string());
    let mut rows = Vec::new();
    for of in &report.migrations {
        let name = code(&of.run.migration.name);
        rows.extend(of.change.sequences.iter().map(|change| {
            let sequence = code(&change.sequence.to_string());
            let (before, after) = (value(change.next_before, "new"), value(change.next_after, "gone"));
            let mark = if change.behind.is_some() { "❌" } else { "" };
            format!("| {mark} | {name} | {sequence} | {before} | {after} |\n")
        }));
    }
    if !rows.is_empty() {
        page.add(
            "\nWhat sequences give next:\n\n\
             | | migration | sequence | before | after |\n|---|---|---|--:|--:|\n",
        );
        page.add_rows(&rows, MAX_SEQUENCES, ("more sequence", "more sequences"));
    }
}

#[cfg(test)]
mod tests {
    use crate::model::name::TableName;
    use crate::model::sequence::{Behind, SequenceChange};
    use crate::render::{markdown, sample};

    #[test]
    fn sequences_have_a_table() {
        let mut report = sample::incident();
        let change = |name: &str, next_after, behind| SequenceChange {
            sequence: TableName::new("public", name),
            next_before: Some(21),
            next_after,
            behind,
        };
        let table = TableName::new("public", "people");
        let behind = Behind { table, column: "id".to_owned(), reach: 20 };
        report.migrations[0].change.sequences =
            vec![change("people_id_seq", Some(1), Some(behind)), change("old_seq", None, None)];
        let comment = markdown(&report);
        for row in [
            "| ❌ | `0004_backfill_fulfilled_at.sql` | `people_id_seq` | 21 | 1 |",
            "|  | `0004_backfill_fulfilled_at.sql` | `old_seq` | 21 | gone |",
        ] {
            assert!(comment.contains(row), "{row}\n{comment}");
        }
        assert!(!markdown(&sample::incident()).contains("What sequences give next"));
    }
}
