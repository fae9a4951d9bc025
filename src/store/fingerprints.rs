//! Fingerprints of backups that were read before: hashing 100 GB again only to find the same seed would be in vain.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::model::error::{Error, ErrorKind, Result};
use crate::world::files::FileFacts;
use crate::world::state::StateFiles;

const FILE: &str = "fingerprints.json";
const FORMAT: u32 = 1;
/// Backups come nightly and their names tell dates: without an end the file would only grow.
const KEPT: usize = 256;

#[derive(Default, Serialize, Deserialize)]
struct Fingerprints {
    format: u32,
    files: BTreeMap<String, Fingerprint>,
}

#[derive(Serialize, Deserialize)]
struct Fingerprint {
    size_bytes: u64,
    modified_ns: i128,
    blake3: String,
}

fn load(state: &dyn StateFiles) -> Result<Fingerprints> {
    // A cache of another format is made anew: it holds nothing that cannot be computed again.
    Ok(state
        .read(FILE)?
        .and_then(|text| serde_json::from_str::<Fingerprints>(&text).ok())
        .filter(|known| known.format == FORMAT)
        .unwrap_or_default())
}

/// The fingerprint of a file that has not changed in path, size and time since it was remembered.
pub fn recall(state: &dyn StateFiles, file: &FileFacts) -> Result<Option<String>> {
    let known = load(state)?;
    Ok(known
        .files
        .get(&file.path.to_string_lossy().into_owned())
        .filter(|entry| {
            entry.size_bytes == file.size_bytes && entry.modified_ns == file.modified_at.as_nanosecond()
        })
        .map(|entry| entry.blake3.clone()))
}

/// Remembers the fingerprint of a file.
pub fn remember(state: &dyn StateFiles, file: &FileFacts, blake3: &str) -> Result<()> {
    let mut known = load(state)?;
    known.format = FORMAT;
    known.files.insert(
        file.path.to_string_lossy().into_owned(),
        Fingerprint {
            size_bytes: file.size_bytes,
            modified_ns: file.modified_at.as_nanosecond(),
            blake3: blake3.to_owned(),
        },
    );
    while known.files.len() > KEPT {
        let Some(oldest) =
            known.files.iter().min_by_key(|(_, entry)| entry.modified_ns).map(|(path, _)| path.clone())
        else {
            break;
        };
        known.files.remove(&oldest);
    }
    let text = serde_json::to_string(&known)
        .map_err(|cause| Error::new(ErrorKind::Bug, "fingerprints do not serialize").because(cause))?;
    state.write(FILE, &text)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::world::state::MemoryState;

    #[test]
    fn a_file_is_known_until_it_changes() {
        let state = MemoryState::default();
        let file =
            FileFacts { path: "/b/shop.dump".into(), size_bytes: 7, modified_at: Timestamp::UNIX_EPOCH };
        assert_eq!(recall(&state, &file).unwrap(), None);
        remember(&state, &file, "abc").unwrap();
        assert_eq!(recall(&state, &file).unwrap().as_deref(), Some("abc"));
        let grown = FileFacts { size_bytes: 8, ..file };
        assert_eq!(recall(&state, &grown).unwrap(), None);
    }
}
