//! Finding the engine, and its first word.

mod address;
mod choose;
mod refusal;
mod ssh;
mod surroundings;

use std::path::Path;
use std::time::Duration;

use bollard::models::SystemVersion;
use bollard::{API_DEFAULT_VERSION, Docker};

pub(super) use ssh::Tunnel;

use super::DockerEngine;
use super::pool::Pool;
use super::shells::Shells;
use crate::model::engine::{ChosenBy, EngineFacts};
use crate::model::error::{Error, Result};
use address::{Address, TlsFiles};

/// How long any request may take that is not a wait; what bollard takes by default.
const REQUEST_TIMEOUT_S: u64 = 120;
/// How long the first word may take.
const FIRST_WORD_S: u64 = 15;
/// The oldest version of the Docker API that was tried: Docker Engine 20.10 and Podman 4 speak it.
const OLDEST_API: (u32, u32) = (1, 41);
const DOCKER: &str = "Docker Engine";
/// As Podman calls itself among its components.
const PODMAN: &str = "Podman Engine";
/// A file without certificates, for an engine that authorities of this machine vouch for.
const NO_CERTIFICATES: &str = "/dev/null";

impl DockerEngine {
    /// Connects to the engine that the user means: `DOCKER_HOST`, a Docker context, or the socket of this machine. `holder`
    /// is the id of this machine, for the labels of the pool. An error of kind `Unreachable` if nothing answers, and of
    /// kind `Usage` or `Config` if what names the engine makes no sense.
    pub async fn connect(holder: &str) -> Result<Self> {
        Self::connect_with_pool(holder, "stage-pool").await
    }

    /// As [`Self::connect`], with another name for the pool's objects, so that a test has a pool of its own.
    pub async fn connect_with_pool(holder: &str, pool: &str) -> Result<Self> {
        let (address, chosen_by) = choose::choose(&surroundings::look()?)?;
        let (docker, tunnel) = reach(&address).await?;
        let first_word = tokio::time::timeout(Duration::from_secs(FIRST_WORD_S), docker.version()).await;
        let version = first_word
            .map_err(|_| refusal::silent(&address, FIRST_WORD_S))?
            .map_err(|cause| refusal::refused(&address, cause))?;
        let facts = facts(&address, chosen_by, version)?;
        tracing::debug!(address = facts.address, product = facts.product, version = facts.version, "engine");
        Ok(Self {
            docker,
            pool: Pool::new(pool, holder),
            facts,
            tunnel,
            shells: Shells::default(),
            pulled: std::sync::Arc::default(),
        })
    }

    /// Removes the pool with all its clones and seeds and detaches its loop device. Volumes of clones and seeds must be
    /// gone, or the engine refuses.
    pub async fn remove_pool(&self) -> Result<()> {
        self.pool.remove(&self.docker).await
    }
}

/// What Podman lacks for the pool, where the pool could not be made.
pub(super) fn without_devices(error: Error, facts: &EngineFacts) -> Error {
    if facts.product != PODMAN {
        return error;
    }
    error.hint(format!(
        "{PODMAN} {} drops the device rule that the pool's loop device needs (`DeviceCgroupRules`)",
        facts.version
    ))
}

async fn reach(address: &Address) -> Result<(Docker, Option<Tunnel>)> {
    let refused = |cause| refusal::refused(address, cause);
    match address {
        Address::Unix(path) => Ok((at_socket(address, path)?, None)),
        Address::Tcp { authority, tls: None } => {
            let docker = Docker::connect_with_http(authority, REQUEST_TIMEOUT_S, API_DEFAULT_VERSION);
            Ok((docker.map_err(refused)?, None))
        }
        Address::Tcp { authority, tls: Some(files) } => {
            check_files(address, files)?;
            let none = || (Path::new(NO_CERTIFICATES), Path::new(NO_CERTIFICATES));
            let client = files.client.as_ref().filter(|(certificate, _)| certificate.exists());
            let (certificate, key) = client.map_or_else(none, |(it, key)| (it.as_path(), key.as_path()));
            let ca = files.ca.as_deref().unwrap_or(Path::new(NO_CERTIFICATES));
            let docker = Docker::connect_with_ssl(
                authority,
                key,
                certificate,
                ca,
                REQUEST_TIMEOUT_S,
                API_DEFAULT_VERSION,
            );
            Ok((docker.map_err(refused)?, None))
        }
        Address::Ssh { destination, socket } => {
            let tunnel = Tunnel::open(destination, socket).await?;
            Ok((at_socket(address, &tunnel.socket())?, Some(tunnel)))
        }
    }
}

fn at_socket(address: &Address, path: &Path) -> Result<Docker> {
    if let Err(cause) = std::fs::metadata(path) {
        return Err(match cause.kind() {
            std::io::ErrorKind::NotFound => refusal::no_socket(path),
            _ => refusal::refused(address, cause.into()),
        });
    }
    let docker = Docker::connect_with_unix(&path.to_string_lossy(), REQUEST_TIMEOUT_S, API_DEFAULT_VERSION);
    docker.map_err(|cause| refusal::refused(address, cause))
}

/// A certificate without its key is none; neither of them is fine where the engine asks for none.
fn check_files(address: &Address, files: &TlsFiles) -> Result<()> {
    if let Some(ca) = files.ca.as_ref().filter(|ca| !ca.exists()) {
        return Err(refusal::no_certificate(address, ca));
    }
    match &files.client {
        Some((certificate, key)) if certificate.exists() != key.exists() => {
            let missing = if certificate.exists() { key } else { certificate };
            Err(refusal::no_certificate(address, missing))
        }
        _ => Ok(()),
    }
}

fn facts(address: &Address, chosen_by: ChosenBy, version: SystemVersion) -> Result<EngineFacts> {
    let api_version = version.api_version.unwrap_or_default();
    if !is_new_enough(&api_version) {
        let needed = format!("{}.{}", OLDEST_API.0, OLDEST_API.1);
        return Err(refusal::too_old(address, &api_version, &needed));
    }
    let components = version.components.unwrap_or_default();
    let is_podman = components.iter().any(|component| component.name == PODMAN);
    Ok(EngineFacts {
        address: address.to_string(),
        chosen_by,
        place: address.place(),
        product: if is_podman { PODMAN } else { DOCKER }.to_owned(),
        version: version.version.unwrap_or_default(),
        api_version,
    })
}

fn is_new_enough(api_version: &str) -> bool {
    let mut numbers = api_version.split('.').map(|number| number.parse::<u32>().ok());
    match (numbers.next().flatten(), numbers.next().flatten()) {
        (Some(major), Some(minor)) => (major, minor) >= OLDEST_API,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::error::ErrorKind;

    fn version(api: &str) -> SystemVersion {
        SystemVersion { api_version: Some(api.to_owned()), ..SystemVersion::default() }
    }

    #[test]
    fn an_engine_that_is_too_old_is_refused_with_both_versions() {
        let address = Address::Unix("/var/run/docker.sock".into());
        let error = facts(&address, ChosenBy::Default, version("1.39")).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Unreachable);
        assert_eq!(
            error.to_string(),
            "the engine at unix:///var/run/docker.sock speaks version 1.39 of the Docker API, and 1.41 is needed"
        );
        let facts = facts(&address, ChosenBy::Default, version("1.50")).unwrap();
        assert_eq!(facts.product, "Docker Engine");
    }

    #[test]
    fn missing_certificates_are_named_by_their_path() {
        let folder = tempfile::tempdir().unwrap();
        let files = TlsFiles::in_folder(folder.path());
        let address = Address::Tcp { authority: "db:2376".into(), tls: Some(files.clone()) };
        let missing = |name: &str| {
            let message = check_files(&address, &files).unwrap_err().message;
            assert!(message.contains(&format!("{}/{name}", folder.path().display())), "{message}");
        };
        missing("ca.pem");
        std::fs::write(folder.path().join("ca.pem"), "").unwrap();
        check_files(&address, &files).unwrap();
        std::fs::write(folder.path().join("cert.pem"), "").unwrap();
        missing("key.pem");
    }
}
