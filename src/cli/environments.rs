//! Finding an environment by its name, and reading it from disk.

use std::io;
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};

use super::Global;
use crate::config::{self, Catalogs, Loader};
use crate::model::environment::Environment;
use crate::model::error::{Error, ErrorKind, Result};
use crate::model::stack::Stack;

struct DiskLoader;

impl Loader for DiskLoader {
    fn read(&self, path: &Path) -> io::Result<String> {
        std::fs::read_to_string(path)
    }

    fn is_directory(&self, path: &Path) -> bool {
        path.is_dir()
    }

    fn end_of_links(&self, path: &Path) -> PathBuf {
        match (path.canonicalize(), path.parent(), path.file_name()) {
            (Ok(end), ..) => end,
            // What is not there yet will be where its folder is.
            (Err(_), Some(folder), Some(name)) => self.end_of_links(folder).join(name),
            (Err(_), ..) => path.to_owned(),
        }
    }

    fn is_socket(&self, path: &Path) -> bool {
        path.metadata().is_ok_and(|metadata| metadata.file_type().is_socket())
    }

    fn variable(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }
}

/// The environment of that name, read and found to be free of contradictions; every problem at once otherwise.
pub fn load(global: &Global, name: &str) -> Result<Environment> {
    let folder = find(global, name)?;
    config::load(&DiskLoader, &folder, &Catalogs::of_this_build()).map_err(|problems| {
        Error::all(problems)
            .err()
            .unwrap_or_else(|| Error::new(ErrorKind::Bug, format!("`{name}` was refused without a reason")))
    })
}

/// The environment of a stack that stands, from `folder` if that is said, else from the folder that is called as it is.
pub fn load_for(global: &Global, stack: &Stack, folder: Option<&str>) -> Result<Environment> {
    let environment = load(global, folder.unwrap_or(&stack.environment))
        .map_err(|error| error.hint("--env names the folder of the environment"))?;
    if environment.name == stack.environment {
        return Ok(environment);
    }
    let message = format!(
        "stack `{}` is one of environment `{}`, not of `{}`",
        stack.instance, stack.environment, environment.name
    );
    Err(Error::new(ErrorKind::Usage, message).hint("--env names the folder of its environment"))
}

/// A name is a folder of the environments folder; anything with a slash is a path to such a folder.
fn find(global: &Global, name: &str) -> Result<PathBuf> {
    let folder =
        if name.contains('/') || name == "." { PathBuf::from(name) } else { global.environments.join(name) };
    if folder.join("stage.yaml").is_file() {
        return std::path::absolute(&folder).map_err(|cause| {
            Error::new(ErrorKind::Usage, format!("no folder `{}`", folder.display())).because(cause)
        });
    }
    let known = names(&global.environments);
    let mut error = Error::new(
        ErrorKind::Usage,
        format!("no environment `{name}`: `{}` is not there", folder.join("stage.yaml").display()),
    );
    let nearest = known.iter().max_by(|a, b| similarity(name, a).total_cmp(&similarity(name, b)));
    error = match nearest {
        Some(nearest) if similarity(name, nearest) > 0.7 => error.hint(format!("did you mean `{nearest}`?")),
        _ if known.is_empty() => error.hint(format!(
            "`{}` holds no environment; name another folder with --environments",
            global.environments.display()
        )),
        _ => error.hint(format!("there are: {}", known.join(", "))),
    };
    Err(error)
}

fn similarity(a: &str, b: &str) -> f64 {
    strsim::jaro_winkler(a, b)
}

fn names(folder: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut names: Vec<String> = entries
        .filter_map(std::result::Result::ok)
        .filter(|entry| entry.path().join("stage.yaml").is_file())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}
