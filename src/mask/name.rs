//! `name`: a name of nobody.

use super::keyed::{Keyed, choose, push_letters};
use super::rule::{Action, FieldMask, Misfit, Parameter, Request, RuleKind, Unmaskable};
use super::words::{FIRST, LAST};

pub(super) const RULE: RuleKind = RuleKind {
    id: "name",
    summary: "replaces a person's name by a made-up one; with letters behind it where the column is unique",
    parameters: &[Parameter {
        name: "part",
        summary: "`full` (the default), `first` or `last`",
        required: false,
    }],
    build,
};

/// 50 bits, beside those of the names.
pub(super) const APART: usize = 10;
/// 60 bits, where there is no room for a name.
pub(super) const APART_ALONE: usize = 12;

#[derive(Clone, Copy)]
enum Part {
    Full,
    First,
    Last,
}

fn build(request: &Request<'_>) -> Result<Action, Misfit> {
    let part = match request.parameter("part") {
        None | Some("full") => Part::Full,
        Some("first") => Part::First,
        Some("last") => Part::Last,
        Some(other) => {
            return Err(
                Misfit::new(format!("`name` has no part `{other}`")).hint("`full`, `first` or `last`")
            );
        }
    };
    let limit = request.text_limit()?;
    let unique = request.column.unique;
    if unique && limit < APART_ALONE {
        return Err(request.too_narrow(APART_ALONE));
    }
    Ok(Action::replace(Name { keyed: request.keyed(), part, limit, unique }))
}

struct Name {
    keyed: Keyed,
    part: Part,
    limit: usize,
    unique: bool,
}

impl FieldMask for Name {
    fn mask(&self, value: &[u8], out: &mut Vec<u8>) -> Result<(), Unmaskable> {
        let (first, bits) = choose(self.keyed.hash(value), &FIRST);
        let (last, bits) = choose(bits, &LAST);
        let pieces: &[&str] = match self.part {
            Part::Full => &[first, " ", last],
            Part::First => &[first],
            Part::Last => &[last],
        };
        push_apart(pieces, bits, self.limit, self.unique, out);
        Ok(())
    }
}

/// Writes the pieces, all ASCII, within `limit`; in a unique column with letters that keep values apart, or these alone.
pub(super) fn push_apart(pieces: &[&str], bits: u128, limit: usize, unique: bool, out: &mut Vec<u8>) {
    let start = out.len();
    let length: usize = pieces.iter().map(|piece| piece.len()).sum();
    if unique && length + 1 + APART > limit {
        return push_letters(bits, APART_ALONE, out);
    }
    for piece in pieces {
        out.extend_from_slice(piece.as_bytes());
    }
    if unique {
        out.push(b' ');
        push_letters(bits, APART, out);
    }
    out.truncate(start.saturating_add(limit));
}

#[cfg(test)]
mod tests {
    use crate::mask::testing::{assert_unique, masked, misfit};

    #[test]
    fn a_name_becomes_the_same_name_of_nobody() {
        let out = masked("name", "text", &["Jane Doe", "Jane Doe", "\\N", "Łukasz \\t"]);
        assert_eq!(out[0], out[1]);
        assert_eq!(out[2], "\\N");
        assert_eq!(out[0].split(' ').count(), 2);
        assert_eq!(masked("name part=first", "text", &["Jane"])[0].split(' ').count(), 1);
        assert_eq!(masked("name", "character varying(3)", &["Jane Doe"])[0].len(), 3);
        assert!(misfit("name part=middle", "text").contains("`middle`"));
    }

    #[test]
    fn names_in_a_unique_column_stay_apart() {
        let fields: Vec<String> = (0..20_000).map(|at| format!("Person {at}")).collect();
        for column in ["text unique", "character varying(20) unique", "character varying(12) unique"] {
            assert_unique("name", column, &fields);
        }
        assert!(misfit("name", "character varying(11) unique").contains("12 characters"));
    }
}
