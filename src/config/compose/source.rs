//! The tree of a project: its files read, interpolated, their includes and `extends` resolved, merged.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::variables::Variables;
use super::{extends, include, interpolate, merge};
use crate::config::loader::{Loader, resolve};
use crate::config::node::Node;
use crate::config::problems::{Problems, problem};
use crate::config::yaml;
use crate::model::error::Location;

/// Reads Compose files and remembers from where the relative paths of each go.
pub struct Source<'a> {
    loader: &'a dyn Loader,
    directories: BTreeMap<PathBuf, PathBuf>,
    /// Files that are being included, outermost first, so that a circle is seen.
    including: Vec<PathBuf>,
}

impl<'a> Source<'a> {
    /// A source that has read nothing.
    pub fn new(loader: &'a dyn Loader) -> Self {
        Self { loader, directories: BTreeMap::new(), including: Vec::new() }
    }

    /// The path that `text`, written at `location`, means.
    pub fn path(&self, location: &Location, text: &str) -> PathBuf {
        let home = text.strip_prefix('~').filter(|rest| rest.is_empty() || rest.starts_with('/'));
        if let Some((rest, home)) = home.zip(self.loader.variable("HOME")) {
            return resolve(Path::new(&home), rest.trim_start_matches('/'));
        }
        let own = location.file.parent().unwrap_or(Path::new(""));
        resolve(self.directories.get(&location.file).map_or(own, PathBuf::as_path), text)
    }

    /// The merged tree of `files`, whose relative paths go from `directory`. What cannot be read is a problem.
    pub fn load(
        &mut self,
        files: &[(PathBuf, Location)],
        directory: &Path,
        variables: &Variables<'a>,
        problems: &mut Problems,
    ) -> Option<Node> {
        let mut merged: Option<Node> = None;
        for (path, named_at) in files {
            if self.including.contains(path) {
                problems.push(problem(named_at, format!("`{}` includes itself", path.display())));
                continue;
            }
            self.directories.insert(path.clone(), directory.to_owned());
            let Some(mut tree) = self.tree(path, named_at, variables, problems) else { continue };
            self.including.push(path.clone());
            include::resolve(&mut tree, self, variables, problems);
            extends::resolve(&mut tree, self, variables, problems);
            self.including.pop();
            merged = Some(match merged {
                None => tree,
                Some(base) => merge::merge(base, tree),
            });
        }
        let mut merged = merged?;
        merge::remove_reset(&mut merged);
        Some(merged)
    }

    /// The tree of one file, interpolated; a file without anything in it is a problem.
    pub fn tree(
        &mut self,
        path: &Path,
        named_at: &Location,
        variables: &Variables<'a>,
        problems: &mut Problems,
    ) -> Option<Node> {
        let text = match self.loader.read(path) {
            Ok(text) => text,
            Err(error) => {
                let message = format!("cannot read `{}`: {error}", path.display());
                problems.push(problem(named_at, message).because(error));
                return None;
            }
        };
        let mut tree = yaml::parse(path, &text, problems)?;
        if tree.as_map().is_none() {
            crate::config::fields::unexpected(&tree, "a Compose file with `services`", problems);
            return None;
        }
        interpolate::tree(&mut tree, variables, problems);
        Some(tree)
    }
}
