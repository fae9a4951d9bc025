//! A masked, ready database made of one backup, addressed by the hash of what made it.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The content key of a seed: 64 hexadecimal digits over everything that can change a byte of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SeedKey(pub String);

impl SeedKey {
    /// The first 12 digits, which people read and type.
    pub fn short(&self) -> &str {
        self.0.get(..12).unwrap_or(&self.0)
    }

    /// The volume that registers the seed on its engine.
    pub fn volume(&self) -> String {
        format!("stage-seed-{}", self.short())
    }

    /// The container that one builder holds while it builds: created, never started.
    pub fn lock(&self) -> String {
        format!("stage-seed-{}-lock", self.short())
    }
}

impl fmt::Display for SeedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.short())
    }
}

/// What is remembered of a sealed seed, on the engine beside it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SeedRecord {
    /// Its content key.
    pub key: SeedKey,
    /// The environment that had it built, for people: another one with the same content shares it.
    pub environment: String,
    /// The database service.
    pub database: String,
    /// When its backup was taken.
    pub backup_taken_at: Timestamp,
    /// When it was sealed.
    pub sealed_at: Timestamp,
    /// Size of its data in bytes.
    pub size_bytes: u64,
    /// How long building it took, in seconds.
    pub build_s: f64,
    /// Exact rows of every table, by the name that users read (`item_datafeed`, `feed.items`).
    pub rows: BTreeMap<String, u64>,
}

impl SeedRecord {
    /// Rows of all tables together.
    pub fn rows_total(&self) -> u64 {
        self.rows.values().sum()
    }
}
