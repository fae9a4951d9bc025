//! Reading what the choice of an engine depends on: variables, Docker's configuration, its contexts, sockets.

use std::fs;
use std::io::ErrorKind as IoErrorKind;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::address::TlsFiles;
use super::choose::{StoredContext, Surroundings};
use crate::model::error::{Error, ErrorKind, Result};

/// The variables by which Docker's command line chooses an engine.
const VARIABLES: [&str; 5] =
    ["DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_TLS", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH"];

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct DockerConfig {
    current_context: Option<String>,
}

/// A context's `meta.json`, as docker/cli writes it.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ContextMeta {
    name: String,
    #[serde(default)]
    endpoints: Endpoints,
}

#[derive(Default, Deserialize)]
struct Endpoints {
    docker: Option<Endpoint>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Endpoint {
    host: Option<String>,
    #[serde(default, rename = "SkipTLSVerify")]
    skip_tls_verify: bool,
}

/// What is set and stored for the user who runs this. An error of kind `Config` if Docker's configuration is malformed.
pub(super) fn look() -> Result<Surroundings> {
    let folder = docker_folder();
    let runtime_folder = variable("XDG_RUNTIME_DIR");
    let usual_sockets = usual_sockets(runtime_folder.as_deref());
    Ok(Surroundings {
        variables: VARIABLES.iter().filter_map(|&name| Some((name, variable(name)?))).collect(),
        current_context: current_context(&folder)?,
        contexts: contexts(&folder),
        sockets: usual_sockets.iter().filter(|socket| socket.exists()).cloned().collect(),
        usual_sockets,
        default_certificates: folder,
    })
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn docker_folder() -> PathBuf {
    let home = || PathBuf::from(variable("HOME").unwrap_or_default()).join(".docker");
    variable("DOCKER_CONFIG").map_or_else(home, PathBuf::from)
}

/// Docker's own, Docker's without root, Podman's, Podman's without root.
fn usual_sockets(runtime_folder: Option<&str>) -> Vec<PathBuf> {
    let of_user = |socket: &str| runtime_folder.map(|folder| Path::new(folder).join(socket));
    [
        Some("/var/run/docker.sock".into()),
        of_user("docker.sock"),
        Some("/run/podman/podman.sock".into()),
        of_user("podman/podman.sock"),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn current_context(folder: &Path) -> Result<Option<String>> {
    let path = folder.join("config.json");
    let malformed = || Error::new(ErrorKind::Config, format!("`{}` cannot be read", path.display()));
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(cause) if cause.kind() == IoErrorKind::NotFound => return Ok(None),
        Err(cause) => return Err(malformed().because(cause)),
    };
    let config: DockerConfig = serde_json::from_str(&text).map_err(|cause| malformed().because(cause))?;
    Ok(config.current_context.filter(|name| !name.is_empty()))
}

/// Contexts that can be read, by name. One that cannot is as good as absent: it is missed by its name only.
fn contexts(folder: &Path) -> Vec<StoredContext> {
    let store = folder.join("contexts");
    let Ok(entries) = fs::read_dir(store.join("meta")) else { return Vec::new() };
    let mut contexts: Vec<StoredContext> = entries
        .filter_map(std::result::Result::ok)
        .filter_map(|entry| {
            let text = fs::read_to_string(entry.path().join("meta.json")).ok()?;
            let meta: ContextMeta = serde_json::from_str(&text).ok()?;
            // The folder's name is the same beside both kinds of content: the SHA-256 of the context's name.
            let certificates = store.join("tls").join(entry.file_name()).join("docker");
            let endpoint = meta.endpoints.docker;
            Some(StoredContext {
                name: meta.name,
                skips_verification: endpoint.as_ref().is_some_and(|endpoint| endpoint.skip_tls_verify),
                host: endpoint.and_then(|endpoint| endpoint.host).filter(|host| !host.is_empty()),
                tls: stored_files(&certificates),
            })
        })
        .collect();
    contexts.sort_by(|a, b| a.name.cmp(&b.name));
    contexts
}

/// A context stores only those files that it was given.
fn stored_files(folder: &Path) -> Option<TlsFiles> {
    let TlsFiles { ca, client } = TlsFiles::in_folder(folder);
    let ca = ca.filter(|ca| ca.exists());
    let client = client.filter(|(certificate, key)| certificate.exists() || key.exists());
    (ca.is_some() || client.is_some()).then_some(TlsFiles { ca, client })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A context as `docker context create` 28.2 wrote it.
    const META: &str = r#"{"Name":"farm","Metadata":{},"Endpoints":{"docker":{"Host":"tcp://farm:2376","SkipTLSVerify":false}}}"#;

    #[test]
    fn contexts_are_read_from_dockers_own_store() {
        let folder = tempfile::tempdir().unwrap();
        let of = |path: &str| folder.path().join("contexts").join(path);
        fs::create_dir_all(of("meta/ab12")).unwrap();
        fs::create_dir_all(of("tls/ab12/docker")).unwrap();
        fs::create_dir_all(of("meta/broken")).unwrap();
        fs::write(of("meta/ab12/meta.json"), META).unwrap();
        fs::write(of("meta/broken/meta.json"), "{").unwrap();
        fs::write(of("tls/ab12/docker/ca.pem"), "").unwrap();
        let contexts = contexts(folder.path());
        let [farm] = contexts.as_slice() else { panic!("{contexts:?}") };
        assert_eq!((farm.name.as_str(), farm.host.as_deref()), ("farm", Some("tcp://farm:2376")));
        assert_eq!(farm.tls, Some(TlsFiles { ca: Some(of("tls/ab12/docker/ca.pem")), client: None }));
    }

    #[test]
    fn a_malformed_configuration_is_named() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(current_context(folder.path()).unwrap(), None);
        fs::write(folder.path().join("config.json"), r#"{"auths":{},"currentContext":"farm"}"#).unwrap();
        assert_eq!(current_context(folder.path()).unwrap().as_deref(), Some("farm"));
        fs::write(folder.path().join("config.json"), "{").unwrap();
        assert!(current_context(folder.path()).unwrap_err().message.contains("config.json"));
    }
}
