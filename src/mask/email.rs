//! `email`: an address of nobody, at a domain that is reserved for examples.

use super::keyed::{Keyed, choose, push_letters};
use super::rule::{Action, FieldMask, Misfit, Request, RuleKind, Unmaskable};
use super::words::FIRST;

pub(super) const RULE: RuleKind = RuleKind {
    id: "email",
    summary: "replaces an email address by `<word>.<letters>@example.com`; different addresses stay different",
    parameters: &[],
    build,
};

const DOMAIN: &[u8] = b"@example.com";
/// 80 bits: two of a hundred million addresses meet with a chance of 1 in 10^8.
const LETTERS: usize = 16;
/// 60 bits, where a unique column has no room for more.
const LETTERS_UNIQUE: usize = 12;
const LETTERS_LEAST: usize = 4;

fn build(request: &Request<'_>) -> Result<Action, Misfit> {
    let limit = request.text_limit()?;
    let least = if request.column.unique { LETTERS_UNIQUE } else { LETTERS_LEAST };
    let Some(room) = limit.checked_sub(DOMAIN.len()).filter(|room| *room >= least) else {
        return Err(request.too_narrow(least + DOMAIN.len()));
    };
    Ok(Action::replace(Email { keyed: request.keyed(), room }))
}

struct Email {
    keyed: Keyed,
    /// Characters before the domain.
    room: usize,
}

impl FieldMask for Email {
    fn mask(&self, value: &[u8], out: &mut Vec<u8>) -> Result<(), Unmaskable> {
        let (word, bits) = choose(self.keyed.hash(value), &FIRST);
        if word.len() + 1 + LETTERS <= self.room {
            out.extend(word.bytes().map(|byte| byte.to_ascii_lowercase()));
            out.push(b'.');
        }
        push_letters(bits, LETTERS.min(self.room), out);
        out.extend_from_slice(DOMAIN);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::mask::testing::{assert_unique, masked, misfit};

    #[test]
    fn an_address_becomes_the_same_address_of_nobody_everywhere() {
        let out = masked("email", "text", &["jane@corp.test", "\\N", "jane@corp.test", "john@corp.test"]);
        assert!(out[0].ends_with("@example.com") && !out[0].contains("jane"), "{}", out[0]);
        assert_eq!(out[1], "\\N");
        assert_eq!(out[0], out[2]);
        assert_ne!(out[0], out[3]);
        assert_eq!(masked("email", "character varying(60) not null unique", &["jane@corp.test"])[0], out[0]);
    }

    #[test]
    fn addresses_stay_within_the_column_and_apart() {
        let fields: Vec<String> = (0..20_000).map(|at| format!("person{at}@corp.test")).collect();
        for width in [24, 30, 41] {
            let column = format!("character varying({width}) unique");
            assert_unique("email", &column, &fields);
            assert!(masked("email", &column, &["a@b.c", "d@e.f"]).iter().all(|out| out.len() <= width));
        }
        assert!(misfit("email", "character varying(20) unique").contains("24 characters"));
        assert!(misfit("email", "integer").contains("fits text"));
    }
}
