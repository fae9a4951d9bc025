//! What a story tells while it goes on. Listeners render it; a story never waits for one.

use std::time::Duration;

/// One thing that just happened.
#[derive(Clone, Debug)]
pub enum Event {
    /// A phase began (`seed`, `stack`, `migrations`, `services`, `suite`, `comparison`, `teardown`).
    PhaseStarted {
        /// Its name.
        phase: &'static str,
    },
    /// A phase ended.
    PhaseEnded {
        /// Its name.
        phase: &'static str,
        /// How long it took.
        took: Duration,
    },
    /// One line worth reading (`seed 4f1c…: reused`).
    Note {
        /// The line.
        text: String,
    },
    /// A step of a plan began.
    StepStarted {
        /// The call and its cause.
        text: String,
    },
    /// A step of a plan ended.
    StepEnded {
        /// The call and its cause.
        text: String,
        /// How long it took.
        took: Duration,
    },
    /// Rows of a table went into a seed.
    SeedProgress {
        /// The table, as users read it.
        table: String,
        /// Its rows so far.
        rows: u64,
        /// Bytes of the backup read so far, all tables together.
        bytes_read: u64,
        /// Size of the backup in bytes.
        bytes_total: u64,
    },
    /// A piece of a backup's SQL is about to run: a table, an index, a constraint.
    SeedEntry {
        /// What it is (`INDEX customers_email_key`).
        title: String,
        /// How many of its section ran before it.
        done: usize,
        /// How many its section has.
        total: usize,
    },
    /// A migration began.
    MigrationStarted {
        /// Its name.
        name: String,
    },
    /// A migration ended.
    MigrationEnded {
        /// Its name.
        name: String,
        /// How long its statements took.
        took: Duration,
        /// Whether it was applied.
        applied: bool,
    },
    /// Something could not be undone and is still there.
    Left {
        /// What, and why.
        text: String,
    },
}
