//! `stage completions`.

use clap::CommandFactory;

use crate::model::error::Result;

/// Print a completion script for a shell.
///
/// For bash: `stage completions bash > /etc/bash_completion.d/stage`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The shell.
    shell: clap_complete::Shell,
}

#[expect(clippy::unnecessary_wraps, reason = "every command has one form")]
pub fn run(args: &Args) -> Result<u8> {
    let mut command = super::Cli::command();
    clap_complete::generate(args.shell, &mut command, "stage", &mut std::io::stdout());
    Ok(0)
}
