//! What a rule is: an id, what it says of itself, and how it becomes a mask for one column.

use super::keyed::Keyed;
use super::kind::Kind;
use crate::model::masking::{MaskColumn, MaskKey, MaskRule};

/// One kind of rule. Every rule owns a file and one constant of this type in it.
pub struct RuleKind {
    /// What users write.
    pub id: &'static str,
    /// What it does, in one line.
    pub summary: &'static str,
    /// What may be said beside the id.
    pub parameters: &'static [Parameter],
    pub(super) build: fn(&Request<'_>) -> Result<Action, Misfit>,
}

/// A parameter of a rule.
pub struct Parameter {
    /// What users write.
    pub name: &'static str,
    /// What it means, with its unit.
    pub summary: &'static str,
    /// Whether the rule cannot do without it.
    pub required: bool,
}

/// A column that asks for a mask.
pub(super) struct Request<'a> {
    pub(super) column: &'a MaskColumn,
    pub(super) kind: Kind,
    pub(super) rule: &'a MaskRule,
    pub(super) key: &'a MaskKey,
}

impl Request<'_> {
    /// The rule's own key.
    pub(super) fn keyed(&self) -> Keyed {
        Keyed::new(self.key, &self.rule.id)
    }

    /// A parameter's text.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.rule.parameters.get(name).map(String::as_str)
    }

    /// The most characters that fit a text column, or why it is none.
    pub(super) fn text_limit(&self) -> Result<usize, Misfit> {
        match self.kind {
            Kind::Text { limit, .. } => Ok(limit.unwrap_or(usize::MAX)),
            _ => Err(self.misfit("text")),
        }
    }

    /// The rule fits only columns that are `what`.
    pub(super) fn misfit(&self, what: &str) -> Misfit {
        Misfit::new(format!("`{}` fits {what}, not `{}`", self.rule.id, self.column.type_name))
    }

    /// The column is unique, and the rule cannot keep it so.
    pub(super) fn not_unique(&self) -> Misfit {
        Misfit::new(format!(
            "`{}` cannot keep values of `{}` apart, and a unique index demands it",
            self.rule.id, self.column.type_name
        ))
        .hint("`hash` keeps values apart, `keep` leaves them as they are")
    }

    /// The column has room for too few characters.
    pub(super) fn too_narrow(&self, needed: usize) -> Misfit {
        let unique = if self.column.unique { " to keep values apart" } else { "" };
        Misfit::new(format!(
            "`{}` needs {needed} characters{unique}, `{}` has fewer",
            self.rule.id, self.column.type_name
        ))
    }
}

/// Why a rule does not fit a column.
#[derive(Debug)]
pub(super) struct Misfit {
    pub(super) message: String,
    pub(super) hint: Option<String>,
}

impl Misfit {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None }
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// What happens to a column.
pub(super) enum Action {
    /// Its bytes pass as they are.
    Keep,
    /// Its values are replaced; NULL stays NULL.
    Replace(Box<dyn FieldMask>),
}

impl Action {
    /// Values are replaced by `mask`.
    pub(super) fn replace(mask: impl FieldMask + 'static) -> Self {
        Self::Replace(Box::new(mask))
    }
}

/// Replaces the values of one column.
pub(super) trait FieldMask: Send {
    /// Writes what becomes of `value`, which is no NULL and has its escapes undone, as a field of COPY: escaped.
    fn mask(&self, value: &[u8], out: &mut Vec<u8>) -> Result<(), Unmaskable>;
}

/// A value that a rule does not understand, said without the value: `is no date`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unmaskable(pub(super) &'static str);
