//! Why an engine could not be reached, each cause with its own way out.

use std::error::Error as StdError;
use std::io::{Error as IoError, ErrorKind as IoErrorKind};
use std::path::Path;

use bollard::errors::Error as Refusal;

use super::address::Address;
use crate::model::error::{Error, ErrorKind};

/// What the first word of an engine, or its silence, means.
pub(super) fn refused(address: &Address, refusal: Refusal) -> Error {
    let error = match cause_of(&refusal) {
        Cause::Forbidden => forbidden(address),
        Cause::NobodyListens => nobody_listens(address),
        Cause::WantsTls => {
            Error::new(ErrorKind::Unreachable, format!("the engine at {address} speaks TLS only")).hint(
                "set DOCKER_TLS_VERIFY=1, and DOCKER_CERT_PATH to the folder of ca.pem, cert.pem and key.pem",
            )
        }
        Cause::SpeaksNoTls => {
            Error::new(ErrorKind::Unreachable, format!("what answers at {address} speaks no TLS"))
                .hint("unset DOCKER_TLS_VERIFY for an engine that listens without, or name its other port")
        }
        Cause::Distrusted => {
            Error::new(ErrorKind::Unreachable, format!("the engine at {address} could not prove who it is"))
                .hint("ca.pem must be of the authority that signed the engine's certificate")
                .hint("the certificate must name the host as the address does")
        }
        Cause::ClientRefused => {
            Error::new(ErrorKind::Unreachable, format!("the engine at {address} refused our certificate"))
                .hint("cert.pem and key.pem must be a pair that the engine's own authority signed")
        }
        Cause::Other => unexplained(address),
    };
    error.because(refusal)
}

/// An engine that takes too long to say its first word.
pub(super) fn silent(address: &Address, timeout_s: u64) -> Error {
    Error::new(ErrorKind::Unreachable, format!("no Docker Engine answered at {address} within {timeout_s} s"))
        .hint("a firewall may drop what is sent there")
}

/// A socket that is not where it should be.
pub(super) fn no_socket(path: &Path) -> Error {
    Error::new(
        ErrorKind::Unreachable,
        format!("no Docker Engine: the socket {} is not there", path.display()),
    )
    .hint("`systemctl start docker` starts an installed one")
    .hint("`docker context ls` shows where engines are known to be")
}

/// A file of a TLS connection that is missing.
pub(super) fn no_certificate(address: &Address, path: &Path) -> Error {
    Error::new(ErrorKind::Config, format!("TLS to {address} needs `{}`, which is not there", path.display()))
        .hint("DOCKER_CERT_PATH names the folder that holds ca.pem, cert.pem and key.pem")
}

/// An engine that cannot do what is needed.
pub(super) fn too_old(address: &Address, speaks: &str, needed: &str) -> Error {
    Error::new(
        ErrorKind::Unreachable,
        format!("the engine at {address} speaks version {speaks} of the Docker API, and {needed} is needed"),
    )
    .hint("Docker Engine 20.10 speaks 1.41")
}

#[derive(Debug, PartialEq, Eq)]
enum Cause {
    Forbidden,
    NobodyListens,
    WantsTls,
    SpeaksNoTls,
    Distrusted,
    ClientRefused,
    Other,
}

fn cause_of(refusal: &Refusal) -> Cause {
    if let Refusal::DockerResponseServerError { message, .. } = refusal {
        // What Go's server says to those who speak plain HTTP to it.
        return if message.contains("HTTP request to an HTTPS server") {
            Cause::WantsTls
        } else {
            Cause::Other
        };
    }
    // Bollard shows such an error as if it were its own, so it is not among the sources.
    if let Refusal::IOError { err } = refusal
        && let Some(cause) = of_io(err)
    {
        return cause;
    }
    let mut next: Option<&(dyn StdError + 'static)> = Some(refusal);
    while let Some(error) = next {
        if let Some(cause) = error.downcast_ref::<IoError>().and_then(of_io) {
            return cause;
        }
        let cause = of_tls(&error.to_string());
        if cause != Cause::Other {
            return cause;
        }
        next = error.source();
    }
    Cause::Other
}

fn of_io(error: &IoError) -> Option<Cause> {
    match error.kind() {
        IoErrorKind::PermissionDenied => Some(Cause::Forbidden),
        IoErrorKind::ConnectionRefused | IoErrorKind::NotFound => Some(Cause::NobodyListens),
        _ => error.get_ref().map(|inner| of_tls(&inner.to_string())).filter(|cause| *cause != Cause::Other),
    }
}

/// The words of rustls 0.23, which comes to us as text within other errors.
fn of_tls(text: &str) -> Cause {
    if text.contains("invalid peer certificate") {
        return Cause::Distrusted;
    }
    if text.contains("received corrupt message") {
        return Cause::SpeaksNoTls;
    }
    if text.contains("received fatal alert") {
        return Cause::ClientRefused;
    }
    Cause::Other
}

fn unexplained(address: &Address) -> Error {
    let error = Error::new(ErrorKind::Unreachable, format!("no Docker Engine answers at {address}"));
    match address {
        Address::Ssh { socket, .. } => error
            .hint(format!("its socket `{socket}` is not there, or not for the user who logs in"))
            .hint("an address may end with another socket: `ssh://user@host/run/user/1000/docker.sock`"),
        Address::Tcp { tls: None, .. } => {
            error.hint("an engine that speaks TLS hangs up on those who do not: set DOCKER_TLS_VERIFY=1")
        }
        _ => error.hint("`docker version` shows whether Docker's own command line reaches it"),
    }
}

fn forbidden(address: &Address) -> Error {
    Error::new(ErrorKind::Unreachable, format!("you may not use the Docker Engine at {address}"))
        .hint("members of the group `docker` may: `sudo usermod -aG docker $USER`, then log in again")
        .hint("an engine without root has a socket of its own: `DOCKER_HOST=unix://$XDG_RUNTIME_DIR/docker.sock`")
}

fn nobody_listens(address: &Address) -> Error {
    let error = Error::new(ErrorKind::Unreachable, format!("no Docker Engine answers at {address}"));
    match address {
        Address::Unix(_) => error
            .hint("`scripts/setup` installs and starts one")
            .hint("`systemctl start docker` starts an installed one"),
        _ => error.hint("the engine must be started with this address, and no firewall may stand before it"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(refusal: Refusal, cause: &Cause, message: &str) {
        assert_eq!(&cause_of(&refusal), cause);
        let error = refused(&Address::Unix("/run/d.sock".into()), refusal);
        assert_eq!((error.kind, error.message.as_str()), (ErrorKind::Unreachable, message));
        assert!(!error.hints.is_empty());
    }

    fn io(kind: IoErrorKind) -> Refusal {
        Refusal::IOError { err: kind.into() }
    }

    fn tls(text: &str) -> Refusal {
        Refusal::IOError { err: IoError::new(IoErrorKind::InvalidData, text.to_owned()) }
    }

    #[test]
    fn each_refusal_has_its_own_way_out() {
        check(
            io(IoErrorKind::PermissionDenied),
            &Cause::Forbidden,
            "you may not use the Docker Engine at unix:///run/d.sock",
        );
        check(
            io(IoErrorKind::ConnectionRefused),
            &Cause::NobodyListens,
            "no Docker Engine answers at unix:///run/d.sock",
        );
        check(
            tls("invalid peer certificate: UnknownIssuer"),
            &Cause::Distrusted,
            "the engine at unix:///run/d.sock could not prove who it is",
        );
        check(
            tls("received fatal alert: CertificateRequired"),
            &Cause::ClientRefused,
            "the engine at unix:///run/d.sock refused our certificate",
        );
        check(
            tls("received corrupt message of type InvalidContentType"),
            &Cause::SpeaksNoTls,
            "what answers at unix:///run/d.sock speaks no TLS",
        );
        let message = "Client sent an HTTP request to an HTTPS server.\n".to_owned();
        check(
            Refusal::DockerResponseServerError { status_code: 400, message },
            &Cause::WantsTls,
            "the engine at unix:///run/d.sock speaks TLS only",
        );
    }
}
