//! The proof of a teardown: what there was of a run, and what is there still, kind by kind, as it was looked at.

/// Everything of one kind that a run had made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Remains {
    /// What it is.
    pub kind: MadeKind,
    /// How many there were when the teardown began; what stays on purpose is left out.
    pub before: usize,
    /// How many of them are there after it.
    pub after: usize,
}

/// What a run makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MadeKind {
    /// Containers, running or not.
    Container,
    /// Networks.
    Network,
    /// Networks whose egress the firewall has rules for.
    Egress,
    /// Volumes.
    Volume,
    /// Clones in the pool.
    Clone,
    /// Seeds in the pool that were not finished.
    Seed,
    /// Ports of this machine that answer.
    Port,
    /// Files that only the run needed.
    File,
}

impl MadeKind {
    /// All of them, in the order in which they are told.
    pub const ALL: [Self; 8] = [
        Self::Container,
        Self::Network,
        Self::Egress,
        Self::Volume,
        Self::Clone,
        Self::Seed,
        Self::Port,
        Self::File,
    ];

    /// One, and several, for people.
    pub fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Container => ("container", "containers"),
            Self::Network => ("network", "networks"),
            Self::Egress => ("set of firewall rules", "sets of firewall rules"),
            Self::Volume => ("volume", "volumes"),
            Self::Clone => ("clone", "clones"),
            Self::Seed => ("unfinished seed", "unfinished seeds"),
            Self::Port => ("port", "ports"),
            Self::File => ("temporary file", "temporary files"),
        }
    }
}
