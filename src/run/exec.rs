//! A command in a service of a stack that stands, as if it ran here.

use std::collections::BTreeMap;
use std::future::pending;
use std::io;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};

use super::{instance, pick};
use crate::model::error::{Error, ErrorKind, Result};
use crate::model::exec::{ExecId, ExecOutput, ExecSpec, TerminalSize};
use crate::model::log::OutputStream;
use crate::model::stack::{ContainerFacts, StackName};
use crate::world::{Exec, Stop, World};

/// How long a command that was asked to end may take.
const GRACE: Duration = Duration::from_secs(10);
/// How long a command that was killed may take to be gone.
const DYING: Duration = Duration::from_secs(5);
/// How often to look whether a command has ended that has nothing more to say.
const POLL: Duration = Duration::from_millis(20);

const SIGKILL: u8 = 9;
const SIGPIPE: u8 = 13;

/// What is to run, and where.
pub struct ExecOrder<'a> {
    /// The stack.
    pub name: &'a StackName,
    /// Its service.
    pub service: &'a str,
    /// Program and arguments.
    pub command: Vec<String>,
    /// The user; `None` for the container's own.
    pub user: Option<String>,
    /// The folder in which it starts; `None` for the container's own.
    pub folder: Option<String>,
    /// Variables beside those of the container.
    pub environment: BTreeMap<String, String>,
    /// The terminal on which it runs; `None` for plain pipes.
    pub terminal: Option<TerminalSize>,
}

/// Where its streams end on this machine, and who may end it.
pub struct Streams<'a> {
    /// What it reads.
    pub stdin: Box<dyn AsyncRead + Send + Unpin + 'a>,
    /// Its standard output.
    pub stdout: Box<dyn AsyncWrite + Send + Unpin + 'a>,
    /// Its standard error.
    pub stderr: Box<dyn AsyncWrite + Send + Unpin + 'a>,
    /// New sizes of the terminal.
    pub sizes: BoxStream<'a, TerminalSize>,
    /// A signal to be passed on.
    pub stop: Stop,
    /// A second signal: the command is killed.
    pub kill: Stop,
}

/// Runs a command in a service of a stack and returns its exit code. A signal is passed on to it, so the code says what the
/// command made of it; one that does not end in ten seconds, or that is signalled again, is killed. What is still there
/// then is an error of kind `Leftover`.
pub async fn exec(world: &World, order: ExecOrder<'_>, streams: Streams<'_>) -> Result<i64> {
    let stack = instance::find(world, order.name).await?;
    let container = pick::running(world, &stack, order.service).await?;
    run_in(world, &container, order, streams).await
}

/// As [`exec`], in a container that is known to run.
pub(super) async fn run_in(
    world: &World,
    container: &ContainerFacts,
    order: ExecOrder<'_>,
    streams: Streams<'_>,
) -> Result<i64> {
    let spec = ExecSpec {
        mark: world.clock.fresh_run_id().0,
        command: order.command,
        user: order.user,
        folder: order.folder,
        environment: order.environment,
        terminal: order.terminal,
    };
    // A command that the engine was asked for is there, whatever signal comes meanwhile.
    let Exec { id, output, input } = world.engine.exec(&container.name, &spec).await?;
    let running = Running { world, container, spec, id, unheard: Notify::new() };
    let Streams { stdin, stdout, stderr, sizes, stop, kill } = streams;
    // Side by side: an engine whose output is not taken tells no more of the container, not even that the command ended.
    tokio::select! {
        code = running.listen(output, stdout, stderr) => code,
        never = feed(stdin, input) => match never {},
        never = running.resize(sizes) => match never {},
        code = running.end_on_signal(&stop, &kill) => code,
        code = running.end_unheard() => code,
    }
}

/// What never comes.
enum Never {}

struct Running<'a> {
    world: &'a World,
    container: &'a ContainerFacts,
    spec: ExecSpec,
    id: ExecId,
    /// Told when nobody reads the output any more.
    unheard: Notify,
}

impl Running<'_> {
    /// Passes on what the command writes until it has ended; its exit code.
    async fn listen(
        &self,
        mut output: BoxStream<'static, Result<ExecOutput>>,
        mut stdout: impl AsyncWrite + Unpin,
        mut stderr: impl AsyncWrite + Unpin,
    ) -> Result<i64> {
        let mut is_heard = true;
        while let Some(chunk) = output.next().await.transpose()? {
            if !is_heard {
                continue;
            }
            let written = match chunk.stream {
                OutputStream::Stdout => write(&mut stdout, &chunk.bytes).await,
                OutputStream::Stderr => write(&mut stderr, &chunk.bytes).await,
            };
            if let Err(cause) = written {
                tracing::debug!(%cause, "what a command writes is not read");
                is_heard = false;
                self.unheard.notify_one();
            }
        }
        loop {
            if let Some(code) = self.world.engine.exec_code(&self.id).await? {
                return Ok(code);
            }
            sleep(POLL).await;
        }
    }

    /// Gives the command the size of the terminal, now and whenever it changes.
    async fn resize(&self, sizes: BoxStream<'_, TerminalSize>) -> Never {
        let mut sizes = stream::iter(self.spec.terminal).chain(sizes);
        while let Some(size) = sizes.next().await {
            if let Err(error) = self.world.engine.resize_exec(&self.id, size).await {
                tracing::debug!(%error, "a terminal could not be resized");
            }
        }
        pending().await
    }

    /// Passes the first signal on, and kills at the second one or when the grace is over.
    async fn end_on_signal(&self, stop: &Stop, kill: &Stop) -> Result<i64> {
        let Err(Error { kind: ErrorKind::Interrupted(signal), .. }) = stop.or(pending::<Result<()>>()).await
        else {
            return pending().await;
        };
        self.end(signal, kill.or(pending())).await
    }

    /// Once nobody reads what the command writes (`| head`): here it would get SIGPIPE, so it gets it there.
    async fn end_unheard(&self) -> Result<i64> {
        self.unheard.notified().await;
        self.end(SIGPIPE, pending()).await
    }

    /// Signals, then kills; the exit code, or an error if even that was in vain. Whoever hears of the end before drops this
    /// where it stands.
    async fn end(&self, signal: u8, impatience: impl Future<Output = Result<()>>) -> Result<i64> {
        self.signal(signal).await?;
        // Whichever comes first.
        let _ = timeout(GRACE, impatience).await;
        self.signal(SIGKILL).await?;
        sleep(DYING).await;
        let found = timeout(DYING, self.world.engine.exec_code(&self.id)).await;
        found.ok().transpose()?.flatten().ok_or_else(|| self.left())
    }

    async fn signal(&self, signal: u8) -> Result<()> {
        self.world.engine.signal_exec(&self.container.name, &self.spec, signal).await
    }

    fn left(&self) -> Error {
        let service = &self.container.service;
        let message = format!("the command may still run in `{service}`: it could not be signalled there");
        Error::new(ErrorKind::Leftover, message)
            .hint("its container has no shell, or the command is in the hands of another user there")
            .hint(format!("`docker restart {}` ends it, and the service with it", self.container.name))
    }
}

/// Passes on what the command reads, and the end of it.
async fn feed(mut stdin: impl AsyncRead + Unpin, mut input: impl AsyncWrite + Unpin) -> Never {
    // A command that does not care for its input, or has ended, is no failure.
    if let Err(cause) = tokio::io::copy(&mut stdin, &mut input).await {
        tracing::debug!(%cause, "input of a command was not taken");
    }
    let _ = input.shutdown().await;
    pending().await
}

async fn write(to: &mut (impl AsyncWrite + Unpin), bytes: &[u8]) -> io::Result<()> {
    to.write_all(bytes).await?;
    to.flush().await
}
