//! The key under which values are masked: from the environment, or from a file that only its user reads.

use std::sync::Arc;

use secrecy::{ExposeSecret, SecretBox, SecretString};

use crate::model::error::{Error, ErrorKind, Result};
use crate::model::masking::MaskKey;
use crate::world::state::StateFiles;

/// The file in the state folder.
pub const FILE: &str = "mask.key";

/// The key and whether it was made just now, which the user should be told.
pub struct Loaded {
    /// The key.
    pub key: MaskKey,
    /// Whether there was none before.
    pub is_new: bool,
}

/// Takes the key from `given` (`STAGE_MASK_KEY`) or the state folder; without either, `fresh` is kept as the key.
/// A key is 32 hexadecimal digits.
pub fn load(state: &dyn StateFiles, given: Option<&SecretString>, fresh: &[u8; 16]) -> Result<Loaded> {
    if let Some(given) = given {
        return Ok(Loaded { key: parse(given.expose_secret(), "STAGE_MASK_KEY")?, is_new: false });
    }
    if let Some(text) = state.read(FILE)? {
        return Ok(Loaded { key: parse(&text, FILE)?, is_new: false });
    }
    state.write(FILE, &hex::encode(fresh))?;
    Ok(Loaded { key: MaskKey(Arc::new(SecretBox::new(Box::new(*fresh)))), is_new: true })
}

fn parse(text: &str, origin: &str) -> Result<MaskKey> {
    let mut key = Box::new([0_u8; 16]);
    hex::decode_to_slice(text.trim(), key.as_mut_slice()).map_err(|_| {
        Error::new(ErrorKind::Config, format!("the mask key in {origin} is not 32 hexadecimal digits"))
            .hint("make one with `openssl rand -hex 16`; another key changes every masked value")
    })?;
    Ok(MaskKey(Arc::new(SecretBox::new(key))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::state::MemoryState;

    fn bytes(loaded: &Loaded) -> [u8; 16] {
        *loaded.key.0.expose_secret()
    }

    #[test]
    fn a_key_is_made_once_and_kept() {
        let state = MemoryState::default();
        let first = load(&state, None, &[7; 16]).unwrap();
        assert!(first.is_new);
        let second = load(&state, None, &[8; 16]).unwrap();
        assert!(!second.is_new);
        assert_eq!(bytes(&second), [7; 16]);
    }

    #[test]
    fn the_environment_wins_and_a_malformed_key_is_never_shown() {
        let state = MemoryState::default();
        let given = SecretString::from("000102030405060708090a0b0c0d0e0f");
        assert_eq!(bytes(&load(&state, Some(&given), &[7; 16]).unwrap())[15], 15);
        let wrong = SecretString::from("hunter2");
        let error = load(&state, Some(&wrong), &[7; 16]).err().unwrap();
        assert!(!error.to_string().contains("hunter2"));
    }
}
