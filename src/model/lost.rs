//! Rows of the masked seed that a migration lost, a few of them, to look at.

/// So many rows of a table are shown.
pub const MOST_LOST_SHOWN: usize = 5;
/// Characters of a value that are shown.
pub const MOST_VALUE_SHOWN: usize = 80;

/// Rows as they stand in the masked seed, at most [`MOST_LOST_SHOWN`] of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LostRows {
    /// Names of the columns, in order.
    pub columns: Vec<String>,
    /// Of each row a value for each column, as the server prints it, cut to [`MOST_VALUE_SHOWN`] characters and then ending
    /// in an ellipsis; `None` for NULL.
    pub rows: Vec<Vec<Option<String>>>,
}

impl LostRows {
    /// Whether there is nothing to show.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// A row in words: `column value`, one behind the other.
    pub fn pairs(&self) -> impl Iterator<Item = Vec<(&str, Option<&str>)>> {
        self.rows.iter().map(|row| {
            self.columns.iter().map(String::as_str).zip(row.iter().map(Option::as_deref)).collect()
        })
    }
}
