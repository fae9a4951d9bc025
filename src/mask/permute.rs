//! Keyed permutations of 0..n: every number becomes another one of the same range, and no two become the same.
//!
//! A Feistel network over a × b = n with modular addition, in the manner of FF1: no cycle walking, so the time is the
//! same for every number.

use super::keyed::Keyed;

const ROUNDS: u8 = 10;

/// A permutation of the numbers below a limit.
#[derive(Clone, Copy)]
pub(super) struct Permutation {
    keyed: Keyed,
    left: u128,
    right: u128,
}

impl Permutation {
    /// Over all numbers with `digits` decimal digits, leading zeros counted; at most 30 digits.
    pub(super) fn of_digits(keyed: Keyed, digits: u32) -> Self {
        Self { keyed, left: 10_u128.pow(digits / 2), right: 10_u128.pow(digits - digits / 2) }
    }

    /// Over all numbers of `bits` bits, at most 64.
    pub(super) fn of_bits(keyed: Keyed, bits: u32) -> Self {
        Self { keyed, left: 1 << (bits / 2), right: 1 << (bits - bits / 2) }
    }

    /// What `number` becomes; it must be below the limit.
    pub(super) fn apply(&self, number: u128) -> u128 {
        let (mut left, mut right) = (number / self.right, number % self.right);
        for round in 0..ROUNDS {
            if round % 2 == 0 {
                left = (left + self.round(round, right)) % self.left;
            } else {
                right = (right + self.round(round, left)) % self.right;
            }
        }
        left * self.right + right
    }

    fn round(&self, round: u8, half: u128) -> u128 {
        // Both sizes take part, so that permutations of different ranges have nothing in common. Halves are below
        // 10^15, so the sum in `apply` cannot overflow once the hash is cut to 64 bits.
        let mut input = [0; 25];
        input[0] = round;
        for (to, value) in input[1..].chunks_exact_mut(8).zip([half, self.left, self.right]) {
            to.copy_from_slice(&u64::try_from(value).unwrap_or(u64::MAX).to_le_bytes());
        }
        self.keyed.hash(&input) >> 64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mask::testing::key;

    #[test]
    fn every_number_is_hit_exactly_once() {
        let keyed = Keyed::new(&key(3), "test");
        for (permutation, count) in [
            (Permutation::of_digits(keyed, 1), 10),
            (Permutation::of_digits(keyed, 3), 1000),
            (Permutation::of_digits(keyed, 4), 10_000),
            (Permutation::of_bits(keyed, 15), 1 << 15),
        ] {
            let mut hit = vec![false; count];
            for number in 0..count {
                let to = usize::try_from(permutation.apply(number as u128)).unwrap();
                assert!(!std::mem::replace(&mut hit[to], true));
            }
        }
    }

    #[test]
    fn few_numbers_stay_what_they_are() {
        let permutation = Permutation::of_digits(Keyed::new(&key(3), "test"), 4);
        assert!((0..10_000).filter(|&number| permutation.apply(number) == number).count() < 10);
    }
}
