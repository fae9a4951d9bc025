//! `address`: a street and a town that do not exist.

use super::keyed::{Keyed, choose};
use super::name::{APART_ALONE, push_apart};
use super::rule::{Action, FieldMask, Misfit, Request, RuleKind, Unmaskable};
use super::words::{STREETS, TOWNS};

pub(super) const RULE: RuleKind = RuleKind {
    id: "address",
    summary: "replaces a postal address by a made-up one; with letters behind it where the column is unique",
    parameters: &[],
    build,
};

fn build(request: &Request<'_>) -> Result<Action, Misfit> {
    let limit = request.text_limit()?;
    let unique = request.column.unique;
    if unique && limit < APART_ALONE {
        return Err(request.too_narrow(APART_ALONE));
    }
    Ok(Action::replace(Address { keyed: request.keyed(), limit, unique }))
}

struct Address {
    keyed: Keyed,
    limit: usize,
    unique: bool,
}

impl FieldMask for Address {
    fn mask(&self, value: &[u8], out: &mut Vec<u8>) -> Result<(), Unmaskable> {
        let (street, bits) = choose(self.keyed.hash(value), &STREETS);
        let (town, bits) = choose(bits, &TOWNS);
        let number = (bits % 199 + 1).to_string();
        push_apart(&[&number, " ", street, ", ", town], bits / 199, self.limit, self.unique, out);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::mask::testing::{assert_unique, masked};

    #[test]
    fn an_address_becomes_another_one() {
        let out =
            masked("address", "text", &["10 Downing Street\\nLondon", "\\N", "10 Downing Street\\nLondon"]);
        assert!(out[0].contains(", ") && !out[0].contains("Downing"), "{}", out[0]);
        assert_eq!(out[0], out[2]);
        assert_eq!(out[1], "\\N");
    }

    #[test]
    fn addresses_in_a_unique_column_stay_apart() {
        let fields: Vec<String> = (0..20_000).map(|at| format!("{at} High Street")).collect();
        assert_unique("address", "character varying(50) unique", &fields);
    }
}
