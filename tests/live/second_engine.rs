//! An engine of the test's own, on a small disk and in a network of its own: it may be restarted and filled up, as the one
//! that everybody else works on may not.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use super::bad_input::replace;
use super::engine::{assert_same, listing, output_of};
use super::stage::{Ran, Stage, changed, tell};

/// Images and one copy of a seed fit, a second gigabyte does not.
const DISK: &str = "3G";
const WAIT: Duration = Duration::from_mins(1);

/// A Docker Engine whose disk is a file.
struct SecondEngine {
    folder: TempDir,
    /// Holds the network, which outlives a restart of the engine as that of a machine does.
    network: Child,
    engine: Option<Child>,
}

impl Drop for SecondEngine {
    fn drop(&mut self) {
        self.stop();
        self.network.kill().unwrap();
        self.network.wait().unwrap();
    }
}

impl SecondEngine {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let disk = folder.path().join("disk").display().to_string();
        output_of("truncate", &["--size", DISK, &disk]);
        output_of("mkfs.ext4", &["-q", &disk]);
        std::fs::create_dir(folder.path().join("root")).unwrap();
        let network = Command::new("unshare")
            .args(["--net", "sh", "-c", "ip link set lo up && exec sleep infinity"])
            .spawn()
            .unwrap();
        let mut engine = Self { folder, network, engine: None };
        engine.wait_for_network();
        engine.resume();
        engine
    }

    /// Waits until its network is one of its own: until then what runs in it would run in that of the machine.
    fn wait_for_network(&self) {
        let begun = Instant::now();
        let network_of = |process: &str| std::fs::read_link(format!("/proc/{process}/ns/net")).unwrap();
        while network_of(&self.network.id().to_string()) == network_of("self") {
            assert!(begun.elapsed() < WAIT, "no network of its own");
            sleep(Duration::from_millis(1));
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn address(&self) -> String {
        format!("unix://{}", self.path("socket").display())
    }

    /// Runs something in the network of the engine, where its published ports are.
    fn inside(&self, command: &mut Command) -> Command {
        let mut inside = Command::new("nsenter");
        inside.arg(format!("--net=/proc/{}/ns/net", self.network.id())).arg(command.get_program());
        inside.args(command.get_args()).env("DOCKER_HOST", self.address());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => inside.env(name, value),
                None => inside.env_remove(name),
            };
        }
        inside.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        inside
    }

    fn stage(&self, stage: &Stage, arguments: &[&str]) -> Command {
        self.inside(stage.command(arguments).env("STAGE_CLONES", "copy"))
    }

    fn run(&self, stage: &Stage, arguments: &[&str]) -> Ran {
        self.stage(stage, arguments).output().unwrap().into()
    }

    /// Starts it, and waits until it answers. Its mounts end with it.
    fn resume(&mut self) {
        const SCRIPT: &str = r#"cd "$1" && mount -o loop disk root && exec dockerd --host "unix://$1/socket" \
            --data-root "$1/root" --exec-root "$1/exec" --pidfile "$1/pid" >>log 2>&1"#;
        let folder = self.folder.path().display().to_string();
        let mut script = Command::new("unshare");
        script.args(["--mount", "sh", "-c", SCRIPT, "sh", &folder]);
        self.engine = Some(self.inside(&mut script).spawn().unwrap());
        let begun = Instant::now();
        let answers = || {
            let mut docker = Command::new("docker");
            docker.args(["--host", &self.address(), "version"]).output().unwrap().status.success()
        };
        while !answers() {
            let log = || std::fs::read_to_string(self.path("log")).unwrap_or_default();
            assert!(begun.elapsed() < WAIT, "the second engine does not answer:\n{}", log());
            sleep(Duration::from_millis(100));
        }
    }

    /// Stops it as a service manager does; its containers stop with it.
    fn stop(&mut self) {
        let Some(mut engine) = self.engine.take() else { return };
        let _ = kill_process(Pid::from_child(&engine), Signal::TERM);
        engine.wait().unwrap();
    }

    /// Takes images from the engine of all tests.
    fn load(&self, images: &[&str]) {
        let script = format!("docker save {} | docker --host {} load", images.join(" "), self.address());
        output_of("sh", &["-c", &script]);
    }

    fn docker(&self, arguments: &[&str]) -> String {
        output_of("docker", &[&["--host", &self.address()], arguments].concat())
    }

    /// Everything on it; rules of the firewall are those of its network.
    fn listing(&self) -> BTreeSet<String> {
        let mut listing = BTreeSet::new();
        for (kind, arguments) in [
            ("container", &["ps", "--all", "--format", "{{.Names}}"][..]),
            ("network", &["network", "ls", "--format", "{{.Name}}"]),
            ("volume", &["volume", "ls", "--format", "{{.Name}}"]),
            (
                "copy",
                &["exec", "stage-pool-copy-keeper", "find", "/pool", "-mindepth", "2", "-maxdepth", "2"],
            ),
        ] {
            listing.extend(self.docker(arguments).lines().map(|line| format!("{kind} {line}")));
        }
        let mut rules = Command::new("docker");
        rules.args(["exec", "stage-firewall", "nft", "list", "map", "ip", "stage", "stacks"]);
        let rules = String::from_utf8(self.inside(&mut rules).output().unwrap().stdout).unwrap();
        listing.extend(rules.lines().filter(|line| line.contains("stage-")).map(str::to_owned));
        listing
    }

    #[track_caller]
    fn wait_for(&self, container: &str) {
        let begun = Instant::now();
        while !self.docker(&["ps", "--format", "{{.Names}}"]).contains(container) {
            assert!(begun.elapsed() < WAIT, "no container `{container}`");
            sleep(Duration::from_millis(50));
        }
    }
}

#[test]
fn an_engine_that_is_restarted_or_full_is_as_it_was_after_one_sweep() {
    // Both end when they are told to: the engine, when it stops, waits ten seconds for what does not.
    const ENDS_WHEN_TOLD: &str = r#"[sh, -c, "trap 'exit 1' TERM; sleep 300 & wait"]"#;
    let short = "suite: {service: tests, ";
    let long = format!("{short}command: {ENDS_WHEN_TOLD}, ");
    let (environments, stage) = changed("second", |folder| {
        replace(&folder.join("stage.yaml"), short, &long);
        replace(&folder.join("compose.yaml"), "[sleep, \"300\"]", ENDS_WHEN_TOLD);
    });
    let folder = environments.path().join("second");
    let ours = listing();
    let mut engine = SecondEngine::start();
    engine.load(&["postgres:15", "stage-helper:1"]);
    engine.run(&stage, &["seed", "build", "second"]).exits(0);
    // The firewall is made by the first stack.
    engine.run(&stage, &["up", "second"]).exits(0);
    engine.run(&stage, &["down", "second"]).exits(0);
    let before = engine.listing();

    let check = engine.stage(&stage, &["check", "second"]).spawn().unwrap();
    engine.wait_for("-tests");
    engine.stop();
    let ran = Ran::from(check.wait_with_output().unwrap());
    engine.resume();
    tell(&format!("the engine was restarted during a suite: exit code {:?}", ran.code));
    assert!(matches!(ran.code, Some(4 | 5)), "{:?}\n{}\n{}", ran.code, ran.stdout, ran.stderr);
    engine.run(&stage, &["sweep"]).exits(0);
    assert_same(&before, &engine.listing(), "restarted, swept");

    replace(&folder.join("stage.yaml"), &long, short);
    let fill = "CREATE TABLE filler AS SELECT repeat(md5(i::text), 60) AS words FROM generate_series(1, 3000000) i;\n";
    std::fs::write(folder.join("migrations/003-fill.sql"), fill).unwrap();
    let ran = engine.run(&stage, &["check", "second"]);
    tell(&format!("a migration filled the disk of the engine: exit code {:?}", ran.code));
    assert!(
        ran.stderr.contains("No space left on device") || ran.stdout.contains("No space left on device"),
        "{}\n{}",
        ran.stdout,
        ran.stderr
    );
    assert!(matches!(ran.code, Some(1 | 5 | 7)), "{:?}\n{}\n{}", ran.code, ran.stdout, ran.stderr);
    engine.run(&stage, &["sweep"]).exits(0);
    assert_same(&before, &engine.listing(), "filled, swept");
    // The seed is whole: what passed before passes again.
    std::fs::remove_file(folder.join("migrations/003-fill.sql")).unwrap();
    engine.run(&stage, &["check", "second"]).exits(0);
    drop(engine);
    assert_same(&ours, &listing(), "the second engine is gone");
}
