//! What there is of a run before its teardown, and what is there afterwards: looked at, not concluded.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use futures_util::future::join_all;

use crate::execute::Run;
use crate::model::call::Undo;
use crate::model::engine::EnginePlace;
use crate::model::error::Result;
use crate::model::inventory::{Inventory, Listed};
use crate::model::label;
use crate::model::name::is_instance_lock;
use crate::model::proof::{MadeKind, Remains};
use crate::world::World;

/// What there is that the engine does not list.
pub struct Unlisted {
    /// Clones in the pool.
    clones: Vec<String>,
    /// Interfaces whose egress is denied.
    denied: Vec<String>,
}

/// What a run has made and not let stay.
pub struct Standing {
    undos: Vec<Undo>,
    /// Ports of this machine at which it is reached.
    ports: BTreeSet<SocketAddr>,
}

impl Standing {
    /// As its journal and the engine say. An engine that does not answer knows no ports to look at afterwards.
    pub async fn of(run: &Run) -> Self {
        let undos: Vec<Undo> = run.journal.remaining().into_iter().map(|(_, undo)| undo).collect();
        let names: Vec<String> = undos.iter().filter_map(container).map(str::to_owned).collect();
        let world = &run.world;
        // Those of an engine elsewhere are ports of another machine.
        let is_here = world.engine.facts().place == EnginePlace::Here;
        let ports =
            if is_here && !names.is_empty() { published(world, &names).await } else { BTreeSet::new() };
        Self { undos, ports }
    }

    /// With what stood before and may be gone by now.
    #[must_use]
    pub fn and(mut self, earlier: Self) -> Self {
        self.undos
            .extend(earlier.undos.into_iter().filter(|undo| !self.undos.contains(undo)).collect::<Vec<_>>());
        self.ports.extend(earlier.ports);
        self
    }

    /// Looks at what the engine does not list, as far as any of it was made.
    pub async fn unlisted(&self, world: &World) -> Result<Unlisted> {
        let has = |kind| self.undos.iter().any(|undo| kind_of(undo) == Some(kind));
        let engine = &world.engine;
        let clones = async { if has(MadeKind::Clone) { engine.clones().await } else { Ok(Vec::new()) } };
        let denied = async { if has(MadeKind::Egress) { engine.denied().await } else { Ok(Vec::new()) } };
        let (clones, denied) = tokio::try_join!(clones, denied)?;
        Ok(Unlisted { clones, denied })
    }

    /// What of it is there, by kind, and a line for everything that is, as an undo names it.
    pub async fn look(
        &self,
        world: &World,
        inventory: &Inventory,
        unlisted: &Unlisted,
    ) -> (Vec<Remains>, Vec<String>) {
        let ports = self.still_answering(world, inventory).await;
        let mut left: Vec<String> = ports.iter().map(|port| format!("port {port}")).collect();
        let mut remains = Vec::new();
        for kind in MadeKind::ALL {
            let of_kind = || self.undos.iter().filter(|undo| kind_of(undo) == Some(kind));
            let (before, after) = match kind {
                MadeKind::Port => (self.ports.len(), ports.len()),
                // Whoever closes the journal knows.
                MadeKind::File => continue,
                _ => {
                    let there: Vec<&Undo> =
                        of_kind().filter(|undo| is_there(undo, inventory, unlisted)).collect();
                    left.extend(there.iter().map(ToString::to_string));
                    (of_kind().count(), there.len())
                }
            };
            remains.push(Remains { kind, before, after });
        }
        (remains, left)
    }

    /// Ports that answer, unless they are somebody else's by now: the engine gives a port away again.
    async fn still_answering(&self, world: &World, inventory: &Inventory) -> Vec<SocketAddr> {
        let asked = self.ports.iter().map(async |port| (*port, world.sockets.answers(*port).await));
        let mut answering: Vec<SocketAddr> =
            join_all(asked).await.into_iter().filter_map(|(port, answers)| answers.then_some(port)).collect();
        if !answering.is_empty() {
            let own: BTreeSet<&str> = self.undos.iter().filter_map(container).collect();
            let others = inventory.containers.iter().map(|container| container.name.clone());
            let others: Vec<String> = others.filter(|name| !own.contains(name.as_str())).collect();
            let taken = published(world, &others).await;
            answering.retain(|port| !taken.contains(port));
        }
        answering
    }
}

/// Where the TCP ports of containers are reached on this machine; none if the engine does not say.
async fn published(world: &World, containers: &[String]) -> BTreeSet<SocketAddr> {
    let found = world.engine.containers(containers).await.unwrap_or_default();
    let ports = found.into_iter().flat_map(|container| container.ports);
    ports.filter(|port| port.protocol == "tcp").map(|port| port.at).collect()
}

/// A container that the run made, locks of instances aside: those are let go of last.
fn container(undo: &Undo) -> Option<&str> {
    match undo {
        Undo::RemoveContainer { name, .. } if !is_instance_lock(name) => Some(name),
        _ => None,
    }
}

fn kind_of(undo: &Undo) -> Option<MadeKind> {
    match undo {
        Undo::RemoveContainer { .. } => container(undo).map(|_| MadeKind::Container),
        Undo::RemoveNetwork { .. } => Some(MadeKind::Network),
        Undo::ForgetEgress { .. } => Some(MadeKind::Egress),
        Undo::RemoveVolume { .. } => Some(MadeKind::Volume),
        Undo::DeleteClone { .. } => Some(MadeKind::Clone),
        Undo::DeleteSeed { .. } => Some(MadeKind::Seed),
    }
}

/// Whether it is listed. Names of locks and networks may be another run's by now.
fn is_there(undo: &Undo, inventory: &Inventory, unlisted: &Unlisted) -> bool {
    let made_by = |listed: &[Listed], name: &str, run: &str| {
        listed.iter().any(|found| found.name == name && found.label(label::RUN) == Some(run))
    };
    match undo {
        Undo::RemoveContainer { name, run } => made_by(&inventory.containers, name, run),
        Undo::RemoveNetwork { name, run } => made_by(&inventory.networks, name, run),
        Undo::RemoveVolume { name } => {
            // A seed's volume has the name of its content, so it may be another builder's by now.
            let is_it =
                |volume: &Listed| volume.name == *name && volume.label(label::KIND) != Some(label::KIND_SEED);
            inventory.volumes.iter().any(is_it)
        }
        Undo::ForgetEgress { bridge } => unlisted.denied.contains(bridge),
        Undo::DeleteClone { clone } => unlisted.clones.contains(clone),
        // Its volume goes first and registers it; a copy without one is what the pool's own undo has looked for.
        Undo::DeleteSeed { .. } => false,
    }
}
