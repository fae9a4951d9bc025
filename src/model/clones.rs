//! How clones are made on an engine, and how much room there is for them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A way of copying a seed without copying its bytes, or, at last, with copying them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CloneDriver {
    /// The filesystem of the engine's own volumes shares blocks between files: no pool is needed.
    Reflink,
    /// Snapshots of subvolumes in a pool of btrfs behind a loop device: a clone takes 4 ms, whatever its size.
    Btrfs,
    /// Files that share blocks in a pool of XFS behind a loop device: a clone takes longer the more files it has.
    Xfs,
    /// A full copy: works everywhere, and costs the time and the room of the whole seed.
    Copy,
}

impl CloneDriver {
    /// All of them, the best first.
    pub const ALL: [Self; 4] = [Self::Reflink, Self::Btrfs, Self::Xfs, Self::Copy];

    /// Its name, as users write it and labels hold it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Reflink => "reflink",
            Self::Btrfs => "btrfs",
            Self::Xfs => "xfs",
            Self::Copy => "copy",
        }
    }

    /// Whether its clones share the blocks that they do not change.
    pub fn shares_blocks(self) -> bool {
        self != Self::Copy
    }
}

impl fmt::Display for CloneDriver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for CloneDriver {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|driver| driver.name() == name);
        found.ok_or_else(|| format!("no clones are made by `{name}`"))
    }
}

/// Which driver a user wants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ClonesChoice {
    /// The one that serves the engine already; else the best that works there.
    #[default]
    Auto,
    /// This one.
    Forced(CloneDriver),
}

impl ClonesChoice {
    /// What a user may write.
    pub const NAMES: [&'static str; 5] = ["auto", "reflink", "btrfs", "xfs", "copy"];
}

impl FromStr for ClonesChoice {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        if name == "auto" { Ok(Self::Auto) } else { name.parse().map(Self::Forced) }
    }
}

/// Whether a driver works on an engine, and how that is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DriverFinding {
    /// The driver.
    pub driver: CloneDriver,
    /// Whether it works there, as far as looking can tell.
    pub works: bool,
    /// Why, or why not, as a fragment without a final period.
    pub why: String,
}

/// Bytes of a filesystem.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extent {
    /// All of it.
    pub size_bytes: u64,
    /// What may still be written.
    pub free_bytes: u64,
}

/// How much room there is for seeds and clones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Room {
    /// How clones are made there.
    pub driver: CloneDriver,
    /// The pool behind its loop device; `None` where seeds and clones lie on the engine's disk itself.
    pub pool: Option<Extent>,
    /// The disk of the engine, which holds a pool's file as well: that is sparse, so its free bytes are only promised.
    pub disk: Extent,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_that_is_offered_is_read() {
        for name in ClonesChoice::NAMES {
            assert!(name.parse::<ClonesChoice>().is_ok(), "{name}");
        }
        assert_eq!("xfs".parse(), Ok(ClonesChoice::Forced(CloneDriver::Xfs)));
        assert!("zfs".parse::<ClonesChoice>().is_err());
    }
}
