//! `stage exec`.

use std::collections::BTreeMap;

use super::output::Output;
use super::terminal::RawTerminal;
use super::{Global, session, signals};
use crate::model::error::Result;
use crate::model::stack::StackName;
use crate::run::{self, ExecOrder, Streams};

/// Run a command in a service of a stack.
///
/// The exit code is that of the command. On a terminal it has one too; otherwise its input and both of its outputs are
/// plain pipes, as if it ran here. Ctrl-C reaches the command, and nothing of it stays behind in the container.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
    stage exec pr-12 web -- bash                        a shell
    stage exec pr-12 web -- bin/rails console
    stage exec pr-12 db -- pg_dump -U shop shop > shop.sql
    echo 'FLUSHALL' | stage exec pr-12 cache -- redis-cli
    stage exec pr-12 web -u root -w /srv -e DEBUG=1 -- ./deploy

Exit codes: that of the command; 126 or 127 if it cannot be started; those of stage if it never came to that.")]
pub struct Args {
    /// The stack: NAME, or ENV/NAME where two environments have one of that name.
    #[arg(value_name = "NAME")]
    name: StackName,
    /// Its service.
    #[arg(value_name = "SERVICE")]
    service: String,
    /// No terminal, even if there is one here.
    #[arg(short = 'T', long = "no-tty")]
    no_terminal: bool,
    /// The user, by name or number, perhaps with a group: USER[:GROUP] [default: that of the service].
    #[arg(short, long, value_name = "USER")]
    user: Option<String>,
    /// The folder in which it starts [default: that of the service].
    #[arg(short, long, value_name = "DIR")]
    workdir: Option<String>,
    /// A variable for the command. KEY alone takes its value from the environment of stage, so that a secret stands in no
    /// list of processes.
    #[arg(short, long = "env", value_name = "KEY[=VALUE]")]
    environment: Vec<String>,
    /// The command and its arguments; no shell reads them.
    #[arg(value_name = "CMD", required = true, trailing_var_arg = true)]
    command: Vec<String>,
}

pub async fn run(global: &Global, args: Args, _output: Output) -> Result<u8> {
    let world = session::look(global).await?;
    let order = ExecOrder {
        name: &args.name,
        service: &args.service,
        command: args.command,
        user: args.user,
        folder: args.workdir,
        environment: variables(&args.environment),
        terminal: None,
    };
    with_streams(args.no_terminal, async |terminal, streams| {
        let size = terminal.map(RawTerminal::size);
        run::exec(&world, ExecOrder { terminal: size, ..order }, streams).await
    })
    .await
}

/// Runs a story on the streams of this process, and on its terminal if it has one and `no_terminal` does not forbid it. A
/// terminal is as it was before anything else is said.
pub async fn with_streams(
    no_terminal: bool,
    story: impl AsyncFnOnce(Option<&RawTerminal>, Streams<'_>) -> Result<i64>,
) -> Result<u8> {
    let (stop, kill) = signals::listen_twice()?;
    let terminal = if no_terminal { None } else { RawTerminal::enter()? };
    let sizes = match &terminal {
        Some(terminal) => terminal.sizes()?,
        None => Box::pin(futures_util::stream::pending()),
    };
    let streams = Streams {
        stdin: Box::new(tokio::io::stdin()),
        stdout: Box::new(tokio::io::stdout()),
        stderr: Box::new(tokio::io::stderr()),
        sizes,
        stop,
        kill,
    };
    let code = story(terminal.as_ref(), streams).await?;
    // As the system does it: a code has eight bits.
    Ok(code.to_le_bytes()[0])
}

/// `KEY=VALUE` as it is, `KEY` with the value that it has here; without one it is left out, as Docker does it.
fn variables(given: &[String]) -> BTreeMap<String, String> {
    let pair = |variable: &String| match variable.split_once('=') {
        Some((name, value)) => Some((name.to_owned(), value.to_owned())),
        None => Some((variable.clone(), std::env::var(variable).ok()?)),
    };
    given.iter().filter_map(pair).collect()
}
