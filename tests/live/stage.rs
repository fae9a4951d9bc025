//! The built command, as a user runs it, with a state folder of its own.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Output, Stdio};
use std::sync::{Mutex, MutexGuard, Once, PoisonError};
use std::thread::sleep;
use std::time::Duration;

use rustix::process::{Pid, Signal, WaitOptions, kill_process, waitpid};
use tempfile::TempDir;

use super::bad_input::{copy, replace};

/// A key for tests only: with the same one every test finds the same seeds.
const MASK_KEY: &str = "7465737473206f6e6c79207465737473";

static POOL_IS_READY: Once = Once::new();
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// `stage` with a fresh state folder. Holding it keeps other live tests out.
pub struct Stage {
    pub state: TempDir,
    environments: PathBuf,
    /// Everything that was spawned.
    children: Mutex<Vec<Pid>>,
    _alone: MutexGuard<'static, ()>,
}

/// What a run printed and how it ended.
pub struct Ran {
    pub stdout: String,
    pub stderr: String,
    /// `None` when a signal ended it.
    pub code: Option<i32>,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
            code: output.status.code(),
        }
    }
}

impl Ran {
    /// Asserts the exit code, and shows everything if it is another one.
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "\n--- stdout\n{}\n--- stderr\n{}", self.stdout, self.stderr);
        self
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {}", self.stdout))
    }
}

/// A figure that the log of a test run should show, whether or not the test passes.
pub fn tell(figure: &str) {
    // The test harness swallows what print macros print.
    std::io::stderr().lock().write_all(format!("{figure}\n").as_bytes()).unwrap();
}

/// A folder of this repository.
pub fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The small environment under another name, with one thing changed.
pub fn changed(name: &str, change: impl Fn(&Path)) -> (TempDir, Stage) {
    let environments = tempfile::tempdir().unwrap();
    let folder = environments.path().join(name);
    copy(&repository("tests/environments/small"), &folder);
    replace(&folder.join("stage.yaml"), "name: small", &format!("name: {name}"));
    change(&folder);
    let stage = Stage::with(environments.path().to_owned());
    (environments, stage)
}

impl Stage {
    /// With the environments of the demo.
    pub fn of_the_demo() -> Self {
        Self::with(repository("environments"))
    }

    /// With the environments of the tests.
    pub fn of_the_tests() -> Self {
        Self::with(repository("tests/environments"))
    }

    /// With environments of another folder.
    pub fn with(environments: PathBuf) -> Self {
        let alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
        let children = Mutex::default();
        let stage = Self { state: tempfile::tempdir().unwrap(), environments, children, _alone: alone };
        POOL_IS_READY.call_once(|| stage.make_pool_ready());
        stage
    }

    /// A pool that is made, and attached again after a restart of the engine, and a firewall, so that no test's listings see
    /// them appear.
    fn make_pool_ready(&self) {
        let tests = repository("tests/environments").to_string_lossy().into_owned();
        self.run(&["seed", "build", "small", "--environments", &tests]).exits(0);
        self.run(&["up", "tiny", "--name", "ready", "--environments", &tests]).exits(0);
        self.run(&["down", "ready"]).exits(0);
        self.run(&["sweep"]).exits(0);
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_stage"));
        command
            .args(arguments)
            .env("STAGE_STATE", self.state.path())
            .env("STAGE_ENVIRONMENTS", &self.environments)
            .env("STAGE_MASK_KEY", MASK_KEY)
            .env_remove("STAGE_FAULT")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Ran {
        self.command(arguments).output().unwrap().into()
    }

    /// Runs with a fault that `stage` does to itself.
    pub fn run_with_fault(&self, fault: &str, arguments: &[&str]) -> Ran {
        self.command(arguments).env("STAGE_FAULT", fault).output().unwrap().into()
    }

    pub fn spawn(&self, arguments: &[&str]) -> Child {
        self.spawn_command(self.command(arguments))
    }

    /// Spawns a command that was changed.
    pub fn spawn_command(&self, mut command: Command) -> Child {
        let child = command.spawn().unwrap();
        self.children.lock().unwrap().push(Pid::from_child(&child));
        child
    }

    /// Waits for the engine's own probes of a stack, after which nothing that is shown of it changes by itself: `up` asks the
    /// services itself, and is often ready before the engine has asked once.
    #[track_caller]
    pub fn until_healthy(&self, name: &str) {
        for _ in 0..100 {
            let shown = self.run(&["show", name, "--json"]).exits(0).json();
            if shown["services"].as_array().unwrap().iter().all(|service| service["health"] != "starting") {
                return;
            }
            sleep(Duration::from_millis(100));
        }
        panic!("the engine does not say within 10 s how {name} is");
    }

    /// Files of the state folder, relative to it.
    pub fn state_files(&self) -> Vec<PathBuf> {
        let mut files = Vec::new();
        let mut open = vec![self.state.path().to_owned()];
        while let Some(folder) = open.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    open.push(path);
                } else {
                    files.push(path.strip_prefix(self.state.path()).unwrap().to_owned());
                }
            }
        }
        files.sort();
        files
    }
}

/// What a child says on stderr, while it says it.
pub struct Heard {
    lines: BufReader<ChildStderr>,
    said: String,
}

impl Heard {
    /// Reads as far as a line that `is_it`.
    #[track_caller]
    pub fn until(child: &mut Child, is_it: impl Fn(&str) -> bool) -> Self {
        let mut heard = Self { lines: BufReader::new(child.stderr.take().unwrap()), said: String::new() };
        loop {
            let mut line = String::new();
            assert_ne!(heard.lines.read_line(&mut line).unwrap(), 0, "it ended too early: {}", heard.said);
            heard.said.push_str(&line);
            if is_it(&line) {
                return heard;
            }
        }
    }

    /// All that it has said once it has ended.
    pub fn rest(mut self) -> String {
        self.lines.read_to_string(&mut self.said).unwrap();
        self.said
    }
}

/// Ends a child, if nobody has waited for it, and waits until it has taken back what it made.
fn end(child: Pid) {
    // The number of one that was waited for may be another's by now, who is no child of ours.
    let is_running = || matches!(waitpid(Some(child), WaitOptions::NOHANG), Ok(None));
    if is_running() {
        kill_process(child, Signal::TERM).ok();
    }
    for _ in 0..600 {
        if !is_running() {
            return;
        }
        sleep(Duration::from_millis(100));
    }
}

/// A test that fails ends what it spawned and takes down what stands, so that only it fails, and not those after it that count what there is.
impl Drop for Stage {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            return;
        }
        for child in std::mem::take(&mut *self.children.lock().unwrap_or_else(PoisonError::into_inner)) {
            end(child);
        }
        let list = self.command(&["list", "--json"]).output().map(|output| output.stdout).unwrap_or_default();
        let list: serde_json::Value = serde_json::from_slice(&list).unwrap_or_default();
        for stack in list.as_array().into_iter().flatten() {
            let (environment, name) = (stack["environment"].as_str(), stack["name"].as_str());
            let stack = format!("{}/{}", environment.unwrap_or_default(), name.unwrap_or_default());
            // One that does not go shows in the tests after this one.
            self.command(&["down", &stack]).output().ok();
        }
        self.command(&["sweep"]).output().ok();
    }
}
