//! Keyed hashes: what a value becomes depends on the key, the rule and the value, and on nothing else.
//!
//! Rules are separated, columns are not: the same value under the same rule gives the same mask everywhere, so joins
//! stay true.

use secrecy::ExposeSecret;
use siphasher::sip128::SipHasher13;

use crate::model::masking::MaskKey;

/// The key of one rule.
#[derive(Clone, Copy)]
pub(super) struct Keyed(SipHasher13);

/// 32 letters and digits that are not mistaken for each other.
const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

impl Keyed {
    /// The key of the rule `id` under `key`.
    pub(super) fn new(key: &MaskKey, id: &str) -> Self {
        let of_rule = SipHasher13::new_with_key(key.0.expose_secret()).hash(id.as_bytes());
        Self(SipHasher13::new_with_key(&of_rule.as_bytes()))
    }

    /// 128 bits for a value.
    pub(super) fn hash(&self, value: &[u8]) -> u128 {
        self.0.hash(value).as_u128()
    }
}

/// What may be shown of a key: 16 hexadecimal digits of a keyed hash of a constant.
pub fn key_id(key: &MaskKey) -> String {
    let hash = Keyed::new(key, "key id").hash(b"");
    format!("{:016x}", hash >> 64)
}

/// Writes the lowest 5 × `count` bits as letters and digits; at most 25 of them.
pub(super) fn push_letters(bits: u128, count: usize, out: &mut Vec<u8>) {
    for at in 0..count.min(25) {
        out.push(LETTERS[usize::try_from((bits >> (5 * at)) & 31).unwrap_or_default()]);
    }
}

/// Writes `count` hexadecimal digits of the bits, highest first; at most 32.
pub(super) fn push_hex(bits: u128, count: usize, out: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for at in 0..count.min(32) {
        out.push(DIGITS[usize::try_from((bits >> (124 - 4 * at)) & 15).unwrap_or_default()]);
    }
}

/// Takes a choice out of the bits: one of `list`, and what is left of them.
pub(super) fn choose<T: Copy>(bits: u128, list: &[T]) -> (T, u128) {
    let length = list.len() as u128;
    (list[usize::try_from(bits % length).unwrap_or_default()], bits / length)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mask::testing::key;

    #[test]
    fn rules_and_keys_are_separated() {
        let hash = |seed: u8, rule: &str| Keyed::new(&key(seed), rule).hash(b"value");
        assert_eq!(hash(1, "email"), hash(1, "email"));
        assert_ne!(hash(1, "email"), hash(1, "name"));
        assert_ne!(hash(1, "email"), hash(2, "email"));
    }

    #[test]
    fn a_key_is_known_by_16_digits_that_are_no_part_of_it() {
        assert_eq!(key_id(&key(7)).len(), 16);
        assert_ne!(key_id(&key(7)), key_id(&key(8)));
        assert!(!key_id(&key(7)).contains("0707"));
    }
}
