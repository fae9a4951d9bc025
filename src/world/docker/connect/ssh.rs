//! An engine behind ssh: one connection of the user's own ssh, which forwards the engine's socket and published ports.
//!
//! The other side needs no Docker command line, only a server that forwards. The far end runs `cat`, which ends with our
//! standard input: if this process is killed, ssh sees the end and goes too.

use std::collections::BTreeMap;
use std::io::ErrorKind as IoErrorKind;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::Mutex;

use crate::model::error::{Error, ErrorKind, Result};

/// How long logging in may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// What comes back from the other side once it is reached and the socket is forwarded.
const GREETING: &str = "stage\n";
/// A free port that somebody else takes in between is looked for again.
const PORT_TRIES: usize = 3;

/// A connection through which an engine is reached; it ends when the last of its owners drops it.
#[derive(Clone)]
pub(in crate::world::docker) struct Tunnel {
    inner: Arc<Inner>,
}

struct Inner {
    destination: String,
    /// Ports of the other side's loopback, and where they are found on ours.
    forwards: Mutex<BTreeMap<SocketAddr, SocketAddr>>,
    /// Closed with us, whatever ends us.
    _stdin: ChildStdin,
    _ssh: Child,
    folder: TempDir,
}

impl Tunnel {
    /// Logs in without asking anything, and forwards the socket of the engine.
    pub(super) async fn open(destination: &str, socket: &str) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("stage-ssh-").tempdir().map_err(|cause| {
            Error::new(ErrorKind::NoRoom, "no folder could be made for the sockets of ssh").because(cause)
        })?;
        let mut ssh = command(&folder, destination, socket).spawn().map_err(not_started)?;
        let (Some(mut stdin), Some(stdout), Some(mut stderr)) =
            (ssh.stdin.take(), ssh.stdout.take(), ssh.stderr.take())
        else {
            return Err(Error::new(ErrorKind::Bug, "ssh was started without its streams"));
        };
        match tokio::time::timeout(PATIENCE, greet(&mut stdin, stdout)).await {
            Ok(Ok(true)) => {}
            Ok(_) => {
                let mut words = String::new();
                // It has ended, or it would have answered; what it said before tells why.
                let _ = tokio::time::timeout(PATIENCE, stderr.read_to_string(&mut words)).await;
                return Err(refused(destination, &words));
            }
            Err(_) => {
                return Err(refused(destination, &format!("no answer within {} s", PATIENCE.as_secs())));
            }
        }
        let forwards = Mutex::default();
        let destination = destination.to_owned();
        Ok(Self { inner: Arc::new(Inner { destination, forwards, _stdin: stdin, _ssh: ssh, folder }) })
    }

    /// The socket of this machine at which the engine answers.
    pub(super) fn socket(&self) -> PathBuf {
        self.inner.folder.path().join("engine")
    }

    /// Where a port of the other side's loopback is found on this machine, as long as this process lives.
    pub(in crate::world::docker) async fn forward(&self, remote: SocketAddr) -> Result<SocketAddr> {
        let mut forwards = self.inner.forwards.lock().await;
        if let Some(&local) = forwards.get(&remote) {
            return Ok(local);
        }
        let mut words = String::new();
        for _ in 0..PORT_TRIES {
            let local = free_address().map_err(|cause| {
                Error::new(ErrorKind::NoRoom, "no free port is left on 127.0.0.1").because(cause)
            })?;
            let asked = Command::new("ssh")
                .args(["-o", "BatchMode=yes", "-O", "forward", "-S"])
                .arg(self.inner.folder.path().join("control"))
                .args(["-L", &format!("{local}:{remote}"), "--", &self.inner.destination])
                .stdin(Stdio::null())
                .output()
                .await
                .map_err(not_started)?;
            if asked.status.success() {
                forwards.insert(remote, local);
                return Ok(local);
            }
            words = String::from_utf8_lossy(&asked.stderr).into_owned();
        }
        let destination = &self.inner.destination;
        Err(Error::new(
            ErrorKind::Unreachable,
            format!("ssh did not forward port {} of {destination}: {}", remote.port(), last_line(&words)),
        )
        .hint("the server must allow forwarding: `AllowTcpForwarding yes` in its sshd_config"))
    }
}

fn command(folder: &TempDir, destination: &str, socket: &str) -> Command {
    let mut command = Command::new("ssh");
    command
        .args(["-T", "-o", "BatchMode=yes", "-o", "ExitOnForwardFailure=yes", "-o", "ControlPersist=no"])
        .args(["-o", "ControlMaster=yes", "-o", "ServerAliveInterval=15", "-S"])
        .arg(folder.path().join("control"))
        .arg("-L")
        .arg(format!("{}:{socket}", folder.path().join("engine").display()))
        .args(["--", destination, "cat"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        // Ctrl-C is for us: what was made must still be undone through this connection.
        .process_group(0)
        .kill_on_drop(true);
    command
}

/// Whether the other side sends back what it is sent.
async fn greet(stdin: &mut ChildStdin, stdout: ChildStdout) -> std::io::Result<bool> {
    stdin.write_all(GREETING.as_bytes()).await?;
    let mut line = String::new();
    BufReader::new(stdout).read_line(&mut line).await?;
    Ok(line == GREETING)
}

fn free_address() -> std::io::Result<SocketAddr> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()
}

fn not_started(cause: std::io::Error) -> Error {
    let error = Error::new(ErrorKind::Unreachable, "ssh could not be started");
    let error = if cause.kind() == IoErrorKind::NotFound {
        error.hint("the command `ssh` is not installed: `apt-get install openssh-client`")
    } else {
        error
    };
    error.because(cause)
}

/// What ssh said, as its last line names the cause.
fn refused(destination: &str, words: &str) -> Error {
    let error = Error::new(
        ErrorKind::Unreachable,
        format!("{destination} is not reached by ssh: {}", last_line(words)),
    );
    if words.contains("Permission denied") {
        return error
            .hint("log in without a password: add your key to the agent, and to authorized_keys there");
    }
    if words.contains("Host key verification failed") {
        return error.hint("log in once by hand, and accept the key of the host if it is the right one");
    }
    error.hint("`ssh HOST true` must work without asking anything")
}

fn last_line(words: &str) -> &str {
    words.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or("it said nothing")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ssh_says_is_told_with_a_way_out() {
        let error = refused("ssh://ci@farm", "Warning: x\r\nci@farm: Permission denied (publickey).\r\n");
        assert_eq!(
            error.to_string(),
            "ssh://ci@farm is not reached by ssh: ci@farm: Permission denied (publickey)."
        );
        assert!(error.hints[0].contains("authorized_keys"));
        let error = refused("ssh://ci@farm", "Host key verification failed.\r\n");
        assert!(error.hints[0].contains("by hand"));
        assert_eq!(refused("ssh://x", "").to_string(), "ssh://x is not reached by ssh: it said nothing");
    }

    #[test]
    fn a_machine_without_ssh_is_told_what_to_install() {
        let error = not_started(IoErrorKind::NotFound.into());
        assert!(error.hints[0].contains("openssh-client"));
    }
}
