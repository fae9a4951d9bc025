//! `null`: the value is gone.

use super::field::NULL;
use super::rule::{Action, FieldMask, Misfit, RuleKind, Unmaskable};

pub(super) const RULE: RuleKind = RuleKind {
    id: "null",
    summary: "replaces the value by NULL",
    parameters: &[],
    build: |request| {
        if request.column.not_null {
            return Err(Misfit::new("`null` does not fit a column that is NOT NULL")
                .hint("`redact` leaves an empty value of the column's type"));
        }
        Ok(Action::replace(Null))
    },
};

struct Null;

impl FieldMask for Null {
    fn mask(&self, _: &[u8], out: &mut Vec<u8>) -> Result<(), Unmaskable> {
        out.extend_from_slice(NULL);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::mask::testing::{masked, misfit};

    #[test]
    fn a_column_that_demands_a_value_refuses_null() {
        assert_eq!(masked("null", "jsonb", &["{}", "\\N"]), ["\\N", "\\N"]);
        assert!(misfit("null", "text not null").contains("NOT NULL"));
    }
}
