//! Files of this machine that a stack mounts: secrets, configs, and whatever looks as if it held variables.

use std::path::{Path, PathBuf};

use super::said::Said;
use crate::config::loader::Loader;
use crate::model::error::Location;
use crate::model::service::{ServiceVolume, VolumeOrigin};

/// What a mounted directory may hold that programs read for their variables and credentials.
const IN_DIRECTORIES: [&str; 7] =
    [".env", ".env.live", ".env.local", ".env.prod", ".env.production", ".env.staging", "credentials"];
/// Endings of files that hold settings. Others are not read: a mounted file may be of any size.
const ENDINGS: [&str; 14] = [
    "env",
    "yaml",
    "yml",
    "json",
    "toml",
    "ini",
    "conf",
    "cfg",
    "cnf",
    "properties",
    "pem",
    "key",
    "netrc",
    "pgpass",
];

/// What the files say that `volumes` mount: those that are named like settings, and those in mounted directories. One that
/// cannot be read as text says nothing.
pub fn in_mounts(service: &str, volumes: &[ServiceVolume], loader: &dyn Loader) -> Vec<Said> {
    let bound = volumes.iter().filter_map(|volume| match &volume.origin {
        VolumeOrigin::Bind(path) => Some(path),
        _ => None,
    });
    let files = bound.flat_map(|path| -> Vec<PathBuf> {
        if loader.is_directory(path) {
            IN_DIRECTORIES.iter().map(|name| path.join(name)).collect()
        } else if holds_settings(path) {
            vec![path.clone()]
        } else {
            Vec::new()
        }
    });
    files.flat_map(|file| in_file(service, None, &file, loader)).collect()
}

/// What a file says, line by line: under `name`, or else under the name that a line gives, or else under its own.
pub fn in_file(service: &str, name: Option<&str>, file: &Path, loader: &dyn Loader) -> Vec<Said> {
    let Ok(text) = loader.read(file) else { return Vec::new() };
    let own = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let said = |(number, line): (usize, &str)| {
        let begin = line.len() - line.trim_start().len();
        let (key, value) = assignment(line).unwrap_or((&own, line.trim()));
        Said {
            service: Some(service.to_owned()),
            name: name.unwrap_or(key).to_owned(),
            text: value.to_owned(),
            location: Location { file: file.to_owned(), line: number + 1, column: begin + 1 },
        }
    };
    let is_said = |line: &str| !line.trim().is_empty() && !line.trim_start().starts_with(['#', ';']);
    text.lines().enumerate().filter(|(_, line)| is_said(line)).map(said).collect()
}

fn holds_settings(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    let ending = name.rsplit('.').next().unwrap_or_default();
    name.starts_with(".env") || name == "credentials" || name.starts_with("id_") || ENDINGS.contains(&ending)
}

/// Name and value of `NAME=value` or `name: value`, quotes aside.
fn assignment(line: &str) -> Option<(&str, &str)> {
    let line = line.trim().trim_start_matches("export ").trim_start_matches("- ");
    let at = line.find(['=', ':'])?;
    let quotes = |c: char| c.is_whitespace() || "\"',".contains(c);
    let name = line.get(..at)?.trim_matches(quotes);
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "_.-".contains(c));
    // The `:` of a URL is not what stands between a name and its value.
    let value = line.get(at + 1..)?;
    (is_name && !value.starts_with("//")).then(|| (name, value.trim_matches(quotes)))
}
