//! A command in a container that runs.

use std::collections::BTreeMap;
use std::fmt;

use super::log::OutputStream;

/// The variable in the environment of a command that says which one it is: by it the command and what it started are
/// found again in their container.
pub const MARK: &str = "STAGE_EXEC";

/// What is to run, and how.
#[derive(Clone, PartialEq, Eq)]
pub struct ExecSpec {
    /// Its mark, unlike that of any other command.
    pub mark: String,
    /// Program and arguments; no shell reads them.
    pub command: Vec<String>,
    /// The user, as `USER`, `UID` or `UID:GID`; `None` for the container's own.
    pub user: Option<String>,
    /// The folder in which it starts; `None` for the container's own.
    pub folder: Option<String>,
    /// Variables beside those of the container; never printed, as they may hold credentials.
    pub environment: BTreeMap<String, String>,
    /// The terminal on which it runs; `None` for plain pipes.
    pub terminal: Option<TerminalSize>,
}

impl fmt::Debug for ExecSpec {
    /// Names the variables, not their values.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExecSpec")
            .field("mark", &self.mark)
            .field("command", &self.command)
            .field("user", &self.user)
            .field("folder", &self.folder)
            .field("environment", &self.environment.keys().collect::<Vec<_>>())
            .field("terminal", &self.terminal)
            .finish()
    }
}

/// The size of a terminal, in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TerminalSize {
    /// Characters a line.
    pub columns: u16,
    /// Lines.
    pub rows: u16,
}

/// The engine's name of a command that was started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExecId(pub String);

/// Some bytes that a command wrote; on a terminal everything is its standard output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExecOutput {
    /// Where to.
    pub stream: OutputStream,
    /// The bytes.
    pub bytes: Vec<u8>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_never_printed_by_accident() {
        let spec = ExecSpec {
            mark: "r1".into(),
            command: vec!["psql".into()],
            user: None,
            folder: None,
            environment: BTreeMap::from([("PGPASSWORD".into(), "hunter2".into())]),
            terminal: None,
        };
        let told = format!("{spec:?}");
        assert!(told.contains("PGPASSWORD") && !told.contains("hunter2"), "{told}");
    }
}
