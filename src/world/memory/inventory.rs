//! The engine, seen once.

use super::MemoryWorld;
use crate::model::clones::CloneDriver;
use crate::model::container::{Labels, VolumeSpec};
use crate::model::error::{Error, ErrorKind, Result};
use crate::model::inventory::{ImageFacts, Inventory, Listed};
use crate::model::label;
use crate::model::seed::SeedRecord;

impl MemoryWorld {
    pub(super) fn look(&self, references: &[String]) -> Result<Inventory> {
        let (objects, script) = (self.objects(), self.script());
        let images = references
            .iter()
            .filter(|reference| script.has_image(reference) || objects.pulled.contains(*reference))
            .map(|reference| {
                let preset = script.images.as_ref().and_then(|images| images.get(reference)).cloned();
                let facts = preset.unwrap_or_else(|| image(reference));
                (reference.clone(), facts)
            });
        Ok(Inventory {
            containers: ours(objects.containers.iter().map(|(name, it)| (name.as_str(), it.labels()))),
            networks: ours(objects.networks.iter().map(|it| (it.name.as_str(), it.labels.clone()))),
            volumes: ours(objects.volumes.iter().map(|(name, it)| (name.as_str(), it.labels.clone()))),
            subnets: objects.networks.iter().map(|network| network.subnet.clone()).collect(),
            seeds: objects
                .volumes
                .values()
                .filter(|volume| {
                    volume.labels.get(label::KIND).is_some_and(|kind| kind.as_str() == label::KIND_SEED)
                })
                .map(record)
                .collect::<Result<_>>()?,
            images: images.collect(),
            clones: objects.has_pool.then_some(CloneDriver::Btrfs),
            has_pool: objects.has_pool,
        })
    }
}

/// An image of which nothing was said.
pub(super) fn image(reference: &str) -> ImageFacts {
    ImageFacts { id: format!("sha256:{reference}"), ..ImageFacts::default() }
}

fn ours<'a>(objects: impl Iterator<Item = (&'a str, Labels)>) -> Vec<Listed> {
    objects
        .filter(|(_, labels)| labels.contains_key(label::KIND))
        .map(|(name, labels)| Listed { name: name.to_owned(), labels })
        .collect()
}

/// Reads the record that a seed's volume carries; one of another version is named, never guessed at.
fn record(volume: &VolumeSpec) -> Result<SeedRecord> {
    let of = |key| volume.labels.get(key).map_or("none", String::as_str);
    if of(label::FORMAT) != label::FORMAT_VERSION {
        let message = format!("seed volume `{}` has format {}", volume.name, of(label::FORMAT));
        return Err(Error::new(ErrorKind::Config, message));
    }
    serde_json::from_str(of(label::SEED_RECORD)).map_err(|cause| {
        let message = format!("seed volume `{}` has no readable record", volume.name);
        Error::new(ErrorKind::Config, message).because(cause)
    })
}
