//! A masked, ready database made of one backup, addressed by the hash of what made it.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::inventory::Listed;
use super::label;

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

/// A volume that is labelled as a seed and is none that this build can read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnreadableSeed {
    /// Its volume.
    pub volume: String,
    /// Why it cannot be read.
    pub reason: String,
}

impl fmt::Display for UnreadableSeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "seed volume {}: {}", self.volume, self.reason)
    }
}

/// The seeds among `volumes`, by the records on their labels. One of another version is named, never guessed at, and in
/// nobody's way who does not need it.
pub fn seeds_among(volumes: &[Listed]) -> (Vec<SeedRecord>, Vec<UnreadableSeed>) {
    let (mut seeds, mut unreadable) = (Vec::new(), Vec::new());
    for volume in volumes.iter().filter(|volume| volume.label(label::KIND) == Some(label::KIND_SEED)) {
        match record(volume) {
            Ok(seed) => seeds.push(seed),
            Err(reason) => unreadable.push(UnreadableSeed { volume: volume.name.clone(), reason }),
        }
    }
    (seeds, unreadable)
}

fn record(volume: &Listed) -> Result<SeedRecord, String> {
    let format = volume.label(label::FORMAT).unwrap_or("none");
    if format != label::FORMAT_VERSION {
        return Err(format!("it has format {format}, and this stage reads format {}", label::FORMAT_VERSION));
    }
    let record = volume.label(label::SEED_RECORD).unwrap_or_default();
    serde_json::from_str(record).map_err(|cause| format!("its record cannot be read: {cause}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seed(name: &str, format: &str, record: &str) -> Listed {
        let labels = [(label::KIND, label::KIND_SEED), (label::FORMAT, format), (label::SEED_RECORD, record)];
        let labels = labels.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
        Listed { name: name.to_owned(), labels }
    }

    #[test]
    fn a_seed_of_another_version_is_named_and_the_others_are_read() {
        let record = r#"{"key":"4f1c","environment":"shop","database":"db",
            "backup_taken_at":"2026-11-22T03:00:00Z","sealed_at":"2026-11-22T09:00:00Z",
            "size_bytes":10,"build_s":1.5,"rows":{"item_datafeed":7}}"#;
        let volumes = [
            seed("stage-seed-4f1c", label::FORMAT_VERSION, record),
            seed("stage-seed-9", "9", record),
            seed("stage-seed-x", label::FORMAT_VERSION, "{}"),
        ];
        let (seeds, unreadable) = seeds_among(&volumes);
        assert_eq!(seeds.len(), 1);
        assert_eq!(seeds[0].rows["item_datafeed"], 7);
        assert_eq!(
            unreadable[0].to_string(),
            "seed volume stage-seed-9: it has format 9, and this stage reads format 1"
        );
        assert!(
            unreadable[1].to_string().starts_with("seed volume stage-seed-x: its record cannot be read: ")
        );
    }
}
