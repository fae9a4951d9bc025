//! Which Docker Engine is worked on, and where it stands.

use std::fmt;

/// Where an engine stands, seen from this machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EnginePlace {
    /// On this machine: its paths and its 127.0.0.1 are ours.
    #[default]
    Here,
    /// On another machine that ssh reaches: its ports are forwarded from there, its paths are not ours.
    BehindSsh,
    /// On another machine behind TCP: neither its 127.0.0.1 nor its paths are ours.
    Elsewhere,
}

/// What made an engine the chosen one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ChosenBy {
    /// The variable `DOCKER_HOST`.
    DockerHost,
    /// A Docker context: its name, and what named it (`DOCKER_CONTEXT` or `currentContext`).
    Context {
        /// The name of the context.
        name: String,
        /// Where the name was found.
        named_by: &'static str,
    },
    /// Nothing was said, and its socket is the first that was found where engines put theirs.
    #[default]
    Default,
}

impl fmt::Display for ChosenBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DockerHost => f.write_str("DOCKER_HOST"),
            Self::Context { name, named_by } => write!(f, "context `{name}` ({named_by})"),
            Self::Default => f.write_str("default socket"),
        }
    }
}

/// The engine that answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EngineFacts {
    /// Its address as the user would write it (`unix:///var/run/docker.sock`).
    pub address: String,
    /// Why this one.
    pub chosen_by: ChosenBy,
    /// Where it stands.
    pub place: EnginePlace,
    /// What it calls itself (`Docker Engine`, `Podman Engine`).
    pub product: String,
    /// Its own version (`20.10.24`).
    pub version: String,
    /// The newest version of the Docker API that it speaks (`1.41`).
    pub api_version: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_engine_says_why_it_is_the_one() {
        let context = ChosenBy::Context { name: "ci".into(), named_by: "DOCKER_CONTEXT" };
        assert_eq!(context.to_string(), "context `ci` (DOCKER_CONTEXT)");
        assert_eq!(ChosenBy::Default.to_string(), "default socket");
    }
}
