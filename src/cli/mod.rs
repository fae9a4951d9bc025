//! The command line: one command a file, and the doc comments are the help.

mod check;
mod completions;
mod diff;
mod doctor;
mod down;
mod environments;
mod exec;
mod extend;
mod kept;
mod list;
mod logs;
mod mail;
mod migrate;
mod output;
mod progress;
mod psql;
mod queue;
mod report;
mod seed;
mod session;
mod show;
mod signals;
mod sweep;
mod terminal;
mod test;
mod up;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use secrecy::SecretString;

use crate::model::clones::ClonesChoice;
use crate::model::error::{Error, ErrorKind};
use output::Output;

/// Rehearse database changes on an anonymized copy of production, before they are merged.
///
/// `stage` restores last night's backup, masks it, and runs the pending migrations and the app's test suite on a
/// copy-on-write clone of it, inside the app's own Compose stack. It says exactly which rows the migrations inserted,
/// updated and deleted, judges that against your guards, and leaves nothing behind.
#[derive(Debug, Parser)]
#[command(name = "stage", version, max_term_width = 100, arg_required_else_help = true, after_help = EXIT_CODES)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    command: Command,
    /// What every command takes.
    #[command(flatten)]
    global: Global,
}

/// Options of every command.
#[derive(Clone, Debug, clap::Args)]
pub struct Global {
    /// The folder that holds environments, each a folder with a stage.yaml.
    #[arg(
        long,
        global = true,
        value_name = "DIR",
        default_value = "environments",
        env = "STAGE_ENVIRONMENTS"
    )]
    environments: PathBuf,
    /// The folder in which `stage` keeps its journals, its mask key and the reports of checks
    /// [default: `$XDG_STATE_HOME/stage`, else `~/.local/state/stage`].
    #[arg(long, global = true, value_name = "DIR", env = "STAGE_STATE")]
    state: Option<PathBuf>,
    /// How clones of a seed are made [default: auto].
    ///
    /// `auto` takes what serves this engine already, else the best that works there: `reflink` where the filesystem of the
    /// engine's volumes shares blocks between files (XFS, btrfs), `btrfs` or `xfs` in a pool behind a loop device, `copy`
    /// everywhere. Seeds are built for one of them each. `stage doctor` says which is taken and why.
    #[arg(
        long,
        global = true,
        value_name = "HOW",
        default_value = "auto",
        hide_default_value = true,
        env = "STAGE_CLONES",
        value_parser = PossibleValuesParser::new(ClonesChoice::NAMES).try_map(|name| name.parse::<ClonesChoice>())
    )]
    clones: ClonesChoice,
    /// When to use colour.
    #[arg(long, global = true, value_enum, default_value_t = output::Colour::Auto, value_name = "WHEN")]
    color: output::Colour,
    /// No progress; only results and errors.
    #[arg(long, short, global = true)]
    quiet: bool,
    /// The key under which values are masked, 32 hexadecimal digits; without it, the state folder's own.
    // Never an argument: arguments are seen by everyone on the machine.
    #[arg(skip)]
    mask_key: Option<SecretString>,
}

const EXIT_CODES: &str = "\
Exit codes:
    0  passed
    1  the change was blocked, or its suite failed
    2  usage or configuration
    3  masking refused
    4  something was left behind
    5  Docker or a database could not be reached
    6  the backup cannot be used
    7  no room (disk, memory, addresses)
    8  could not verify
   70  a bug
  130  interrupted (143 by SIGTERM)";

#[derive(Debug, Subcommand)]
enum Command {
    Check(check::Args),
    Up(up::Args),
    Down(down::Args),
    List(list::Args),
    Show(show::Args),
    Logs(logs::Args),
    Mail(mail::Args),
    Exec(exec::Args),
    Psql(psql::Args),
    Migrate(migrate::Args),
    Test(test::Args),
    Diff(diff::Args),
    Extend(extend::Args),
    Report(report::Args),
    #[command(subcommand)]
    Seed(seed::Command),
    Sweep(sweep::Args),
    Doctor(doctor::Args),
    Completions(completions::Args),
}

/// Seconds of a duration as people write it (`4h`, `2d`).
fn ttl(text: &str) -> Result<u64, String> {
    crate::config::seconds(text).ok_or_else(|| "not a duration such as 30m, 4h or 2d".to_owned())
}

/// Parses the command line, runs the command and returns its exit code.
pub fn main() -> ExitCode {
    let mut cli = match Cli::command().try_get_matches().and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are no mistakes: clap knows the difference.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    cli.global.mask_key = session::mask_key_from_environment();
    let output = Output::new(cli.global.color, cli.global.quiet);
    output.start_tracing();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(cause) => {
            return output.fail(&Error::new(ErrorKind::Bug, "no threads could be started").because(cause));
        }
    };
    let ended = runtime.block_on(dispatch(cli, output));
    // A read of stdin cannot be taken back, and nobody waits for a last key to be pressed.
    runtime.shutdown_background();
    match ended {
        Ok(code) => ExitCode::from(code),
        Err(error) => output.fail(&error),
    }
}

async fn dispatch(cli: Cli, output: Output) -> Result<u8, Error> {
    match cli.command {
        Command::Check(args) => check::run(&cli.global, args, output).await,
        Command::Up(args) => up::run(&cli.global, args, output).await,
        Command::Down(args) => down::run(&cli.global, args, output).await,
        Command::List(args) => list::run(&cli.global, args, output).await,
        Command::Show(args) => show::run(&cli.global, args, output).await,
        Command::Logs(args) => logs::run(&cli.global, args, output).await,
        Command::Mail(args) => mail::run(&cli.global, args, output).await,
        Command::Exec(args) => exec::run(&cli.global, args, output).await,
        Command::Psql(args) => psql::run(&cli.global, args, output).await,
        Command::Migrate(args) => Box::pin(migrate::run(&cli.global, args, output)).await,
        Command::Test(args) => test::run(&cli.global, args, output).await,
        Command::Diff(args) => diff::run(&cli.global, args, output).await,
        Command::Extend(args) => extend::run(&cli.global, args, output).await,
        Command::Report(args) => report::run(&cli.global, &args, output),
        Command::Seed(command) => seed::run(&cli.global, command, output).await,
        Command::Sweep(args) => sweep::run(&cli.global, args, output).await,
        Command::Doctor(args) => doctor::run(&cli.global, args, output).await,
        Command::Completions(args) => completions::run(&args),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_option_of_every_command_has_one_meaning() {
        Cli::command().debug_assert();
    }
}
