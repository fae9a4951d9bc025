//! Whether a check could run on this engine, by name of what it needs.

use crate::model::clones::{CloneDriver, Extent, Room};
use crate::model::diagnosis::{Diagnosis, Health};
use crate::model::engine::EngineFacts;
use crate::model::error::{ErrorKind, Result};
use crate::model::inventory::Inventory;
use crate::model::quantity::{counted, size};
use crate::model::survey::{HostFacts, Survey};
use crate::plan::{self, RoomDecision, Shortage};
use crate::world::World;

/// Less memory than this, and PostgreSQL, its twin and an app are too much.
const LITTLE_MEMORY_BYTES: u64 = 2 << 30;
/// Fewer networks than this, and CI soon meets the end of the address space.
const FEW_NETWORKS: usize = 64;

/// Looks at everything that a check needs, and makes nothing that stays.
pub async fn doctor(world: &World) -> Result<Diagnosis> {
    let (survey, inventory) = tokio::try_join!(world.engine.survey(), world.engine.inventory(&[]))?;
    let mut diagnosis = Diagnosis::default();
    engine(&mut diagnosis, &world.engine.facts(), &survey.host);
    helper_image(&mut diagnosis, &survey);
    clones(&mut diagnosis, &survey);
    disk(&mut diagnosis, &survey);
    addresses(&mut diagnosis, &inventory);
    seeds(&mut diagnosis, &inventory);
    Ok(diagnosis)
}

fn engine(diagnosis: &mut Diagnosis, engine: &EngineFacts, host: &HostFacts) {
    let rootless = if host.is_rootless { ", rootless" } else { "" };
    let text = format!(
        "{} {} (API {}{rootless}) at {}, by {}",
        engine.product, engine.version, engine.api_version, engine.address, engine.chosen_by
    );
    if let Err(error) = plan::check_ports(engine) {
        diagnosis.add("engine", Health::Missing(error.kind), error.message).hints = error.hints;
    } else if host.os_type == "linux" || host.os_type.is_empty() {
        diagnosis.add("engine", Health::Good, text);
    } else {
        let text = format!("{text} runs containers of {}", host.os_type);
        let missing = Health::Missing(ErrorKind::Unreachable);
        diagnosis.add("engine", missing, text).hint("switch it to Linux containers");
    }
    diagnosis.add("storage", Health::Good, &host.storage);
    diagnosis.add("kernel", Health::Good, &host.kernel);
    let processors = usize::try_from(host.processors).unwrap_or(usize::MAX);
    let text = format!("{}, {}", size(host.memory_bytes), counted(processors, "processor", "processors"));
    if host.memory_bytes < LITTLE_MEMORY_BYTES {
        diagnosis
            .add("memory", Health::Limited, text)
            .hint("a stack needs the memory of its services, and 40 MB for each database and its twin");
    } else {
        diagnosis.add("memory", Health::Good, text);
    }
}

fn helper_image(diagnosis: &mut Diagnosis, survey: &Survey) {
    if survey.has_helper {
        diagnosis.add("helper image", Health::Good, plan::HELPER_IMAGE);
    } else {
        let text = format!("{} is not on this engine", plan::HELPER_IMAGE);
        diagnosis
            .add("helper image", Health::Missing(ErrorKind::Unreachable), text)
            .hint("`scripts/setup --images-only` builds it");
    }
}

/// The driver in force, and of every other why it is not.
fn clones(diagnosis: &mut Diagnosis, survey: &Survey) {
    let Some(driver) = survey.driver else {
        diagnosis.add(
            "clones",
            Health::Limited,
            "nobody knows how they can be made without the helper image",
        );
        return;
    };
    let found = survey.drivers.iter().find(|finding| finding.driver == driver);
    let text = match found {
        Some(found) => format!("{driver}: {}; {}", survey.driver_why, found.why),
        None => format!("{driver}: {}", survey.driver_why),
    };
    match found {
        Some(found) if !found.works => {
            diagnosis
                .add("clones", Health::Missing(ErrorKind::Usage), text)
                .hint("leave out --clones and STAGE_CLONES, and the best that works is taken");
        }
        _ if driver == CloneDriver::Copy => {
            diagnosis
                .add("clones", Health::Limited, text)
                .hint("each clone takes the time and the room of its whole seed");
        }
        _ => {
            diagnosis.add("clones", Health::Good, text);
        }
    }
    for other in survey.drivers.iter().filter(|finding| finding.driver != driver) {
        let text = if other.works {
            format!("not taken, but would work: {}", other.why)
        } else {
            format!("passed over: {}", other.why)
        };
        diagnosis.add(format!("clones by {}", other.driver), Health::Good, text);
    }
}

fn disk(diagnosis: &mut Diagnosis, survey: &Survey) {
    let whole = |extent: Extent| {
        format!(
            "{}, {} used, {} free",
            size(extent.size_bytes),
            size(extent.size_bytes.saturating_sub(extent.free_bytes)),
            size(extent.free_bytes)
        )
    };
    match survey.room.map(|room| room.pool) {
        Some(Some(pool)) => {
            diagnosis.add("pool", Health::Good, format!("{}; it grows with need", whole(pool)));
        }
        Some(None) => {
            diagnosis.add("pool", Health::Good, "none: seeds and clones lie on the engine's disk");
        }
        None => {
            diagnosis.add("pool", Health::Good, "not made yet: the first seed makes it");
        }
    }
    let Some(disk) = survey.room.map(|room| room.disk).or(survey.disk) else {
        diagnosis.add("disk", Health::Limited, "nobody knows how much is free without the helper image");
        return;
    };
    // Room for a database without rows, on a pool that is as large as it need be.
    let room = Room { driver: CloneDriver::Copy, pool: None, disk };
    match plan::decide_room(&room, &plan::seed_need("any database", 0, true, &[])) {
        RoomDecision::Refuse(Shortage { reserve_bytes, .. }) => {
            diagnosis
                .add("disk", Health::Missing(ErrorKind::NoRoom), whole(disk))
                .hint(format!("at least {} of it stay free for the machine itself", size(reserve_bytes)))
                .hint("`stage seed list` names the seeds, and `stage seed remove KEY` removes one");
        }
        RoomDecision::Enough | RoomDecision::Grow { .. } => {
            diagnosis.add("disk", Health::Good, whole(disk));
        }
    }
}

fn addresses(diagnosis: &mut Diagnosis, inventory: &Inventory) {
    let free = plan::free_subnets(&inventory.subnets);
    let text = format!("{} free of 10.213.0.0/16", counted(free, "network", "networks"));
    let health = match free {
        0 => Health::Missing(ErrorKind::NoRoom),
        1..FEW_NETWORKS => Health::Limited,
        _ => Health::Good,
    };
    let finding = diagnosis.add("addresses", health, text);
    if health != Health::Good {
        finding.hint("`stage sweep` takes down what is over; `docker network ls` shows whose networks stand");
    }
}

fn seeds(diagnosis: &mut Diagnosis, inventory: &Inventory) {
    let bytes: u64 = inventory.seeds.iter().map(|seed| seed.size_bytes).sum();
    let text = match inventory.seeds.len() {
        0 => "none yet".to_owned(),
        some => format!("{}, {} in all", counted(some, "seed", "seeds"), size(bytes)),
    };
    diagnosis.add("seeds", Health::Good, text);
}
