//! `keep`: the value stays as it is.

use super::rule::{Action, RuleKind};

pub(super) const RULE: RuleKind = RuleKind {
    id: "keep",
    summary: "leaves the value as it is: for what identifies nobody",
    parameters: &[],
    build: |_| Ok(Action::Keep),
};

#[cfg(test)]
mod tests {
    use crate::mask::testing::masked;

    #[test]
    fn kept_fields_pass_byte_for_byte() {
        let fields = ["1", "", "\\N", "a\\tb\\\\", "\\x00ff"];
        assert_eq!(masked("keep", "tsrange unique", &fields), fields);
    }
}
