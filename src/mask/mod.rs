//! Rows to masked rows: pure, and the hot path of a seed.
//!
//! One rule a file, each owning its id, its parameters and the types it fits. A mask depends on the key, the rule and
//! the value alone, so that the same value reads the same everywhere and again. NULL stays NULL. What a rule does not
//! understand is an error, never passed on.
//!
//! Not covered, because they are schema and no rows: values in `DEFAULT` and `CHECK` expressions, labels of enums,
//! bounds of partitions and comments. Generated columns are not among the rows and need no rule.

mod address;
mod calendar;
mod check;
mod constant;
mod date_shift;
mod email;
mod field;
mod hash;
mod keep;
mod keyed;
mod kind;
mod name;
mod null;
mod permute;
mod phone;
mod propose;
mod redact;
mod rows;
mod rule;
#[cfg(test)]
pub(crate) mod testing;
mod told;
mod words;

pub use check::{check, completeness};
pub use keyed::key_id;
pub use propose::propose;
pub use rows::{RowMasker, compile};
pub use rule::{Parameter, RuleKind};

/// All rules, in the order in which they are explained.
pub fn catalog() -> &'static [&'static RuleKind] {
    &[
        &keep::RULE,
        &null::RULE,
        &constant::RULE,
        &email::RULE,
        &name::RULE,
        &phone::RULE,
        &address::RULE,
        &hash::RULE,
        &date_shift::RULE,
        &redact::RULE,
    ]
}
