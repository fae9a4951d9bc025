//! A copy of production must not act: what a stack reaches, tried from inside.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{TcpListener, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use serde_json::Value;

use super::engine::{assert_same, listing, output_of};
use super::stage::{Ran, Stage, tell};

/// An address that is nobody's (RFC 5737, TEST-NET-3).
const OUTSIDE: &str = "203.0.113.9";

/// What the suite says it reached, by target.
fn reached(report: &Value) -> BTreeMap<String, bool> {
    let output = report["suite"]["output_tail"].as_str().unwrap_or_else(|| panic!("no suite: {report:#}"));
    let words = output.lines().filter_map(|line| line.split_once(' '));
    words.map(|(target, what)| (target.to_owned(), what == "reached")).collect()
}

/// What the report says was refused: `service protocol host port count`.
fn attempts(report: &Value) -> BTreeSet<String> {
    let attempts = report["egress"].as_array().unwrap_or_else(|| panic!("no egress: {report:#}"));
    let of = |it: &Value| {
        let text = |key: &str| it[key].as_str().unwrap().to_owned();
        let port = it["port"].as_u64().map_or_else(|| "-".to_owned(), |port| port.to_string());
        format!("{} {} {} {port} {}", text("service"), text("protocol"), text("host"), it["count"])
    };
    attempts.iter().map(of).collect()
}

/// A listener at every address of this machine, by TCP and UDP, which counts who reaches it and answers.
struct Listener {
    port: u16,
    reached: Arc<AtomicUsize>,
}

impl Listener {
    fn new() -> Self {
        let listener = TcpListener::bind("0.0.0.0:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let reached = Arc::new(AtomicUsize::new(0));
        let (datagrams, counter) = (UdpSocket::bind(("0.0.0.0", port)).unwrap(), Arc::clone(&reached));
        thread::spawn(move || {
            while let Ok((_, from)) = datagrams.recv_from(&mut [0; 16]) {
                counter.fetch_add(1, Ordering::SeqCst);
                datagrams.send_to(b"here", from).unwrap();
            }
        });
        let counter = Arc::clone(&reached);
        thread::spawn(move || {
            for connection in listener.incoming() {
                drop(connection);
                counter.fetch_add(1, Ordering::SeqCst);
            }
        });
        Self { port, reached }
    }
}

/// A host that only the engine's machine finds, as long as this lives.
struct KnownHost;

const SANDBOX: &str = "sandbox.stage.example";

impl KnownHost {
    fn of(address: &str) -> Self {
        let script = format!("echo '{address} {SANDBOX}' >>/etc/hosts");
        output_of("docker", &["exec", "stage-firewall", "sh", "-c", &script]);
        Self
    }
}

impl Drop for KnownHost {
    fn drop(&mut self) {
        // The engine mounts the file, so it can be written, not replaced.
        let script = format!("lines=$(grep -v {SANDBOX} /etc/hosts); printf '%s\\n' \"$lines\" >/etc/hosts");
        output_of("docker", &["exec", "stage-firewall", "sh", "-c", &script]);
    }
}

/// The addresses of this machine at the bridges of the engine.
fn bridges() -> Vec<String> {
    let networks =
        output_of("docker", &["network", "ls", "--filter", "driver=bridge", "--format", "{{.ID}}"]);
    networks.lines().map(bridge).collect()
}

/// The address of this machine at one bridge.
fn bridge(network: &str) -> String {
    let format = "{{range .IPAM.Config}}{{.Gateway}} {{.Subnet}}{{end}}";
    let told = output_of("docker", &["network", "inspect", network, "--format", format]);
    // An engine that chose the gateway itself, as the subnet's first address, names only the subnet.
    let (gateway, subnet) = told.trim().split_once(' ').map_or(("", told.trim()), |parts| parts);
    if gateway.is_empty() {
        let address: std::net::Ipv4Addr = subnet.split('/').next().unwrap().parse().unwrap();
        std::net::Ipv4Addr::from(u32::from(address) + 1).to_string()
    } else {
        gateway.to_owned()
    }
}

fn check(stage: &Stage, environment: &str, targets: &[String]) -> Ran {
    let mut command = stage.command(&["check", environment, "--json"]);
    Ran::from(command.env("STAGE_TEST_TARGETS", targets.join(" ")).output().unwrap())
}

#[test]
fn a_stack_reaches_itself_and_nothing_else_and_every_attempt_is_counted() {
    let stage = Stage::of_the_tests();
    let before = listing();
    let listener = Listener::new();
    stage.run(&["up", "tiny", "--name", "neighbour"]).exits(0);
    let neighbour = super::engine::container("stage-tiny-", "-db");
    let format = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}";
    let neighbour = output_of("docker", &["inspect", &neighbour, "--format", format]).trim().to_owned();

    let mut targets: Vec<String> = ["tcp", "udp", "icmp"].map(|it| format!("{it}:{OUTSIDE}:443")).to_vec();
    targets.push(format!("tcp:{neighbour}:5432"));
    targets.push("dns:api.outside.example:0".to_owned());
    targets.push("tcp:192.0.2.53:443".to_owned());
    targets.extend(bridges().iter().map(|address| format!("tcp:{address}:{}", listener.port)));
    let own = ["tcp:own-gateway", "everybody:own-everybody"].map(|own| format!("{own}:{}", listener.port));
    let report = check(&stage, "shut", &[&targets[..], &own].concat()).exits(0).json();
    let told = reached(&report);
    assert!(told["tcp:db:5432"], "its own database: {told:?}");
    for own in ["tcp:10.213.", "everybody:10.213."] {
        let own = told.keys().find(|target| target.starts_with(own) && !targets.contains(target));
        targets.push(own.unwrap_or_else(|| panic!("no address of its own: {told:?}")).clone());
    }
    for target in &targets {
        assert!(!told[target], "{target} was reached: {told:?}");
    }
    assert_eq!(listener.reached.load(Ordering::SeqCst), 0);
    let expected = targets.iter().map(|target| {
        let [protocol, host, port] = target.split(':').collect::<Vec<_>>()[..] else { panic!("{target}") };
        let port = if ["icmp", "dns"].contains(&protocol) { "-" } else { port };
        let protocol = if protocol == "everybody" { "udp" } else { protocol };
        format!("reach {protocol} {host} {port} 1")
    });
    assert_eq!(attempts(&report), expected.collect::<BTreeSet<_>>());
    tell(&format!("destinations tried from inside a stack: {}, all refused and counted", targets.len()));

    let text = stage.command(&["check", "shut"]).env("STAGE_TEST_TARGETS", &targets[0]).output().unwrap();
    let text = Ran::from(text).exits(0).stdout;
    assert!(text.contains(&format!("reach tried to reach {OUTSIDE}:443/tcp once")), "{text}");
    // A stack that stands is told on as well.
    let lookup = ["exec", "neighbour", "web", "--", "getent", "hosts", "shop.outside.example"];
    stage.run(&lookup).exits(2);
    let shown = stage.run(&["show", "neighbour", "--json"]).exits(0).json();
    assert_eq!(attempts(&shown), BTreeSet::from(["web dns shop.outside.example - 1".to_owned()]));
    let shown = stage.run(&["show", "neighbour"]).exits(0).stdout;
    assert!(shown.contains("web looked up shop.outside.example once, and was refused"), "{shown}");
    stage.run(&["down", "neighbour"]).exits(0);
    assert_same(&before, &listing(), "checked");
}

#[test]
fn egress_is_allowed_to_all_or_to_some_where_the_environment_says_so() {
    let listener = Listener::new();
    let own = bridge("bridge");
    let target = format!("tcp:{own}:{}", listener.port);
    let other = format!("tcp:{OUTSIDE}:443");
    {
        let stage = Stage::of_the_tests();
        let report = check(&stage, "open", std::slice::from_ref(&target)).exits(0).json();
        assert!(reached(&report)[&target], "{report:#}");
        assert!(report["egress"].is_null(), "nothing is denied: {report:#}");
    }
    let environments = tempfile::tempdir().unwrap();
    for folder in ["small", "shut"] {
        let from = super::stage::repository("tests/environments").join(folder);
        super::bad_input::copy(&from, &environments.path().join(folder));
    }
    let file = environments.path().join("shut/stage.yaml");
    let egress = format!("name: some\negress: {{allow: [{own}, {SANDBOX}]}}");
    super::bad_input::replace(&file, "name: shut", &egress);
    let stage = Stage::with(environments.path().to_owned());
    let _known = KnownHost::of(&own);
    let by_name = format!("tcp:{SANDBOX}:{}", listener.port);
    let report = check(&stage, "shut", &[target.clone(), by_name.clone(), other.clone()]).exits(0).json();
    let told = reached(&report);
    assert!(told[&target] && told[&by_name] && !told[&other], "{told:?}");
    assert_eq!(attempts(&report), BTreeSet::from([format!("reach tcp {OUTSIDE} 443 1")]));
    assert!(listener.reached.load(Ordering::SeqCst) >= 3);
}
