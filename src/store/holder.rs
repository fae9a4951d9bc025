//! Who holds a journal: an opaque id of this state folder, written on labels so that machines do not sweep each other.

use crate::model::error::Result;
use crate::world::state::StateFiles;

const FILE: &str = "holder";

/// The id of this state folder; `fresh` becomes it if it has none yet.
pub fn holder(state: &dyn StateFiles, fresh: &str) -> Result<String> {
    if let Some(id) = state.read(FILE)? {
        let id = id.trim();
        if !id.is_empty() {
            return Ok(id.to_owned());
        }
    }
    state.write(FILE, fresh)?;
    Ok(fresh.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::state::MemoryState;

    #[test]
    fn a_state_folder_keeps_its_id() {
        let state = MemoryState::default();
        assert_eq!(holder(&state, "a1").unwrap(), "a1");
        assert_eq!(holder(&state, "b2").unwrap(), "a1");
    }
}
