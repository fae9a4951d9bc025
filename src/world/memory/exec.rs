//! Commands in containers: what was said that they write, then their input back, as `cat` does it.

use std::time::Duration;

use futures_util::{StreamExt, stream};
use jiff::Timestamp;
use tokio::io::{AsyncReadExt, DuplexStream, duplex};
use tokio::sync::watch;

use super::MemoryWorld;
use super::objects::{State, absent};
use crate::model::error::{Error, ErrorKind, Result};
use crate::model::exec::{ExecId, ExecOutput, ExecSpec};
use crate::model::log::{LogLine, LogWindow, OutputStream};
use crate::world::engine::{Exec, LogLines};

/// What the next command in a service writes and how it ends.
#[derive(Clone, Default)]
pub struct ScriptedCommand {
    /// Written to its standard output at once.
    pub stdout: String,
    /// Written to its standard error after that.
    pub stderr: String,
    /// Its exit code.
    pub code: i64,
}

/// A command that was started.
pub(super) struct Started {
    container: String,
    spec: ExecSpec,
    code: watch::Sender<Option<i64>>,
}

const PIPE_BYTES: usize = 1024;

#[expect(clippy::return_self_not_must_use, reason = "returns a handle of the same world, for chaining")]
impl MemoryWorld {
    /// What commands in a service write, before their own input, and how they end. Those of a service that hangs end by a
    /// signal alone.
    pub fn service_answers(&self, service: &str, command: ScriptedCommand) -> Self {
        self.script().commands.insert(service.to_owned(), command);
        self.clone()
    }
}

impl MemoryWorld {
    /// Every command that was started: its container and what was asked for.
    pub fn commands(&self) -> Vec<(String, ExecSpec)> {
        self.objects().commands.iter().map(|it| (it.container.clone(), it.spec.clone())).collect()
    }

    pub(super) fn lines_of(&self, container: &str, window: &LogWindow) -> Result<LogLines> {
        let (service, state, is_migrated) = {
            let objects = self.objects();
            let found = objects.container(container)?;
            (found.service().to_owned(), found.state, objects.is_migrated(found))
        };
        // A line a second, so that the lines of two services have an order.
        let line = |(second, text): (i64, &str)| LogLine {
            stream: OutputStream::Stdout,
            time: Timestamp::UNIX_EPOCH + Duration::from_secs(second.unsigned_abs()),
            bytes: text.as_bytes().to_vec(),
        };
        let script = self.script();
        let output =
            if is_migrated { script.output_once_migrated(&service) } else { script.output_of(&service) };
        drop(script);
        let mut lines: Vec<LogLine> = (0..).zip(output.lines()).map(line).collect();
        let tail = window.tail.and_then(|tail| usize::try_from(tail).ok()).unwrap_or(usize::MAX);
        lines.drain(..lines.len().saturating_sub(tail));
        lines.retain(|line| window.since.is_none_or(|since| line.time >= since));
        let goes_on = window.follow && state == State::Running;
        let more = if goes_on { stream::pending().boxed() } else { stream::empty().boxed() };
        Ok(stream::iter(lines.into_iter().map(Ok)).chain(more).boxed())
    }

    pub(super) fn start_command(&self, container: &str, spec: &ExecSpec) -> Result<Exec> {
        let (mut objects, script) = (self.objects(), self.script());
        let found = objects.container(container)?;
        if found.state != State::Running {
            let message = format!("container {container} is not running");
            return Err(Error::new(ErrorKind::Unreachable, message));
        }
        let service = found.service().to_owned();
        let answer = script.commands.get(&service).cloned().unwrap_or_default();
        let (code, ended) = watch::channel(None);
        objects.done.push(format!("exec in {service}: {}", spec.command.join(" ")));
        objects.commands.push(Started {
            container: container.to_owned(),
            spec: spec.clone(),
            code: code.clone(),
        });
        let (input, reads) = duplex(PIPE_BYTES);
        let said = [(OutputStream::Stdout, answer.stdout), (OutputStream::Stderr, answer.stderr)]
            .map(|(stream, text)| Ok(ExecOutput { stream, bytes: text.into_bytes() }));
        let output = if script.hanging.contains(&service) {
            stream::iter(said).chain(silence(ended)).boxed()
        } else {
            let end = stream::once(async move {
                code.send_replace(Some(answer.code));
                None
            });
            let all = stream::iter(said).chain(echo(reads)).map(Some).chain(end);
            all.filter_map(|chunk| async { chunk }).boxed()
        };
        let id = ExecId((objects.commands.len() - 1).to_string());
        Ok(Exec { id, output, input: Box::pin(input) })
    }

    pub(super) fn code_of(&self, exec: &ExecId) -> Result<Option<i64>> {
        let objects = self.objects();
        let found = exec.0.parse::<usize>().ok().and_then(|number| objects.commands.get(number));
        found.map(|started| *started.code.borrow()).ok_or_else(|| absent("command", &exec.0))
    }

    pub(super) fn signal_command(&self, spec: &ExecSpec, signal: u8) {
        let mut objects = self.objects();
        objects.done.push(format!("signal {signal} to {}", spec.command.join(" ")));
        for started in objects.commands.iter().filter(|it| it.spec.mark == spec.mark) {
            started.code.send_replace(Some(128 + i64::from(signal)));
        }
    }
}

/// Writes what it reads, until there is no more.
fn echo(reads: DuplexStream) -> impl stream::Stream<Item = Result<ExecOutput>> {
    stream::unfold(reads, |mut reads| async {
        let mut bytes = vec![0; PIPE_BYTES];
        let count = reads.read(&mut bytes).await.ok().filter(|count| *count > 0)?;
        bytes.truncate(count);
        Some((Ok(ExecOutput { stream: OutputStream::Stdout, bytes }), reads))
    })
}

/// Writes nothing until it has ended.
fn silence(mut ended: watch::Receiver<Option<i64>>) -> impl stream::Stream<Item = Result<ExecOutput>> {
    stream::once(async move {
        // That nobody is left who could end it is an end too.
        let _ = ended.wait_for(Option::is_some).await;
    })
    .filter_map(|()| async { None })
}
