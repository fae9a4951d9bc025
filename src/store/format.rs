//! The version of the state folder as a whole: an older folder is brought up to date, a newer one refused by name.

use crate::model::error::{Error, ErrorKind, Result};
use crate::world::state::StateFiles;

const FILE: &str = "format";
/// The version that this build reads and writes.
const FORMAT: u32 = 1;
/// A folder without the file was written before there was one, or is empty.
const BEFORE_THE_FILE: u32 = 0;

/// Makes sure that the folder is of this build's version, before anything else in it is read. An error of kind `Config`
/// for a folder that a newer `stage` wrote, or whose version cannot be read.
pub fn open(state: &dyn StateFiles) -> Result<()> {
    let text = state.read(FILE)?;
    let found = match &text {
        None => BEFORE_THE_FILE,
        Some(text) => text.trim().parse().map_err(|cause| {
            Error::new(
                ErrorKind::Config,
                format!("the version of the state folder is not readable in its file `{FILE}`"),
            )
            .because(cause)
            .hint("name another folder with --state, or remove it once `stage sweep` has nothing left to do")
        })?,
    };
    match found {
        FORMAT => Ok(()),
        // The files of a folder without a version are those of version 1.
        BEFORE_THE_FILE => state.write(FILE, &format!("{FORMAT}\n")),
        newer => Err(Error::new(
            ErrorKind::Config,
            format!("the state folder was written by a newer stage: it has format {newer}, this build reads {FORMAT}"),
        )
        .hint("use that version, or name another folder with --state")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::state::MemoryState;

    #[test]
    fn a_fresh_folder_and_one_from_before_there_were_versions_get_one() {
        let state = MemoryState::default();
        state.write("holder", "a1").unwrap();
        open(&state).unwrap();
        assert_eq!(state.read("format").unwrap().as_deref(), Some("1\n"));
        assert_eq!(state.read("holder").unwrap().as_deref(), Some("a1"));
        open(&state).unwrap();
    }

    #[test]
    fn a_newer_folder_is_refused_by_name_and_left_as_it_is() {
        let state = MemoryState::default();
        state.write("format", "2\n").unwrap();
        let error = open(&state).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the state folder was written by a newer stage: it has format 2, this build reads 1"
        );
        assert_eq!(state.read("format").unwrap().as_deref(), Some("2\n"));
        state.write("format", "two").unwrap();
        assert_eq!(open(&state).unwrap_err().kind, ErrorKind::Config);
    }
}
