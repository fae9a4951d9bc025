//! A command in a container whose streams are those of whoever asked for it.

use std::time::Duration;

use bollard::Docker;
use bollard::container::LogOutput;
use bollard::exec::{CreateExecOptions, ResizeExecOptions, StartExecOptions, StartExecResults};
use bollard::models::ExecConfig;
use futures_util::StreamExt;
use tokio::time::sleep;

use super::errors::{could_not, refused, status};
use crate::model::error::{Error, ErrorKind, Result};
use crate::model::exec::{ExecId, ExecOutput, ExecSpec, MARK, TerminalSize};
use crate::model::log::OutputStream;
use crate::world::engine::Exec;

/// How much of the output is taken at once, in bytes.
const CHUNK_BYTES: usize = 64 * 1024;

/// How often, and after which pause, a refused size is tried again: two seconds in all.
const RESIZE_TRIES: usize = 100;
const RESIZE_AGAIN: Duration = Duration::from_millis(20);

/// Signals every process that has the mark in its environment: `$1` is the mark, `$2` the signal. The shell that looks has
/// no mark itself.
const SIGNAL_MARKED: &str = r#"
for environ in /proc/[0-9]*/environ; do
    if grep -qs "$1" "$environ"; then
        process=${environ#/proc/}
        kill -"$2" "${process%/environ}"
    fi
done 2>/dev/null"#;

/// Starts a command with all its streams attached.
pub(super) async fn start(docker: &Docker, container: &str, spec: &ExecSpec) -> Result<Exec> {
    let has_terminal = spec.terminal.is_some();
    let variables = spec.environment.iter().map(|(name, value)| format!("{name}={value}"));
    let options = CreateExecOptions {
        cmd: Some(spec.command.clone()),
        env: Some(variables.chain([mark(spec)]).collect()),
        user: spec.user.clone(),
        working_dir: spec.folder.clone(),
        attach_stdin: Some(true),
        attach_stdout: Some(true),
        attach_stderr: Some(true),
        tty: Some(has_terminal),
        ..CreateExecOptions::default()
    };
    // Older engines pass over the size, and get it once the command runs.
    let console_size = spec.terminal.map(|size| vec![size.rows.into(), size.columns.into()]);
    let options = ExecConfig { console_size, ..options.into() };
    let action = format!("run a command in container {container}");
    let hide = |refusal| refused(&action, refusal, spec.environment.values());
    let id = docker.create_exec(container, options).await.map_err(hide)?.id;
    let options = StartExecOptions { detach: false, tty: has_terminal, output_capacity: Some(CHUNK_BYTES) };
    let StartExecResults::Attached { output, input } =
        docker.start_exec(&id, Some(options)).await.map_err(hide)?
    else {
        return Err(Error::new(ErrorKind::Bug, "the engine detached a command that was to be attached"));
    };
    let lost = could_not("read what the command writes");
    let output = output.map(move |chunk| chunk.map(told).map_err(&lost)).boxed();
    Ok(Exec { id: ExecId(id), output, input })
}

fn mark(spec: &ExecSpec) -> String {
    format!("{MARK}={}", spec.mark)
}

fn told(chunk: LogOutput) -> ExecOutput {
    let stream = match chunk {
        LogOutput::StdErr { .. } => OutputStream::Stderr,
        _ => OutputStream::Stdout,
    };
    ExecOutput { stream, bytes: chunk.into_bytes().to_vec() }
}

/// The exit code of a command; `None` while it runs.
pub(super) async fn code(docker: &Docker, exec: &ExecId) -> Result<Option<i64>> {
    let found = docker.inspect_exec(&exec.0).await.map_err(could_not("look at a command"))?;
    Ok(found.exit_code.filter(|_| found.running != Some(true)))
}

/// Gives the terminal of a command another size. The engine refuses until the command has been started, which is later than
/// it says, and once it has ended; a size is not worth a failure.
pub(super) async fn resize(docker: &Docker, exec: &ExecId, size: TerminalSize) -> Result<()> {
    for _ in 0..RESIZE_TRIES {
        let options = ResizeExecOptions { height: size.rows, width: size.columns };
        match docker.resize_exec(&exec.0, options).await {
            Ok(()) => return Ok(()),
            Err(refusal) if status(&refusal).is_some() => sleep(RESIZE_AGAIN).await,
            Err(refusal) => return Err(could_not("resize a terminal")(refusal)),
        }
    }
    Ok(())
}

/// Signals a command and all that it started, from inside its container and as its user. Nobody waits for it: the engine
/// tells the end of one command only after that of another was taken note of.
pub(super) async fn signal(docker: &Docker, container: &str, spec: &ExecSpec, signal: u8) -> Result<()> {
    let command = ["/bin/sh", "-c", SIGNAL_MARKED, "sh", &mark(spec), &signal.to_string()];
    let options = CreateExecOptions {
        cmd: Some(command.map(str::to_owned).to_vec()),
        user: spec.user.clone(),
        ..CreateExecOptions::default()
    };
    let started = async {
        let id = docker.create_exec(container, options).await?.id;
        docker.start_exec(&id, Some(StartExecOptions { detach: true, ..StartExecOptions::default() })).await
    };
    match started.await {
        Ok(_) => Ok(()),
        // No shell, or no container any more: whether the command has ended is for others to find out.
        Err(refusal) if status(&refusal).is_some() => {
            tracing::debug!(%refusal, container, "a command could not be signalled");
            Ok(())
        }
        Err(refusal) => Err(could_not("signal a command")(refusal)),
    }
}
