//! Addresses of engines, as `DOCKER_HOST` and contexts write them.

use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use crate::model::engine::EnginePlace;
use crate::model::error::{Error, ErrorKind, Result};

/// Where an engine on another machine has its socket, unless its address says so.
const REMOTE_SOCKET: &str = "/var/run/docker.sock";

/// Where an engine answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Address {
    /// A socket of this machine.
    Unix(PathBuf),
    /// A port, with TLS or without.
    Tcp {
        /// Host and port (`db.example:2376`).
        authority: String,
        /// The files of TLS; `None` for plain HTTP.
        tls: Option<TlsFiles>,
    },
    /// A socket of a machine that ssh reaches.
    Ssh {
        /// The destination as ssh takes it (`ci@farm`, `ssh://ci@farm:2222`).
        destination: String,
        /// The socket over there.
        socket: String,
    },
}

/// The files of a TLS connection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct TlsFiles {
    /// Who may vouch for the engine, besides those whom this machine trusts.
    pub ca: Option<PathBuf>,
    /// The certificate and the key by which the engine knows us.
    pub client: Option<(PathBuf, PathBuf)>,
}

impl TlsFiles {
    /// The files by the names that Docker gives them.
    pub(super) fn in_folder(folder: &Path) -> Self {
        Self {
            ca: Some(folder.join("ca.pem")),
            client: Some((folder.join("cert.pem"), folder.join("key.pem"))),
        }
    }
}

impl Address {
    /// Reads an address. `tls` are the files that go with one that is reached by TCP.
    pub(super) fn parse(text: &str, tls: Option<TlsFiles>) -> Result<Self> {
        let (scheme, rest) = text.split_once("://").unwrap_or(("tcp", text));
        let authority = || {
            let authority = rest.split('/').next().unwrap_or_default();
            if authority.is_empty() { Err(malformed(text)) } else { Ok(authority.to_owned()) }
        };
        match scheme {
            "unix" if rest.starts_with('/') => Ok(Self::Unix(rest.into())),
            "tcp" => Ok(Self::Tcp { authority: with_port(authority()?, tls.is_some()), tls }),
            "http" => Ok(Self::Tcp { authority: with_port(authority()?, false), tls: None }),
            "https" => {
                Ok(Self::Tcp { authority: with_port(authority()?, true), tls: Some(tls.unwrap_or_default()) })
            }
            "ssh" => Self::ssh(text, &authority()?, rest),
            "unix" => Err(malformed(text)),
            other => {
                Err(Error::new(ErrorKind::Usage, format!("`{text}`: engines are not reached by {other}://"))
                    .hint("unix://, tcp://, http://, https:// and ssh:// are supported"))
            }
        }
    }

    fn ssh(text: &str, authority: &str, rest: &str) -> Result<Self> {
        let user = authority.split_once('@').map(|(user, _)| user);
        if user.is_some_and(|user| user.contains(':')) {
            return Err(Error::new(ErrorKind::Usage, "the ssh address of the engine holds a password")
                .hint("use a key: arguments are seen by everyone on the machine"));
        }
        // What begins with a dash would be an option to ssh.
        if authority.starts_with('-') {
            return Err(malformed(text));
        }
        let path = rest.get(authority.len()..).unwrap_or_default();
        let socket = if path.trim_matches('/').is_empty() { REMOTE_SOCKET } else { path };
        Ok(Self::Ssh { destination: format!("ssh://{authority}"), socket: socket.to_owned() })
    }

    /// Where the engine stands. A port of this machine's loopback counts as here.
    pub(super) fn place(&self) -> EnginePlace {
        match self {
            Self::Unix(_) => EnginePlace::Here,
            Self::Ssh { .. } => EnginePlace::BehindSsh,
            Self::Tcp { authority, .. } => {
                let host = authority.rsplit_once(':').map_or(authority.as_str(), |(host, _)| host);
                let host = host.trim_start_matches('[').trim_end_matches(']');
                let is_loopback =
                    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
                if is_loopback { EnginePlace::Here } else { EnginePlace::Elsewhere }
            }
        }
    }
}

/// The port that engines listen on by convention: 2376 with TLS, 2375 without.
fn with_port(authority: String, is_tls: bool) -> String {
    let after_host = authority.rsplit_once(']').map_or(authority.as_str(), |(_, rest)| rest);
    if after_host.contains(':') {
        return authority;
    }
    format!("{authority}:{}", if is_tls { 2376 } else { 2375 })
}

fn malformed(text: &str) -> Error {
    Error::new(ErrorKind::Usage, format!("`{text}` is no address of an engine"))
        .hint("write `unix:///var/run/docker.sock`, `tcp://host:2376` or `ssh://user@host`")
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "unix://{}", path.display()),
            Self::Tcp { authority, .. } => write!(f, "tcp://{authority}"),
            Self::Ssh { destination, socket } if socket == REMOTE_SOCKET => f.write_str(destination),
            Self::Ssh { destination, socket } => write!(f, "{destination}{socket}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        match Address::parse(text, None) {
            Ok(address) => format!("{address} {:?}", address.place()),
            Err(error) => format!("refused: {error}"),
        }
    }

    #[test]
    fn addresses_say_where_the_engine_stands() {
        let cases = [
            ("unix:///run/podman/podman.sock", "unix:///run/podman/podman.sock Here"),
            ("tcp://10.0.0.7", "tcp://10.0.0.7:2375 Elsewhere"),
            ("docker:2375", "tcp://docker:2375 Elsewhere"),
            ("https://build.example", "tcp://build.example:2376 Elsewhere"),
            ("http://127.0.0.1:2375", "tcp://127.0.0.1:2375 Here"),
            ("tcp://localhost:2375/", "tcp://localhost:2375 Here"),
            ("tcp://[::1]", "tcp://[::1]:2375 Here"),
            ("ssh://ci@farm", "ssh://ci@farm BehindSsh"),
            (
                "ssh://ci@farm:2222/run/user/7/docker.sock",
                "ssh://ci@farm:2222/run/user/7/docker.sock BehindSsh",
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(read(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused_by_name() {
        assert_eq!(
            read("npipe:////./pipe/docker"),
            "refused: `npipe:////./pipe/docker`: engines are not reached by npipe://"
        );
        assert_eq!(read("unix://docker.sock"), "refused: `unix://docker.sock` is no address of an engine");
        assert_eq!(read("tcp://"), "refused: `tcp://` is no address of an engine");
        assert_eq!(
            read("ssh://-oProxyCommand=x"),
            "refused: `ssh://-oProxyCommand=x` is no address of an engine"
        );
    }

    #[test]
    fn a_password_in_an_address_is_refused_and_not_repeated() {
        let refused = read("ssh://ci:hunter2@farm");
        assert!(refused.starts_with("refused: ") && !refused.contains("hunter2"), "{refused}");
    }
}
