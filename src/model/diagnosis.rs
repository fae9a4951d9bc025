//! What `doctor` finds: whether a check could run on an engine, and what stands in its way.

use super::error::ErrorKind;

/// How something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// As it should be.
    Good,
    /// A check runs, but something is slower, smaller or absent.
    Limited,
    /// No check can run; what a check would fail with.
    Missing(ErrorKind),
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What was looked at, by name (`engine`, `clones by btrfs`).
    pub name: String,
    /// How it is.
    pub health: Health,
    /// What was seen, as a fragment without a final period.
    pub text: String,
    /// What the user can do, most useful first.
    pub hints: Vec<String>,
}

/// Everything that was looked at, in reading order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diagnosis {
    /// The findings.
    pub findings: Vec<Finding>,
}

impl Diagnosis {
    /// Adds a finding without hints.
    pub fn add(&mut self, name: impl Into<String>, health: Health, text: impl Into<String>) -> &mut Finding {
        let place = self.findings.len();
        self.findings.push(Finding { name: name.into(), health, text: text.into(), hints: Vec::new() });
        &mut self.findings[place]
    }

    /// 0 if a check could run, else the code with which it would fail.
    pub fn exit_code(&self) -> u8 {
        let missing = self.findings.iter().find_map(|finding| match finding.health {
            Health::Missing(kind) => Some(kind.exit_code()),
            Health::Good | Health::Limited => None,
        });
        missing.unwrap_or(0)
    }
}

impl Finding {
    /// Adds what the user can do.
    pub fn hint(&mut self, hint: impl Into<String>) -> &mut Self {
        self.hints.push(hint.into());
        self
    }
}
