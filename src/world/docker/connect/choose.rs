//! Which engine is meant, by the rules of Docker's own command line: `DOCKER_HOST` before `DOCKER_CONTEXT` before
//! `currentContext` of its configuration before the socket where engines are found.
//! Source: <https://docs.docker.com/engine/manage-resources/contexts/> and `resolveContextName` of docker/cli.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::address::{Address, TlsFiles};
use crate::model::engine::ChosenBy;
use crate::model::error::{Error, ErrorKind, Result};

/// The context that stands for no context.
const DEFAULT_CONTEXT: &str = "default";

/// What the choice depends on, read before it.
#[derive(Clone, Debug, Default)]
pub(super) struct Surroundings {
    /// Variables of the environment that are set and not empty.
    pub variables: BTreeMap<&'static str, String>,
    /// `currentContext` of Docker's configuration.
    pub current_context: Option<String>,
    /// The contexts that are stored.
    pub contexts: Vec<StoredContext>,
    /// The folder of certificates that is meant when nobody names one.
    pub default_certificates: PathBuf,
    /// Where engines put their sockets on this machine, the first choice first.
    pub usual_sockets: Vec<PathBuf>,
    /// Those of them that exist.
    pub sockets: Vec<PathBuf>,
}

/// A Docker context as it is stored.
#[derive(Clone, Debug, Default)]
pub(super) struct StoredContext {
    /// Its name.
    pub name: String,
    /// The address of its Docker endpoint; `None` if it has none.
    pub host: Option<String>,
    /// Whether it asks not to verify who answers.
    pub skips_verification: bool,
    /// Its certificates; `None` if none are stored.
    pub tls: Option<TlsFiles>,
}

/// The engine that is meant, and why.
pub(super) fn choose(around: &Surroundings) -> Result<(Address, ChosenBy)> {
    let variable = |name: &str| around.variables.get(name).map(String::as_str);
    if let Some(host) = variable("DOCKER_HOST") {
        return Ok((Address::parse(host, tls_of_variables(around)?)?, ChosenBy::DockerHost));
    }
    let named = match (variable("DOCKER_CONTEXT"), &around.current_context) {
        (Some(name), _) => Some((name, "DOCKER_CONTEXT")),
        (None, Some(name)) => Some((name.as_str(), "currentContext")),
        (None, None) => None,
    };
    match named {
        Some((name, named_by)) if name != DEFAULT_CONTEXT => of_context(around, name, named_by),
        _ => of_usual_sockets(around),
    }
}

/// Files that `DOCKER_TLS_VERIFY` asks for; `None` without it.
fn tls_of_variables(around: &Surroundings) -> Result<Option<TlsFiles>> {
    if !around.variables.contains_key("DOCKER_TLS_VERIFY") {
        if around.variables.contains_key("DOCKER_TLS") {
            return Err(unverified("DOCKER_TLS").hint("set DOCKER_TLS_VERIFY=1 in its place"));
        }
        return Ok(None);
    }
    let named = around.variables.get("DOCKER_CERT_PATH").map(PathBuf::from);
    let folder = named.unwrap_or_else(|| around.default_certificates.clone());
    Ok(Some(TlsFiles::in_folder(&folder)))
}

fn of_context(around: &Surroundings, name: &str, named_by: &'static str) -> Result<(Address, ChosenBy)> {
    let Some(context) = around.contexts.iter().find(|context| context.name == name) else {
        return Err(unknown_context(around, name, named_by));
    };
    if context.skips_verification {
        return Err(unverified(&format!("the Docker context `{name}`"))
            .hint("create it again without skip-tls-verify, and with the ca of the engine"));
    }
    let host = context.host.as_deref().ok_or_else(|| {
        Error::new(ErrorKind::Usage, format!("the Docker context `{name}` names no Docker Engine"))
            .hint(format!("`docker context inspect {name}` shows what it holds"))
    })?;
    let chosen_by = ChosenBy::Context { name: name.to_owned(), named_by };
    Ok((Address::parse(host, context.tls.clone())?, chosen_by))
}

fn unknown_context(around: &Surroundings, name: &str, named_by: &str) -> Error {
    let error =
        Error::new(ErrorKind::Usage, format!("there is no Docker context `{name}`, which {named_by} names"));
    let similarity = |context: &StoredContext| strsim::jaro_winkler(name, &context.name);
    let nearest = around.contexts.iter().max_by(|a, b| similarity(a).total_cmp(&similarity(b)));
    match nearest {
        Some(nearest) if similarity(nearest) > 0.7 => error.hint(format!("did you mean `{}`?", nearest.name)),
        Some(_) => {
            let names: Vec<&str> = around.contexts.iter().map(|context| context.name.as_str()).collect();
            error.hint(format!("there are: {}", names.join(", ")))
        }
        None => error.hint("`docker context create` makes one; `default` is the socket of this machine"),
    }
}

fn of_usual_sockets(around: &Surroundings) -> Result<(Address, ChosenBy)> {
    if let Some(socket) = around.sockets.first() {
        return Ok((Address::Unix(socket.clone()), ChosenBy::Default));
    }
    let looked: Vec<String> = around.usual_sockets.iter().map(|path| path.display().to_string()).collect();
    Err(Error::new(
        ErrorKind::Unreachable,
        format!("no Docker Engine was found on this machine: none of {} is there", looked.join(", ")),
    )
    .hint("`scripts/setup` installs and starts one")
    .hint("`systemctl start docker` starts an installed one")
    .hint("set DOCKER_HOST or DOCKER_CONTEXT to use one that is somewhere else"))
}

fn unverified(who: &str) -> Error {
    Error::new(
        ErrorKind::Usage,
        format!("{who} asks for TLS without verifying who answers, which is not supported"),
    )
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn around(variables: &[(&'static str, &str)]) -> Surroundings {
        let context = |name: &str, host: &str| StoredContext {
            name: name.to_owned(),
            host: Some(host.to_owned()),
            ..StoredContext::default()
        };
        let usual = ["/var/run/docker.sock", "/run/user/7/docker.sock"].map(PathBuf::from).to_vec();
        Surroundings {
            variables: variables.iter().map(|&(name, value)| (name, value.to_owned())).collect(),
            contexts: vec![context("build-farm", "ssh://ci@farm"), context("rootless", "unix:///run/r.sock")],
            default_certificates: "/home/x/.docker".into(),
            sockets: usual.clone(),
            usual_sockets: usual,
            ..Surroundings::default()
        }
    }

    fn chosen(around: &Surroundings) -> String {
        let (address, chosen_by) = choose(around).unwrap();
        format!("{address} by {chosen_by}")
    }

    #[test]
    fn the_more_explicit_word_wins() {
        let mut around = around(&[("DOCKER_HOST", "tcp://10.0.0.7:2375"), ("DOCKER_CONTEXT", "build-farm")]);
        around.current_context = Some("rootless".into());
        assert_eq!(chosen(&around), "tcp://10.0.0.7:2375 by DOCKER_HOST");
        around.variables.remove("DOCKER_HOST");
        assert_eq!(chosen(&around), "ssh://ci@farm by context `build-farm` (DOCKER_CONTEXT)");
        around.variables.remove("DOCKER_CONTEXT");
        assert_eq!(chosen(&around), "unix:///run/r.sock by context `rootless` (currentContext)");
        around.current_context = Some("default".into());
        assert_eq!(chosen(&around), "unix:///var/run/docker.sock by default socket");
    }

    #[test]
    fn without_a_word_the_first_socket_that_is_there_is_meant() {
        let mut around = around(&[]);
        around.sockets.remove(0);
        assert_eq!(chosen(&around), "unix:///run/user/7/docker.sock by default socket");
        around.sockets.clear();
        let error = choose(&around).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Unreachable);
        assert!(error.message.contains("/run/user/7/docker.sock"), "{error}");
    }

    #[test]
    fn an_unknown_context_is_named_with_the_nearest_one() {
        let error = choose(&around(&[("DOCKER_CONTEXT", "build-frm")])).unwrap_err();
        assert_eq!(error.to_string(), "there is no Docker context `build-frm`, which DOCKER_CONTEXT names");
        assert_eq!(error.hints, ["did you mean `build-farm`?"]);
    }

    #[test]
    fn certificates_are_where_the_variable_says_and_at_home_otherwise() {
        let mut around = around(&[("DOCKER_HOST", "tcp://db:2376"), ("DOCKER_TLS_VERIFY", "1")]);
        let ca = |around: &Surroundings| match choose(around).unwrap().0 {
            Address::Tcp { tls: Some(files), .. } => files.ca,
            other => panic!("{other}"),
        };
        assert_eq!(ca(&around).as_deref(), Some(Path::new("/home/x/.docker/ca.pem")));
        around.variables.insert("DOCKER_CERT_PATH", "/certs".into());
        assert_eq!(ca(&around).as_deref(), Some(Path::new("/certs/ca.pem")));
    }

    #[test]
    fn an_engine_that_may_be_anybody_is_refused() {
        let error = choose(&around(&[("DOCKER_HOST", "tcp://db:2376"), ("DOCKER_TLS", "1")])).unwrap_err();
        assert!(error.message.starts_with("DOCKER_TLS asks for TLS without verifying"), "{error}");
    }
}
