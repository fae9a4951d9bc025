//! Sequences: what the catalogue has of them, where they stand, and what a migration made of that.

use super::name::TableName;

/// One sequence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sequence {
    /// Its schema and name: sequences and tables share their names.
    pub name: TableName,
    /// Its identity.
    pub oid: u32,
    /// The file that holds its value: another one after ALTER SEQUENCE.
    pub filenode: u32,
    /// Whether it is unlogged, and so invisible in the write-ahead log.
    pub unlogged: bool,
    /// What lies between two of its values; negative if it goes down.
    pub increment: i64,
    /// Whether it begins anew when it has come to its end.
    pub cycles: bool,
    /// Columns that get its values unless a statement gives them one: of an identity, or by their default.
    pub feeds: Vec<FedColumn>,
}

/// A column that a sequence gives values to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FedColumn {
    /// The table's oid.
    pub table: u32,
    /// The column's position.
    pub position: i16,
}

/// Where a sequence stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SequenceState {
    /// The value that it gave last, or will give first.
    pub last: i64,
    /// Whether it gave that.
    pub is_called: bool,
}

impl Sequence {
    /// The value that it gives next, whatever its end is.
    pub fn next(&self, state: SequenceState) -> i64 {
        if state.is_called { state.last.saturating_add(self.increment) } else { state.last }
    }

    /// Whether it will come to a value that a column may hold already: `reach` is the greatest one of that column, of a
    /// sequence that goes down the least.
    pub fn is_behind(&self, next: i64, reach: i64) -> bool {
        !self.cycles && if self.increment < 0 { reach <= next } else { reach >= next }
    }
}

/// What a migration made of a sequence that there was before, or that is behind its column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SequenceChange {
    /// The sequence, by the name that it has afterwards (before, if it was dropped).
    pub sequence: TableName,
    /// The value that it would have given next before; `None` if it is new.
    pub next_before: Option<i64>,
    /// The value that it gives next now; `None` if it is gone.
    pub next_after: Option<i64>,
    /// A unique column that already has values that it has yet to give, and in the seed had none.
    pub behind: Option<Behind>,
}

/// A unique column that is ahead of the sequence that it gets its values from: inserts will fail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Behind {
    /// The table.
    pub table: TableName,
    /// The column.
    pub column: String,
    /// Its greatest value, of a sequence that goes down its least.
    pub reach: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sequence(increment: i64, cycles: bool) -> Sequence {
        let name = TableName::new("public", "people_id_seq");
        Sequence { name, oid: 1, filenode: 1, unlogged: false, increment, cycles, feeds: Vec::new() }
    }

    #[test]
    fn the_first_value_is_given_as_it_is() {
        let up = sequence(10, false);
        assert_eq!(up.next(SequenceState { last: 1, is_called: false }), 1);
        assert_eq!(up.next(SequenceState { last: 1, is_called: true }), 11);
        assert_eq!(up.next(SequenceState { last: i64::MAX, is_called: true }), i64::MAX);
    }

    #[test]
    fn a_sequence_is_behind_what_it_has_yet_to_give() {
        assert!(sequence(1, false).is_behind(20, 20));
        assert!(!sequence(1, false).is_behind(21, 20));
        assert!(sequence(-1, false).is_behind(-20, -20));
        assert!(!sequence(-1, false).is_behind(-21, -20));
        assert!(!sequence(1, true).is_behind(1, 20), "it comes by all of them again, and is meant to");
    }
}
