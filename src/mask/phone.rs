//! `phone`: the same shape, other digits.

use super::keyed::Keyed;
use super::permute::Permutation;
use super::rule::{Action, FieldMask, Misfit, Request, RuleKind, Unmaskable};

pub(super) const RULE: RuleKind = RuleKind {
    id: "phone",
    summary: "replaces the digits of a phone number, keeping its form and country; different numbers stay different",
    parameters: &[],
    build,
};

/// More digits than any number has; longer ones are replaced as a whole.
const MOST_DIGITS: usize = 30;
/// Digits of what is no number, and fewest that keep such values apart.
const HASHED_DIGITS: usize = 18;

fn build(request: &Request<'_>) -> Result<Action, Misfit> {
    let limit = request.text_limit()?;
    let keyed = request.keyed();
    let permutations = (0..=MOST_DIGITS).filter_map(|digits| u32::try_from(digits).ok());
    let permutations = permutations.map(|digits| Permutation::of_digits(keyed, digits)).collect();
    Ok(Action::replace(Phone { keyed, permutations, limit, unique: request.column.unique }))
}

struct Phone {
    keyed: Keyed,
    /// By number of digits.
    permutations: Vec<Permutation>,
    limit: usize,
    unique: bool,
}

impl FieldMask for Phone {
    fn mask(&self, value: &[u8], out: &mut Vec<u8>) -> Result<(), Unmaskable> {
        let kept = country_digits(value);
        let digits = value.iter().filter(|byte| byte.is_ascii_digit()).count();
        let permutation = self.permutations.get(digits.saturating_sub(kept));
        let Some(permutation) = permutation.filter(|_| value.iter().all(|byte| belongs(*byte))) else {
            return self.hash(value, out);
        };
        let changing = value.iter().filter(|byte| byte.is_ascii_digit()).skip(kept);
        let number = changing.fold(0_u128, |number, digit| number * 10 + u128::from(digit - b'0'));
        let mut rest = permutation.apply(number);
        let start = out.len();
        out.extend_from_slice(value);
        let places = out[start..].iter_mut().rev().filter(|byte| byte.is_ascii_digit());
        for place in places.take(digits.saturating_sub(kept)) {
            *place = b'0' + u8::try_from(rest % 10).unwrap_or_default();
            rest /= 10;
        }
        Ok(())
    }
}

impl Phone {
    /// What is no phone number has no form worth keeping.
    fn hash(&self, value: &[u8], out: &mut Vec<u8>) -> Result<(), Unmaskable> {
        let length = HASHED_DIGITS.min(self.limit);
        if self.unique && length < HASHED_DIGITS {
            return Err(Unmaskable(
                "holds more than a phone number, and the unique column is too narrow for its hash",
            ));
        }
        let mut bits = self.keyed.hash(value);
        for _ in 0..length {
            out.push(b'0' + u8::try_from(bits % 10).unwrap_or_default());
            bits /= 10;
        }
        Ok(())
    }
}

fn belongs(byte: u8) -> bool {
    byte.is_ascii_digit() || b"+-()./ ".contains(&byte)
}

/// How many digits behind a leading `+` are the country's.
fn country_digits(value: &[u8]) -> usize {
    let Some(number) = value.strip_prefix(b"+") else { return 0 };
    let mut digits = number.iter().filter(|byte| byte.is_ascii_digit()).map(|byte| byte - b'0');
    match (digits.next(), digits.next()) {
        (None, _) => 0,
        // A digit alone may begin any country's, so it stays: another one could become a country of one digit.
        (Some(1 | 7), _) | (Some(_), None) => 1,
        (Some(first), Some(second)) => {
            let pair = first * 10 + second;
            let short = matches!(pair, 20 | 27 | 30..=34 | 36 | 39..=41 | 43..=49 | 51..=58 | 60..=66 | 81 | 82 | 84 | 86 | 90..=95 | 98);
            if short { 2 } else { 3 }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::mask::testing::{assert_unique, masked, misfit, try_masked};

    fn shape(text: &str) -> String {
        text.chars().map(|c| if c.is_ascii_digit() { '9' } else { c }).collect()
    }

    #[test]
    fn a_number_keeps_its_form_and_its_country() {
        for (number, prefix) in [
            ("+44 20 7946 0018", "+44 "),
            ("+1 (555) 010-9999", "+1 ("),
            ("+358 9 1234567", "+358 "),
            ("030/1234567", ""),
            ("1234", ""),
        ] {
            let out = masked("phone", "text", &[number]).remove(0);
            assert_ne!(out, number);
            assert_eq!(shape(&out), shape(number));
            assert!(out.starts_with(prefix), "{out}");
        }
    }

    #[test]
    fn what_is_no_number_leaves_nothing_of_itself() {
        let out = masked("phone", "text", &["ask Jane, 555 1234", "\\N", "", "-"]);
        assert!(out[0].bytes().all(|byte| byte.is_ascii_digit()), "{}", out[0]);
        assert_eq!(out[1..], ["\\N", "", "-"]);
        let error = try_masked("phone", "character varying(10) unique", &["ask Jane"]).unwrap_err();
        assert!(!error.message.contains("Jane"), "{}", error.message);
        assert!(misfit("phone", "bigint").contains("fits text"));
    }

    #[test]
    fn all_numbers_of_a_form_stay_apart() {
        let local: Vec<String> = (0..10_000).map(|at| format!("{at:04}")).collect();
        assert_unique("phone", "character varying(10) unique", &local);
        let abroad: Vec<String> = (0..10_000).map(|at| format!("+44 {at:04}")).collect();
        assert_unique("phone", "character varying(10) unique", &abroad);
        let short: Vec<String> = (0..10).map(|digit| format!("+{digit}")).collect();
        assert_unique("phone", "text unique", &short);
    }

    proptest! {
        #[test]
        fn different_numbers_never_become_the_same(one in "\\+?[0-9 ]{1,12}", other in "\\+?[0-9 ]{1,12}") {
            let out = masked("phone", "text", &[&one, &other]);
            prop_assert_eq!(one == other, out[0] == out[1]);
        }
    }
}
