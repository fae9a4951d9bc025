//! What an engine is and can do: the facts that `doctor` shows.

use super::clones::{CloneDriver, DriverFinding, Extent, Room};

/// The machine of an engine, as the engine describes it. What it does not say is empty or 0.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HostFacts {
    /// How the engine stores images (`overlay2 on extfs`).
    pub storage: String,
    /// Whether the engine runs without root.
    pub is_rootless: bool,
    /// Its kernel.
    pub kernel: String,
    /// What its containers run on (`linux`).
    pub os_type: String,
    /// The memory of its machine.
    pub memory_bytes: u64,
    /// Processors of its machine.
    pub processors: u64,
}

/// Everything that was found out about an engine.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Survey {
    /// The machine of the engine.
    pub host: HostFacts,
    /// Whether the helper image is there; without it nothing can be probed.
    pub has_helper: bool,
    /// The driver that makes clones, or that would; `None` if nothing could be probed.
    pub driver: Option<CloneDriver>,
    /// Why it is that one, as a fragment (`forced by --clones`).
    pub driver_why: String,
    /// What was found out of each driver, the best first; empty if nothing could be probed.
    pub drivers: Vec<DriverFinding>,
    /// Room for seeds and clones; `None` while there is no pool.
    pub room: Option<Room>,
    /// The disk that holds the engine's volumes; `None` if nothing could be probed.
    pub disk: Option<Extent>,
}
