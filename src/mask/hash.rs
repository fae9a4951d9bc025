//! `hash`: a keyed hash in the form of the column's type.

use super::keyed::{Keyed, push_hex};
use super::kind::Kind;
use super::permute::Permutation;
use super::rule::{Action, FieldMask, Misfit, Request, RuleKind, Unmaskable};

pub(super) const RULE: RuleKind = RuleKind {
    id: "hash",
    summary: "replaces text, bytea, uuid and whole numbers by a keyed hash of the same type; different values stay different",
    parameters: &[],
    build,
};

const DIGITS: usize = 32;
/// 64 bits.
const DIGITS_UNIQUE: usize = 16;

fn build(request: &Request<'_>) -> Result<Action, Misfit> {
    let keyed = request.keyed();
    match request.kind {
        Kind::Text { limit, .. } => {
            let digits = limit.unwrap_or(DIGITS).min(DIGITS);
            if request.column.unique && digits < DIGITS_UNIQUE {
                return Err(request.too_narrow(DIGITS_UNIQUE));
            }
            Ok(Action::replace(Text { keyed, digits }))
        }
        Kind::Bytes => Ok(Action::replace(Bytes(keyed))),
        Kind::Uuid => Ok(Action::replace(Uuid(keyed))),
        Kind::Integer(bits) => Ok(Action::replace(Integer(Permutation::of_bits(keyed, bits - 1)))),
        _ => Err(request.misfit("text, bytea, uuid and whole numbers")),
    }
}

struct Text {
    keyed: Keyed,
    digits: usize,
}

impl FieldMask for Text {
    fn mask(&self, value: &[u8], out: &mut Vec<u8>) -> Result<(), Unmaskable> {
        push_hex(self.keyed.hash(value), self.digits, out);
        Ok(())
    }
}

struct Bytes(Keyed);

impl FieldMask for Bytes {
    fn mask(&self, value: &[u8], out: &mut Vec<u8>) -> Result<(), Unmaskable> {
        out.extend_from_slice(b"\\\\x");
        push_hex(self.0.hash(value), DIGITS, out);
        Ok(())
    }
}

struct Uuid(Keyed);

impl FieldMask for Uuid {
    fn mask(&self, value: &[u8], out: &mut Vec<u8>) -> Result<(), Unmaskable> {
        let random = self.0.hash(value);
        // Version 4 of variant 1, as a random one has it.
        let bits = (random & !(0xf << 76) & !(0x3 << 62)) | (0x4 << 76) | (0x2 << 62);
        let mut shift = 0;
        for (at, length) in [8, 4, 4, 4, 12].into_iter().enumerate() {
            if at > 0 {
                out.push(b'-');
            }
            push_hex(bits << shift, length, out);
            shift += 4 * length;
        }
        Ok(())
    }
}

/// Permutes the numbers from 0 up, and those below 0, among themselves: ids stay positive.
struct Integer(Permutation);

impl FieldMask for Integer {
    fn mask(&self, value: &[u8], out: &mut Vec<u8>) -> Result<(), Unmaskable> {
        let number: Option<i64> = std::str::from_utf8(value).ok().and_then(|text| text.parse().ok());
        let number = number.ok_or(Unmaskable("is no whole number"))?;
        let below = number < 0;
        // −1 is the 0 of those below: `!n` is −1 − n.
        let magnitude = if below { !number } else { number };
        let masked = self.0.apply(u128::from(magnitude.unsigned_abs()));
        let masked = i64::try_from(masked).map_err(|_| Unmaskable("is out of its type's range"))?;
        let masked = if below { !masked } else { masked };
        out.extend_from_slice(masked.to_string().as_bytes());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::mask::testing::{assert_unique, masked, misfit};

    #[test]
    fn a_hash_has_the_form_of_its_type() {
        assert_eq!(masked("hash", "text", &["a"])[0].len(), 32);
        assert_eq!(masked("hash", "character(8)", &["a"])[0], masked("hash", "text", &["a"])[0][..8]);
        assert!(masked("hash", "bytea", &["\\\\x00"])[0].starts_with("\\\\x"));
        let uuid = masked("hash", "uuid", &["6a1f7bd0-0d0a-4b59-8c3e-111111111111"]).remove(0);
        let groups: Vec<usize> = uuid.split('-').map(str::len).collect();
        assert_eq!(groups, [8, 4, 4, 4, 12]);
        assert!(uuid[14..].starts_with('4') && "89ab".contains(&uuid[19..20]), "{uuid}");
        assert_eq!(masked("hash", "text", &["\\N"]), ["\\N"]);
        assert!(misfit("hash", "jsonb").contains("fits text"));
        assert!(misfit("hash", "character varying(10) unique").contains("16 characters"));
    }

    #[test]
    fn blanks_at_the_end_of_a_padded_column_do_not_count() {
        assert_eq!(masked("hash", "character(20)", &["a   "]), [&masked("hash", "text", &["a"])[0][..20]]);
    }

    #[test]
    fn numbers_stay_in_range_with_their_sign_and_apart() {
        let numbers: Vec<String> = (i16::MIN..=i16::MAX).map(|number| number.to_string()).collect();
        assert_unique("hash", "smallint unique", &numbers);
        for (kind, numbers) in [
            ("integer", ["0", "2147483647", "-1", "-2147483648"]),
            ("bigint", ["0", "9223372036854775807", "-1", "-9223372036854775808"]),
        ] {
            for (before, after) in numbers.iter().zip(masked("hash", kind, &numbers)) {
                assert_eq!(before.starts_with('-'), after.starts_with('-'));
                let range = if kind == "integer" { i64::from(i32::MAX) } else { i64::MAX };
                let after: i64 = after.parse().unwrap();
                assert!(after <= range && after >= -range - 1);
            }
        }
    }
}
