//! What an environment's files say, and what is told of wrong ones. Files and expectations are data.

mod compose_files;
mod compose_problems;
mod compose_services;
mod mail;
mod masks;
mod panics;
mod stage;
mod stage_problems;
mod traffic;
mod yaml;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use super::{Catalogs, Loader, load};
use crate::model::environment::Environment;
use crate::model::error::{Error, ErrorKind};
use crate::model::service::Service;

/// Files and variables in memory. Every folder of a file is a directory, and so is a path that ends in `/`; one that ends in `@`
/// is a symbolic link to what would be its text, one that ends in `=` a socket.
#[derive(Default)]
struct Memory {
    files: BTreeMap<PathBuf, String>,
    directories: Vec<PathBuf>,
    links: BTreeMap<PathBuf, PathBuf>,
    sockets: Vec<PathBuf>,
    variables: BTreeMap<String, String>,
}

impl Loader for Memory {
    fn read(&self, path: &Path) -> io::Result<String> {
        self.files.get(path).cloned().ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "no such file"))
    }

    fn is_directory(&self, path: &Path) -> bool {
        self.directories.iter().any(|directory| directory == path)
    }

    fn end_of_links(&self, path: &Path) -> PathBuf {
        let link = path.ancestors().find_map(|folder| Some((folder, self.links.get(folder)?)));
        match link {
            Some((link, end)) if link == path => end.clone(),
            Some((link, end)) => path.strip_prefix(link).map_or_else(|_| end.clone(), |rest| end.join(rest)),
            None => path.to_owned(),
        }
    }

    fn is_socket(&self, path: &Path) -> bool {
        self.sockets.iter().any(|socket| socket == path)
    }

    fn variable(&self, name: &str) -> Option<String> {
        self.variables.get(name).cloned()
    }
}

/// Files relative to the environment's folder, `/shop`, and variables, which are written as `$NAME`.
fn memory(entries: &[(&str, &str)]) -> Memory {
    let mut memory = Memory::default();
    for (name, text) in entries {
        if let Some(variable) = name.strip_prefix('$') {
            memory.variables.insert(variable.to_owned(), (*text).to_owned());
            continue;
        }
        let path = Path::new("/shop").join(name);
        let named = |mark: char| name.strip_suffix(mark).map(|name| Path::new("/shop").join(name));
        if let Some(link) = named('@') {
            memory.links.insert(link, PathBuf::from(text));
        } else if let Some(socket) = named('=') {
            memory.sockets.push(socket);
        } else if name.ends_with('/') {
            memory.directories.push(path.components().collect());
        } else {
            memory.directories.extend(path.ancestors().skip(1).map(Path::to_owned));
            memory.files.insert(path, (*text).to_owned());
        }
    }
    memory
}

fn catalogs() -> Catalogs {
    Catalogs {
        mask_rules: vec![
            ("keep", vec![]),
            ("null", vec![]),
            ("constant", vec!["value"]),
            ("email", vec![]),
            ("name", vec![]),
            ("phone", vec![]),
            ("address", vec![]),
            ("hash", vec![]),
            ("date_shift", vec!["days"]),
            ("redact", vec![]),
        ],
        guards: vec!["rows_lost", "rows_changed", "table_dropped"],
    }
}

pub(super) fn read(entries: &[(&str, &str)]) -> Result<Environment, Vec<Error>> {
    load(&memory(entries), Path::new("/shop"), &catalogs())
}

/// The environment of files in which nothing is wrong.
pub(super) fn environment(entries: &[(&str, &str)]) -> Environment {
    read(entries).unwrap_or_else(|errors| panic!("{}", told(&errors).join("\n")))
}

/// The services of a Compose file beside an otherwise empty `stage.yaml`.
fn services(compose: &str, entries: &[(&str, &str)]) -> BTreeMap<String, Service> {
    environment(&[&[("stage.yaml", "name: shop\n"), ("compose.yaml", compose)], entries].concat()).services
}

/// One line a problem: place, message, hints.
fn told(errors: &[Error]) -> Vec<String> {
    let line = |error: &Error| {
        assert_eq!(error.kind, ErrorKind::Config);
        let parts: Vec<String> =
            std::iter::once(error.to_string()).chain(error.hints.iter().cloned()).collect();
        parts.join(" | ").replace("/shop/", "")
    };
    errors.iter().map(line).collect()
}

/// Checks that exactly these problems are told.
#[track_caller]
pub(super) fn check_problems(entries: &[(&str, &str)], expected: &[&str]) {
    let errors = read(entries).map_or_else(|errors| errors, |_| Vec::new());
    assert_eq!(told(&errors), expected);
}

/// Checks the problems of a Compose file beside an otherwise empty `stage.yaml`.
#[track_caller]
fn check_compose_problems(compose: &str, expected: &[&str]) {
    check_problems(&[("stage.yaml", "name: shop\n"), ("compose.yaml", compose)], expected);
}
