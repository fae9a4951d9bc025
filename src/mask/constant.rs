//! `constant`: every value becomes the same one.

use super::field::escape;
use super::kind::Kind;
use super::rule::{Action, FieldMask, Misfit, Parameter, Request, RuleKind, Unmaskable};

pub(super) const RULE: RuleKind = RuleKind {
    id: "constant",
    summary: "replaces every value by the same one",
    parameters: &[Parameter { name: "value", summary: "the value, as SQL would print it", required: true }],
    build,
};

fn build(request: &Request<'_>) -> Result<Action, Misfit> {
    let value = request.parameter("value").unwrap_or_default();
    if request.column.unique {
        return Err(request.not_unique());
    }
    let fits = match request.kind {
        Kind::Text { limit, .. } => limit.is_none_or(|limit| value.chars().count() <= limit),
        Kind::Integer(16) => value.parse::<i16>().is_ok(),
        Kind::Integer(32) => value.parse::<i32>().is_ok(),
        Kind::Integer(_) => value.parse::<i64>().is_ok(),
        Kind::Boolean => matches!(value, "t" | "f" | "true" | "false"),
        _ => true,
    };
    if !fits {
        return Err(Misfit::new(format!(
            "the value of `constant` does not fit `{}`",
            request.column.type_name
        )));
    }
    let mut field = Vec::new();
    escape(value.as_bytes(), &mut field);
    Ok(Action::replace(Constant(field)))
}

struct Constant(Vec<u8>);

impl FieldMask for Constant {
    fn mask(&self, _: &[u8], out: &mut Vec<u8>) -> Result<(), Unmaskable> {
        out.extend_from_slice(&self.0);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::mask::testing::{masked, misfit};

    #[test]
    fn a_constant_is_escaped_and_null_stays_null() {
        assert_eq!(
            masked("constant value=a\tb\\", "text", &["x", "\\N", ""]),
            ["a\\tb\\\\", "\\N", "a\\tb\\\\"]
        );
    }

    #[test]
    fn a_constant_that_the_column_cannot_hold_is_refused() {
        assert!(misfit("constant value=abc", "character varying(2)").contains("does not fit"));
        assert!(misfit("constant value=40000", "smallint").contains("does not fit"));
        assert!(misfit("constant value=x", "text unique").contains("unique"));
    }
}
