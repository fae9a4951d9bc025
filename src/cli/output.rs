//! What goes where: results to stdout, talk and errors to stderr, both legible without colour.

use std::io::{IsTerminal, Write};
use std::process::ExitCode;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use tracing_subscriber::EnvFilter;

use crate::model::error::{Error, ErrorKind, Result};
use crate::render;

/// How often it is looked whether somebody still reads.
const LOOK_AGAIN: Duration = Duration::from_millis(250);

/// When to use colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Colour {
    /// On a terminal, unless `NO_COLOR` is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Where results, talk and errors go.
#[derive(Clone, Copy, Debug)]
pub struct Output {
    stdout_colour: bool,
    stderr_colour: bool,
    /// How progress is shown.
    pub talk: Talk,
}

/// How progress is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Talk {
    /// Drawn in place, on a terminal.
    Live,
    /// A line at a time, for logs.
    Plain,
    /// Not at all.
    Quiet,
}

impl Output {
    /// As the user asked and the terminal allows.
    pub fn new(colour: Colour, is_quiet: bool) -> Self {
        let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let on = |is_terminal: bool| match colour {
            Colour::Auto => is_terminal && !plain,
            Colour::Always => true,
            Colour::Never => false,
        };
        Self {
            stdout_colour: on(std::io::stdout().is_terminal()),
            stderr_colour: on(std::io::stderr().is_terminal()),
            talk: match (is_quiet, std::io::stderr().is_terminal()) {
                (true, _) => Talk::Quiet,
                (false, true) => Talk::Live,
                (false, false) => Talk::Plain,
            },
        }
    }

    /// How a report is drawn on stdout.
    pub fn style(self) -> render::Style {
        render::Style { colour: self.stdout_colour, width: terminal_width() }
    }

    /// How a report is drawn on stderr.
    pub fn talk_style(self) -> render::Style {
        render::Style { colour: self.stderr_colour, width: terminal_width() }
    }

    /// Diagnostics to stderr, as `STAGE_LOG` asks (`STAGE_LOG=stage=debug`); silent otherwise.
    pub fn start_tracing(self) {
        let filter = EnvFilter::try_from_env("STAGE_LOG").unwrap_or_else(|_| EnvFilter::new("off"));
        let subscriber = tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_ansi(self.stderr_colour)
            .with_writer(std::io::stderr);
        // Another subscriber can only be a test's: then that one listens.
        let _ = subscriber.try_init();
    }

    /// A result, to stdout.
    pub fn result(self, text: &str) -> Result<()> {
        self.bytes(text.as_bytes())
    }

    /// A result that need not be text, to stdout.
    #[expect(clippy::unused_self, reason = "results go through the same hands as talk, wherever they go")]
    pub fn bytes(self, bytes: &[u8]) -> Result<()> {
        let mut stdout = std::io::stdout();
        stdout.write_all(bytes).and_then(|()| stdout.flush()).or_else(ignore_closed_pipe)
    }

    /// A result as JSON, to stdout.
    pub fn json(self, value: &serde_json::Value) -> Result<()> {
        self.result(&format!("{value:#}\n"))
    }

    /// What it means that a result could not be written.
    #[expect(clippy::unused_self, reason = "as for results")]
    pub fn closed(self, cause: std::io::Error) -> Result<()> {
        ignore_closed_pipe(cause)
    }

    /// Waits until whoever read stdout has gone: a pipe tells that by itself only when something is written.
    pub async fn reader_gone(self) {
        while !is_reader_gone() {
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    /// Talk, to stderr.
    pub fn say(self, text: &str) {
        if self.talk != Talk::Quiet {
            let _ = writeln!(std::io::stderr(), "{text}");
        }
    }

    /// An error, to stderr, and its exit code.
    pub fn fail(self, error: &Error) -> ExitCode {
        let _ = std::io::stderr().write_all(render::error(error, self.stderr_colour).as_bytes());
        ExitCode::from(error.kind.exit_code())
    }
}

/// Whether stdout is a pipe whose other end is closed (`poll(2)`: POLLERR).
fn is_reader_gone() -> bool {
    let stdout = std::io::stdout();
    let mut polled = [PollFd::new(&stdout, PollFlags::empty())];
    poll(&mut polled, Some(&Timespec::default())).is_ok() && polled[0].revents().contains(PollFlags::ERR)
}

/// `stage … | head` has seen enough: that is no failure.
fn ignore_closed_pipe(cause: std::io::Error) -> Result<()> {
    if cause.kind() == std::io::ErrorKind::BrokenPipe {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Usage, "the result could not be written to stdout").because(cause))
}

fn terminal_width() -> u16 {
    const NARROWEST: u16 = 60;
    const WIDEST: u16 = 120;
    const UNKNOWN: u16 = 100;
    let columns = comfy_table::Table::new().width().unwrap_or(UNKNOWN);
    columns.clamp(NARROWEST, WIDEST)
}
