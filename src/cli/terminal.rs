//! The user's terminal: raw while a command elsewhere runs on it, and how large it is.

use std::io::{IsTerminal, Stdin};

use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcgetwinsize, tcsetattr};
use tokio::signal::unix::{SignalKind, signal};

use crate::model::error::{Error, ErrorKind, Result};
use crate::model::exec::TerminalSize;

/// Every key goes to whoever reads, Ctrl-C too, until this is dropped: then the terminal is as it was.
pub struct RawTerminal {
    stdin: Stdin,
    before: Termios,
}

impl RawTerminal {
    /// The terminal becomes raw, if stdin and stdout are one; `None` otherwise.
    pub fn enter() -> Result<Option<Self>> {
        let stdin = std::io::stdin();
        if !stdin.is_terminal() || !std::io::stdout().is_terminal() {
            return Ok(None);
        }
        let before = tcgetattr(&stdin).map_err(unusable)?;
        let mut raw = before.clone();
        raw.make_raw();
        tcsetattr(&stdin, OptionalActions::Drain, &raw).map_err(unusable)?;
        Ok(Some(Self { stdin, before }))
    }

    /// How large it is; the engine's own idea if it does not say.
    pub fn size(&self) -> TerminalSize {
        size_of(&self.stdin).unwrap_or(TerminalSize { columns: 80, rows: 24 })
    }

    /// Its new sizes, as it gets them.
    pub fn sizes(&self) -> Result<BoxStream<'_, TerminalSize>> {
        let changes = signal(SignalKind::window_change()).map_err(unusable)?;
        let sizes = stream::unfold(changes, async |mut changes| {
            changes.recv().await?;
            Some((self.size(), changes))
        });
        Ok(sizes.boxed())
    }
}

impl Drop for RawTerminal {
    fn drop(&mut self) {
        // A terminal that is gone needs nothing back.
        let _ = tcsetattr(&self.stdin, OptionalActions::Drain, &self.before);
    }
}

fn size_of(stdin: &Stdin) -> Option<TerminalSize> {
    let size = tcgetwinsize(stdin).ok()?;
    // A terminal that nobody has measured says that it has no room.
    Some(TerminalSize { columns: size.ws_col, rows: size.ws_row }).filter(|it| it.columns > 0 && it.rows > 0)
}

fn unusable(cause: impl Into<std::io::Error>) -> Error {
    Error::new(ErrorKind::Usage, "the terminal cannot be used")
        .hint("-T runs the command without one")
        .because(cause.into())
}
