//! Images: what is missing is pulled before anything is planned on it, as a seed's key needs the image's id.

use super::seed::SeedStory;
use crate::model::call::Call;
use crate::model::error::Result;
use crate::model::event::Event;
use crate::model::inventory::Inventory;
use crate::world::World;
use crate::world::tell;

/// An inventory in which all `images` are known; those that were not there have been pulled. What was just `seen` will do if
/// it has them all: each look is several questions, which an engine far away takes its time for.
pub async fn inventory_with(
    world: &World,
    story: &SeedStory<'_>,
    images: &[String],
    seen: Option<Inventory>,
) -> Result<Inventory> {
    if let Some(inventory) = seen.filter(|seen| missing(seen, images).is_empty()) {
        return Ok(inventory);
    }
    let inventory = world.engine.inventory(images).await?;
    let missing = missing(&inventory, images);
    if missing.is_empty() {
        return Ok(inventory);
    }
    for reference in missing {
        tell(story.events, Event::Note { text: format!("pulling image {reference}") });
        let call = Call::PullImage { reference: reference.clone() };
        story.stop.or(world.engine.perform(&call)).await?;
    }
    world.engine.inventory(images).await
}

fn missing<'a>(inventory: &Inventory, images: &'a [String]) -> Vec<&'a String> {
    images.iter().filter(|image| !inventory.images.contains_key(*image)).collect()
}
