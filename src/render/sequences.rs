//! What a migration made of sequences, in words that several forms of the report share.

use crate::model::quantity::Whole;
use crate::model::sequence::SequenceChange;

/// Where a sequence stands now, and where it stood (`next value of people_id_seq: 21 → 1`).
pub(super) fn moved(change: &SequenceChange) -> String {
    let word =
        |value: Option<i64>, none: &str| value.map_or(none.to_owned(), |value| Whole(value).to_string());
    let (before, after) = (word(change.next_before, "new"), word(change.next_after, "gone"));
    format!("next value of {}: {before} → {after}", change.sequence)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::name::TableName;

    #[test]
    fn both_values_are_told() {
        let change = |next_before, next_after| {
            let sequence = TableName::new("public", "people_id_seq");
            moved(&SequenceChange { sequence, next_before, next_after, behind: None })
        };
        assert_eq!(change(Some(21), Some(-1)), "next value of people_id_seq: 21 → -1");
        assert_eq!(change(None, Some(1)), "next value of people_id_seq: new → 1");
        assert_eq!(change(Some(1), None), "next value of people_id_seq: 1 → gone");
    }
}
