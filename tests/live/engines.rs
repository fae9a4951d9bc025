//! Engines that are reached in other ways than by the usual socket: behind ssh and behind TLS, both on this machine.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::engine::output_of;
use super::stage::{Ran, Stage};

/// A server that ends with the test, and its files.
struct Server {
    folder: TempDir,
    port: u16,
    process: Child,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

impl Server {
    /// Starts `program` with arguments that `prepare` names once it has written the files, and waits until it listens.
    fn start(program: &str, prepare: impl Fn(&Path, u16) -> Vec<String>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let arguments = prepare(folder.path(), port);
        let mut command = Command::new(program);
        command.args(&arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let process = command.spawn().unwrap_or_else(|error| {
            panic!("{program}: {error}; `scripts/setup` installs what the tests need")
        });
        let server = Self { folder, port, process };
        let deadline = Instant::now() + Duration::from_secs(10);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < deadline, "{program} {arguments:?} does not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
        server
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }
}

/// `stage` against an engine that variables of the environment name.
fn run(stage: &Stage, variables: &[(&str, &str)], arguments: &[&str]) -> Ran {
    stage.command(arguments).envs(variables.iter().copied()).output().unwrap().into()
}

/// A whole check passes there, and nothing of its run is left on the engine.
#[track_caller]
fn assert_passes(stage: &Stage, variables: &[(&str, &str)]) {
    let report = run(stage, variables, &["check", "small", "--json"]).exits(0).json();
    assert_eq!(report["verdict"], "passed");
    let label = format!("label=dev.stage.run={}", report["run"].as_str().unwrap());
    for list in [["ps", "--all"].as_slice(), &["network", "ls"], &["volume", "ls"]] {
        let arguments = [list, &["--quiet", "--filter", &label]].concat();
        assert_eq!(output_of("docker", &arguments), "", "{list:?}");
    }
}

fn sshd() -> Server {
    fs::create_dir_all("/run/sshd").unwrap();
    let server = Server::start("/usr/sbin/sshd", |folder, port| {
        let at = |name: &str| folder.join(name).display().to_string();
        for name in ["host", "id"] {
            output_of("ssh-keygen", &["-q", "-t", "ed25519", "-N", "", "-f", &at(name)]);
        }
        let config = format!(
            "Port {port}\nListenAddress 127.0.0.1\nHostKey {}\nAuthorizedKeysFile {}\nPidFile none\nStrictModes no\n\
             UsePAM no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\nPermitRootLogin yes\n",
            at("host"),
            at("id.pub"),
        );
        fs::write(at("sshd_config"), config).unwrap();
        ["-D", "-e", "-f", &at("sshd_config")].map(str::to_owned).to_vec()
    });
    // The user's own configuration of ssh, as `stage` takes it for granted.
    let config = format!(
        "Host engine\n HostName 127.0.0.1\n Port {}\n IdentityFile {}\n IdentitiesOnly yes\n UserKnownHostsFile {}\n \
         StrictHostKeyChecking accept-new\n",
        server.port,
        server.path("id"),
        server.path("known"),
    );
    fs::write(server.path("ssh_config"), config).unwrap();
    fs::create_dir(server.path("bin")).unwrap();
    let ssh = format!("#!/bin/sh\nexec /usr/bin/ssh -F {} \"$@\"\n", server.path("ssh_config"));
    fs::write(server.path("bin/ssh"), ssh).unwrap();
    fs::set_permissions(server.path("bin/ssh"), fs::Permissions::from_mode(0o755)).unwrap();
    server
}

#[test]
fn an_engine_behind_ssh_is_as_good_as_one_here() {
    let stage = Stage::of_the_tests();
    let server = sshd();
    let path = format!("{}:{}", server.path("bin"), std::env::var("PATH").unwrap());
    let variables = [("DOCKER_HOST", "ssh://engine"), ("PATH", path.as_str())];
    assert_passes(&stage, &variables);
    fs::remove_file(server.path("id.pub")).unwrap();
    let refused = run(&stage, &variables, &["seed", "list"]).exits(5);
    assert!(refused.stderr.contains("Permission denied"), "{}", refused.stderr);
    assert!(refused.stderr.contains("authorized_keys"), "{}", refused.stderr);
}

/// Certificates of an authority of their own, by Docker's names, for the server and for us.
fn make_certificates(folder: &Path) {
    let at = |name: &str| folder.join(name).display().to_string();
    let (ca, ca_key) = (at("ca.pem"), at("ca-key.pem"));
    let fresh = ["req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=stage"];
    let with = |more: &[&str]| {
        let arguments: Vec<&str> = fresh.iter().chain(more).copied().collect();
        output_of("openssl", &arguments);
    };
    with(&["-x509", "-keyout", &ca_key, "-out", &ca]);
    fs::write(at("names"), "subjectAltName=IP:127.0.0.1\nbasicConstraints=CA:FALSE\n").unwrap();
    for (certificate, key) in [("server.pem", "server-key.pem"), ("cert.pem", "key.pem")] {
        with(&["-keyout", &at(key), "-out", &at("request")]);
        output_of(
            "openssl",
            &[
                "x509",
                "-req",
                "-in",
                &at("request"),
                "-CA",
                &ca,
                "-CAkey",
                &ca_key,
                "-CAcreateserial",
                "-extfile",
                &at("names"),
                "-out",
                &at(certificate),
            ],
        );
    }
}

#[test]
fn an_engine_behind_tls_must_prove_itself_and_so_must_we() {
    let stage = Stage::of_the_tests();
    let server = Server::start("stunnel4", |folder, port| {
        make_certificates(folder);
        let at = |name: &str| folder.join(name).display().to_string();
        let config = format!(
            "foreground = yes\npid =\n[engine]\naccept = 127.0.0.1:{port}\nconnect = /var/run/docker.sock\ncert = {}\n\
             key = {}\nCAfile = {}\nverifyChain = yes\nrequireCert = yes\n",
            at("server.pem"),
            at("server-key.pem"),
            at("ca.pem"),
        );
        fs::write(at("stunnel.conf"), config).unwrap();
        vec![at("stunnel.conf")]
    });
    let (host, certificates) = (format!("tcp://127.0.0.1:{}", server.port), server.path(""));
    let plain = [("DOCKER_HOST", host.as_str())];
    let variables = [plain[0], ("DOCKER_TLS_VERIFY", "1"), ("DOCKER_CERT_PATH", certificates.as_str())];
    assert_passes(&stage, &variables);

    let refused = |variables: &[(&str, &str)], code: i32, words: &str| {
        let ran = run(&stage, variables, &["seed", "list"]).exits(code);
        assert!(ran.stderr.contains(words), "{words}: {}", ran.stderr);
    };
    refused(&plain, 5, "DOCKER_TLS_VERIFY=1");
    fs::rename(server.path("key.pem"), server.path("away.pem")).unwrap();
    refused(&variables, 2, "key.pem`, which is not there");
    fs::remove_file(server.path("cert.pem")).unwrap();
    refused(&variables, 5, "refused our certificate");
    fs::copy(server.path("away.pem"), server.path("ca.pem")).unwrap();
    refused(&variables, 5, "could not prove who it is");
}

#[test]
fn each_way_to_no_engine_says_where_it_looked() {
    let stage = Stage::of_the_tests();
    let refused = |variable: &str, value: &str, code: i32, words: &str| {
        let ran = run(&stage, &[(variable, value)], &["seed", "list"]).exits(code);
        assert!(ran.stderr.contains(words), "{value}: {}", ran.stderr);
    };
    refused("DOCKER_HOST", "unix:///nowhere.sock", 5, "the socket /nowhere.sock is not there");
    refused("DOCKER_HOST", "tcp://127.0.0.1:1", 5, "no Docker Engine answers at tcp://127.0.0.1:1");
    refused("DOCKER_HOST", "npipe:////./pipe/docker", 2, "engines are not reached by npipe://");
    refused("DOCKER_CONTEXT", "nowhere", 2, "there is no Docker context `nowhere`");
}
