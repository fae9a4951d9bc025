//! Where a migration left sequences, in a terminal.

use super::Page;
use super::migration::INDENT;
use crate::model::quantity::counted;
use crate::model::sequence::SequenceChange;
use crate::render::paint::Tone;
use crate::render::sequences::moved;

/// Sequences that are shown; the others are counted.
const MAX_SEQUENCES: usize = 8;

/// A line for each sequence, those that are behind their column first.
pub(super) fn section(page: &mut Page, sequences: &[SequenceChange]) {
    let (behind, others): (Vec<_>, Vec<_>) = sequences.iter().partition(|change| change.behind.is_some());
    for change in behind.into_iter().chain(others).take(MAX_SEQUENCES) {
        let tone = if change.behind.is_some() { Tone::Doubt } else { Tone::Dim };
        page.entry(INDENT, (tone, "sequence:"), &moved(change));
    }
    let more = sequences.len().saturating_sub(MAX_SEQUENCES);
    if more > 0 {
        page.line(format!(
            "{INDENT}and {}, all in `--json`",
            counted(more, "more sequence", "more sequences")
        ));
    }
}

#[cfg(test)]
mod tests {
    use crate::model::name::TableName;
    use crate::model::sequence::{Behind, SequenceChange};
    use crate::render::{Style, sample, terminal};

    #[test]
    fn those_that_are_behind_come_first_and_many_are_counted() {
        let mut report = sample::incident();
        let change = |number: i64| SequenceChange {
            sequence: TableName::new("public", format!("part_{number}_id_seq")),
            next_before: Some(100),
            next_after: Some(number),
            behind: (number == 10).then(|| Behind {
                table: TableName::new("public", "part"),
                column: "id".to_owned(),
                reach: 99,
            }),
        };
        report.migrations[1].change.sequences = (1..=10).map(change).collect();
        let text = terminal(&report, Style { colour: false, width: 100 });
        let first = "  sequence: next value of part_10_id_seq: 100 → 10\n  sequence: next value of part_1_id_seq: 100 → 1\n";
        assert!(text.contains(first), "{text}");
        assert!(text.contains("and 2 more sequences, all in `--json`"), "{text}");
        assert!(!text.contains("part_9_id"), "{text}");
    }
}
