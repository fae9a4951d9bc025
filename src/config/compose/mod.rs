//! Compose files, unmodified, to services: interpolate, include, extend, merge, then read each service.
//!
//! A tolerant model of our own, as the published ones each reject real files. What is left out on purpose is listed in
//! `keys.rs`; what would matter and is not kept is an error by name.

mod dependencies;
mod dotenv;
mod environment;
mod extends;
mod healthcheck;
mod host;
mod include;
mod interpolate;
mod keys;
mod merge;
mod mounted_files;
mod networks;
mod ports;
mod project;
mod service;
mod short_forms;
mod source;
mod variables;
mod volumes;

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::credentials::Said;
use super::loader::Loader;
use super::problems::Problems;
use crate::model::error::Location;
use crate::model::service::Service;

/// The services of the Compose files.
pub struct Services {
    /// Every service that is named, and where, also those with problems.
    pub names: BTreeMap<String, Location>,
    /// Those that could be read.
    pub ready: BTreeMap<String, Service>,
    /// What they say to their containers.
    pub said: Vec<Said>,
}

/// Reads the Compose files, later ones over earlier ones; each with the place that names it.
///
/// `None` if there is no list of services to speak of.
pub fn read(loader: &dyn Loader, files: &[(PathBuf, Location)], problems: &mut Problems) -> Option<Services> {
    let directory = files.first()?.0.parent()?.to_owned();
    let variables = variables::Variables::of_project(loader, &directory, problems);
    let mut source = source::Source::new(loader);
    let tree = source.load(files, &directory, &variables, problems)?;
    let project = project::Project::of(&tree, &directory, loader, source, variables, problems)?;
    Some(dependencies::check(project.services(problems), problems))
}
