//! Shells that wait in containers of our own. To start a command in a container takes the engine 70 ms, to hand one to a shell
//! that runs there already a few: so each is kept for the next command of the same process, and may be opened beforehand.

use std::collections::HashMap;
use std::fmt;
use std::io::Write as _;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use bollard::Docker;
use bollard::container::LogOutput;
use bollard::errors::Error as Refusal;
use bollard::exec::{CreateExecOptions, StartExecResults};
use futures_util::{FutureExt, Stream, StreamExt, stream};
use tokio::io::{AsyncWrite, AsyncWriteExt, sink};
use tokio::task::JoinSet;

use super::exec::{self, Ran};

/// The shells of one process. They end with it, also when it is killed: what they read from ends.
#[derive(Clone, Default)]
pub(super) struct Shells(Arc<Mutex<HashMap<String, Vec<Waiting>>>>);

enum Waiting {
    Open(Box<Shell>),
    Opening(JoinSet<Result<Shell, Refusal>>),
}

impl fmt::Debug for Shells {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Shells")
    }
}

impl Shells {
    /// Begins to open a shell in a container, beside whatever comes next, unless one waits. If that fails, whoever needs it
    /// is told.
    pub(super) fn open_beforehand(&self, docker: &Docker, container: &str) {
        if self.has(container) {
            return;
        }
        let (docker, name) = (docker.clone(), container.to_owned());
        let mut opening = JoinSet::new();
        opening.spawn(async move { Shell::open(&docker, &name).await });
        self.put(container, Waiting::Opening(opening));
    }

    /// As [`exec::run`]: the same command, environment and outcome, in a shell that waits if there is one. Commands that run
    /// at the same time have a shell each.
    pub(super) async fn run(
        &self,
        docker: &Docker,
        container: &str,
        command: &[&str],
    ) -> Result<Ran, Refusal> {
        let mut shell = match self.take(container).await {
            Some(shell) => shell,
            None => Box::new(Shell::open(docker, container).await?),
        };
        if let Some(ran) = shell.ask(command).await? {
            self.put(container, Waiting::Open(shell));
            return Ok(ran);
        }
        let code = exec::ended(docker, &shell.id).await?.unwrap_or(-1);
        Ok(Ran { code, stdout: text(&shell.stdout), stderr: text(&shell.stderr) })
    }

    fn has(&self, container: &str) -> bool {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(container).is_some_and(|waiting| !waiting.is_empty())
    }

    fn put(&self, container: &str, waiting: Waiting) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.entry(container.to_owned()).or_default().push(waiting);
    }

    /// A shell that still waits. Those that ended with their container, or could not be opened, are forgotten.
    async fn take(&self, container: &str) -> Option<Box<Shell>> {
        loop {
            let waiting = {
                let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
                all.get_mut(container).and_then(Vec::pop)?
            };
            let shell = match waiting {
                Waiting::Open(shell) => Some(shell),
                Waiting::Opening(mut opening) => {
                    let opened = opening.join_next().await;
                    opened.and_then(|opened| opened.ok()?.ok()).map(Box::new)
                }
            };
            if let Some(mut shell) = shell
                && shell.waits()
            {
                return Some(shell);
            }
        }
    }
}

/// A shell in a container that reads commands.
struct Shell {
    /// The engine's name of it. As no command writes that, it marks the end of what one wrote.
    id: String,
    input: Pin<Box<dyn AsyncWrite + Send>>,
    output: Pin<Box<dyn Stream<Item = Result<LogOutput, Refusal>> + Send>>,
    stdout: Vec<u8>,
    stderr: Vec<u8>,
}

impl Shell {
    async fn open(docker: &Docker, container: &str) -> Result<Self, Refusal> {
        let options = CreateExecOptions {
            cmd: Some(vec!["sh"]),
            attach_stdin: Some(true),
            attach_stdout: Some(true),
            attach_stderr: Some(true),
            ..CreateExecOptions::default()
        };
        let id = docker.create_exec(container, options).await?.id;
        let (output, input) = match docker.start_exec(&id, None).await? {
            StartExecResults::Attached { output, input } => (output, input),
            // It was not asked to; what it would say is lost, as if it had ended.
            StartExecResults::Detached => {
                (stream::empty().boxed(), Box::pin(sink()) as Pin<Box<dyn AsyncWrite + Send>>)
            }
        };
        Ok(Self { id, input, output, stdout: Vec::new(), stderr: Vec::new() })
    }

    /// Whether it waits for a command: one that ended says so, and one that waits says nothing.
    fn waits(&mut self) -> bool {
        self.output.next().now_or_never().is_none()
    }

    /// Has it run a command, and waits for that; `None` if the shell ended before the command did.
    async fn ask(&mut self, command: &[&str]) -> Result<Option<Ran>, Refusal> {
        let order = order(command, &self.id);
        if self.input.write_all(&order).await.is_ok() && self.input.flush().await.is_ok() {
            while let Some(chunk) = self.output.next().await {
                match chunk? {
                    LogOutput::StdErr { message } => self.stderr.extend_from_slice(&message),
                    other => self.stdout.extend_from_slice(&other.into_bytes()),
                }
                if let Some(ran) = self.answer() {
                    return Ok(Some(ran));
                }
            }
        }
        Ok(None)
    }

    /// What came of the command, once both streams have come to their end.
    fn answer(&mut self) -> Option<Ran> {
        let stderr = self.stderr.strip_suffix(format!("\n{}\n", self.id).as_bytes())?;
        let told = self.stdout.strip_suffix(b"\n")?;
        let mark = format!("\n{} ", self.id);
        // The code has three digits at most.
        let from = told.len().saturating_sub(mark.len() + 3);
        let at = from + told[from..].windows(mark.len()).position(|window| window == mark.as_bytes())?;
        let code = std::str::from_utf8(&told[at + mark.len()..]).ok()?.parse().ok()?;
        let ran = Ran { code, stdout: text(&told[..at]), stderr: text(stderr) };
        self.stdout.clear();
        self.stderr.clear();
        Some(ran)
    }
}

/// What is written to a shell for a command: its words, none of which means anything to the shell, and how it is to tell the
/// end. The command itself reads nothing: the rest of the input is not its.
fn order(command: &[&str], word: &str) -> Vec<u8> {
    let mut order = Vec::new();
    for part in command {
        // Writing to memory does not fail.
        let _ = write!(order, "'{}' ", part.replace('\'', r"'\''"));
    }
    let _ = writeln!(order, "</dev/null; printf '\\n{word} %s\\n' \"$?\"; printf '\\n{word}\\n' >&2");
    order
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::process::{Command, Stdio};

    use super::*;

    /// What a shell of this machine answers to a command.
    fn answered(command: &[&str]) -> Ran {
        let pipe = Stdio::piped;
        let mut sh = Command::new("sh").stdin(pipe()).stdout(pipe()).stderr(pipe()).spawn().unwrap();
        sh.stdin.take().unwrap().write_all(&order(command, "word")).unwrap();
        let output = sh.wait_with_output().unwrap();
        let mut shell = Shell {
            id: "word".to_owned(),
            input: Box::pin(sink()),
            output: stream::empty().boxed(),
            stdout: output.stdout,
            stderr: output.stderr,
        };
        shell.answer().unwrap()
    }

    #[test]
    fn words_reach_the_command_as_they_are() {
        let words = ["printf", "%s|", "a b", "it's", "$HOME `x` \\n", "two\nlines", ""];
        let ran = answered(&words);
        assert_eq!(
            ran,
            Ran { code: 0, stdout: "a b|it's|$HOME `x` \\n|two\nlines||".into(), stderr: String::new() }
        );
    }

    #[test]
    fn an_answer_has_both_streams_and_the_code() {
        let ran = answered(&["sh", "-c", "echo out; printf no-end >&2; cat; exit 37"]);
        assert_eq!(ran, Ran { code: 37, stdout: "out\n".into(), stderr: "no-end".into() });
        assert_eq!(answered(&["no-such-command"]).code, 127);
    }

    #[test]
    fn an_answer_that_is_not_whole_is_none() {
        let mut shell = Shell {
            id: "word".to_owned(),
            input: Box::pin(sink()),
            output: stream::empty().boxed(),
            stdout: b"out\nword 0\n".to_vec(),
            stderr: Vec::new(),
        };
        assert_eq!(shell.answer(), None);
        shell.stderr = b"\nword\n".to_vec();
        shell.stdout = b"out\nword 1".to_vec();
        assert_eq!(shell.answer(), None);
        shell.stdout = b"out\nword 12\n".to_vec();
        assert_eq!(shell.answer().unwrap().code, 12);
    }
}
