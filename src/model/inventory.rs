//! What is there: the engine, seen once, before planning.

use std::collections::BTreeMap;

use super::clones::CloneDriver;
use super::container::Labels;
use super::label;
use super::seed::{SeedRecord, UnreadableSeed};

/// A container, network or volume as listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its name.
    pub name: String,
    /// Its labels.
    pub labels: Labels,
}

impl Listed {
    /// The value of one label.
    pub fn label(&self, key: &str) -> Option<&str> {
        self.labels.get(key).map(String::as_str)
    }

    /// Whether it is part of a stack of `stage`.
    pub fn is_stack(&self) -> bool {
        self.label(label::KIND) == Some(label::KIND_STACK)
    }
}

/// What an image says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImageFacts {
    /// Its id (`sha256:…`), which changes with any byte of it.
    pub id: String,
    /// Its environment.
    pub environment: BTreeMap<String, String>,
    /// Paths that it declares as volumes.
    pub volumes: Vec<String>,
    /// Whether it has a healthcheck of its own.
    pub has_healthcheck: bool,
}

/// Everything that planning needs to know of the engine.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Inventory {
    /// Containers that carry a label of `stage`, running or not.
    pub containers: Vec<Listed>,
    /// Networks that carry a label of `stage`.
    pub networks: Vec<Listed>,
    /// Volumes that carry a label of `stage`.
    pub volumes: Vec<Listed>,
    /// Subnets of all networks, whoever made them (`172.17.0.0/16`).
    pub subnets: Vec<String>,
    /// Sealed seeds.
    pub seeds: Vec<SeedRecord>,
    /// Volumes that are labelled as seeds and cannot be read.
    pub unreadable_seeds: Vec<UnreadableSeed>,
    /// The images that were asked for, by reference; one that is missing is not there.
    pub images: BTreeMap<String, ImageFacts>,
    /// How clones are made; `None` if nobody has found out yet: preparing the pool does.
    pub clones: Option<CloneDriver>,
    /// Whether its pool is made and attached.
    pub has_pool: bool,
}
