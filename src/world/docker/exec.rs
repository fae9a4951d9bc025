//! Running a command in a container that runs.

use std::time::{Duration, Instant};

use bollard::Docker;
use bollard::container::LogOutput;
use bollard::errors::Error as Refusal;
use bollard::exec::{CreateExecOptions, StartExecResults};
use futures_util::StreamExt;
use tokio::time::sleep;

/// How long the engine is given to take note of the end of a command whose output has ended.
const ENDING: Duration = Duration::from_secs(10);
/// The code that the engine gives a command that it could not run.
pub(super) const CANNOT_RUN: i64 = 126;
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// What came of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Ran {
    /// Its exit code.
    pub code: i64,
    /// What it wrote to its standard output.
    pub stdout: String,
    /// What it wrote to its standard error.
    pub stderr: String,
}

impl Ran {
    /// Why it failed: what it wrote to its standard error, or what the engine wrote to its output where it could not run it,
    /// or else how it ended.
    pub(super) fn why(&self) -> String {
        match (self.stderr.trim(), self.stdout.trim()) {
            ("", why) if self.code == CANNOT_RUN && !why.is_empty() => why.to_owned(),
            ("", _) => format!("the command ended with {} and wrote nothing", self.code),
            (why, _) => why.to_owned(),
        }
    }
}

/// Runs `command`, given as arguments and never as text for a shell, and waits for it.
pub(super) async fn run(docker: &Docker, container: &str, command: &[&str]) -> Result<Ran, Refusal> {
    let options = CreateExecOptions {
        cmd: Some(command.to_vec()),
        attach_stdout: Some(true),
        attach_stderr: Some(true),
        ..CreateExecOptions::default()
    };
    let exec = docker.create_exec(container, options).await?;
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    if let StartExecResults::Attached { mut output, .. } = docker.start_exec(&exec.id, None).await? {
        while let Some(chunk) = output.next().await {
            match chunk? {
                LogOutput::StdErr { message } => stderr.extend_from_slice(&message),
                other => stdout.extend_from_slice(&other.into_bytes()),
            }
        }
    }
    let code = ended(docker, &exec.id).await?.unwrap_or(-1);
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Ok(Ran { code, stdout: text(stdout), stderr: text(stderr) })
}

/// The exit code of a command whose output has ended; `None` if the engine does not tell it in time. Output may end before
/// the engine has taken note of the end, and until then it tells no code.
pub(super) async fn ended(docker: &Docker, id: &str) -> Result<Option<i64>, Refusal> {
    let begun = Instant::now();
    loop {
        let found = docker.inspect_exec(id).await?;
        if found.running != Some(true) || begun.elapsed() > ENDING {
            return Ok(found.exit_code.filter(|_| found.running != Some(true)));
        }
        sleep(LOOK_AGAIN).await;
    }
}
