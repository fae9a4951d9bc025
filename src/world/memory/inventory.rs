//! The engine, seen once.

use super::MemoryWorld;
use crate::model::clones::CloneDriver;
use crate::model::container::Labels;
use crate::model::inventory::{ImageFacts, Inventory, Listed};
use crate::model::label;
use crate::model::seed::seeds_among;

impl MemoryWorld {
    pub(super) fn look(&self, references: &[String]) -> Inventory {
        let (objects, script) = (self.objects(), self.script());
        let images = references
            .iter()
            .filter(|reference| script.has_image(reference) || objects.pulled.contains(*reference))
            .map(|reference| {
                let preset = script.images.as_ref().and_then(|images| images.get(reference)).cloned();
                let facts = preset.unwrap_or_else(|| image(reference));
                (reference.clone(), facts)
            });
        let volumes = ours(objects.volumes.iter().map(|(name, it)| (name.as_str(), it.labels.clone())));
        let (seeds, unreadable_seeds) = seeds_among(&volumes);
        Inventory {
            containers: ours(objects.containers.iter().map(|(name, it)| (name.as_str(), it.labels()))),
            networks: ours(objects.networks.iter().map(|it| (it.name.as_str(), it.labels.clone()))),
            subnets: objects.networks.iter().map(|network| network.subnet.clone()).collect(),
            seeds,
            unreadable_seeds,
            volumes,
            images: images.collect(),
            clones: objects.has_pool.then_some(CloneDriver::Btrfs),
            has_pool: objects.has_pool,
        }
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
