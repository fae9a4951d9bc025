//! Variables for interpolation: those of the environment first, then those of `.env` files.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use super::dotenv::{self, Assigned};
use crate::config::loader::Loader;
use crate::config::problems::{Problems, problem};
use crate::model::error::{Error, ErrorKind, Location};

/// Where the value of a variable comes from.
pub trait Lookup {
    /// Its value, if it is set.
    fn lookup(&self, name: &str) -> Option<String>;
}

impl<F: Fn(&str) -> Option<String>> Lookup for F {
    fn lookup(&self, name: &str) -> Option<String> {
        self(name)
    }
}

/// The variables of a project, or of an included one.
#[derive(Clone)]
pub struct Variables<'a> {
    loader: &'a dyn Loader,
    from_files: BTreeMap<String, String>,
}

impl Lookup for Variables<'_> {
    fn lookup(&self, name: &str) -> Option<String> {
        self.loader.variable(name).or_else(|| self.from_files.get(name).cloned())
    }
}

impl<'a> Variables<'a> {
    /// Those of the project in `directory`, with its `.env` if there is one.
    pub fn of_project(loader: &'a dyn Loader, directory: &Path, problems: &mut Problems) -> Self {
        let mut variables = Self { loader, from_files: BTreeMap::new() };
        variables.add(&directory.join(".env"), None, problems);
        variables
    }

    /// These, and behind them those of the `.env` files of an included project.
    pub fn of_included(&self, files: &[(PathBuf, Option<Location>)], problems: &mut Problems) -> Self {
        let mut variables = self.clone();
        for (path, named_at) in files {
            variables.add(path, named_at.as_ref(), problems);
        }
        variables
    }

    fn add(&mut self, path: &Path, named_at: Option<&Location>, problems: &mut Problems) {
        for assigned in read_file(path, named_at, self.loader, self, problems).unwrap_or_default() {
            self.from_files.entry(assigned.name).or_insert(assigned.value);
        }
    }
}

/// Assignments of a file in the format of `.env`. One that nobody named (`named_at`) may be missing.
pub fn read_file(
    path: &Path,
    named_at: Option<&Location>,
    loader: &dyn Loader,
    variables: &dyn Lookup,
    problems: &mut Problems,
) -> Option<Vec<Assigned>> {
    let text = match loader.read(path) {
        Ok(text) => text,
        Err(error) => {
            let message = format!("cannot read `{}`: {error}", path.display());
            match named_at {
                None if error.kind() == io::ErrorKind::NotFound => {}
                None => problems.push(Error::new(ErrorKind::Config, message).because(error)),
                Some(location) => problems.push(problem(location, message).because(error)),
            }
            return None;
        }
    };
    let (assignments, wrong) = dotenv::parse(&text, variables);
    for (line, message) in wrong {
        problems.push(problem(&Location { file: path.to_owned(), line, column: 1 }, message));
    }
    Some(assignments)
}
