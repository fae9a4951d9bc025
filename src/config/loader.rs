//! What reading an environment needs of the outside: files and variables. The caller brings it, so that `config` has no effects.

use std::io;
use std::path::{Component, Path, PathBuf};

use crate::{judge, mask};

/// Files and variables, as one environment sees them: of this machine, of a git ref, or of a test.
pub trait Loader {
    /// The text of a file. An error of kind `NotFound` means that there is none.
    fn read(&self, path: &Path) -> io::Result<String>;
    /// Whether there is a directory of this name.
    fn is_directory(&self, path: &Path) -> bool;
    /// Where a path leads: without symbolic links, as far as it is there.
    fn end_of_links(&self, path: &Path) -> PathBuf;
    /// Whether there is a socket of this name.
    fn is_socket(&self, path: &Path) -> bool;
    /// The value of an environment variable, if it is set and is text.
    fn variable(&self, name: &str) -> Option<String>;
}

/// What a file may name: ids of mask rules and guards.
#[derive(Clone, Debug, Default)]
pub struct Catalogs {
    /// Mask rules by id, each with the names of its parameters.
    pub mask_rules: Vec<(&'static str, Vec<&'static str>)>,
    /// Ids of the guards.
    pub guards: Vec<&'static str>,
}

impl Catalogs {
    /// What this build knows.
    pub fn of_this_build() -> Self {
        Self {
            mask_rules: mask::catalog()
                .iter()
                .map(|rule| (rule.id, rule.parameters.iter().map(|parameter| parameter.name).collect()))
                .collect(),
            guards: judge::catalog().iter().map(|guard| guard.id).collect(),
        }
    }
}

/// `path` as seen from `base`, without `.` and, as far as names tell, without `..`.
pub fn resolve(base: &Path, path: &str) -> PathBuf {
    let mut clean = PathBuf::new();
    for component in base.join(path).components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir if clean.file_name().is_some() => {
                clean.pop();
            }
            other => clean.push(other),
        }
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_cleaned_but_never_climbs_out_of_what_it_cannot_know() {
        assert_eq!(resolve(Path::new("/env"), "./a/../b.sql"), PathBuf::from("/env/b.sql"));
        assert_eq!(resolve(Path::new("/env"), "/abs"), PathBuf::from("/abs"));
        assert_eq!(resolve(Path::new(""), "../x"), PathBuf::from("../x"));
    }
}
