//! One driver's place: the volume that holds `clones/` and `seeds/`, and the container that works in it.

use std::collections::HashMap;

use bollard::Docker;
use bollard::models::{ContainerCreateBody, HostConfig, Mount, MountType};
use bollard::query_parameters::InspectContainerOptions;

use super::HELPER_IMAGE;
use crate::model::clones::CloneDriver;
use crate::model::error::{Error, ErrorKind, Result};
use crate::world::docker::errors::{could_not, is_absent};
use crate::world::docker::shells::Shells;
use crate::world::docker::volumes;

/// The names of a place's objects.
#[derive(Clone, Debug)]
pub(in crate::world::docker) struct Place {
    /// How clones are made in it.
    pub(super) driver: CloneDriver,
    /// The volume with everything in it.
    pub(in crate::world::docker) volume: String,
    /// The volume that holds the file behind the loop device, for drivers that have one.
    pub(super) back: Option<String>,
    /// The container that has the volume at `/pool`.
    pub(in crate::world::docker) keeper: String,
    /// The container that attaches the loop device; while it exists, nobody else does.
    pub(super) setup: String,
    pub(super) labels: HashMap<String, String>,
    /// Those that wait in the keeper.
    pub(super) shells: Shells,
}

impl Place {
    /// The place of `driver` in the pool called `pool`.
    pub(super) fn new(
        pool: &str,
        driver: CloneDriver,
        labels: HashMap<String, String>,
        shells: Shells,
    ) -> Self {
        // The first driver that there was has the pool's bare name.
        let name = match driver {
            CloneDriver::Btrfs => pool.to_owned(),
            other => format!("{pool}-{other}"),
        };
        let is_behind_loop = matches!(driver, CloneDriver::Btrfs | CloneDriver::Xfs);
        Self {
            driver,
            back: is_behind_loop.then(|| format!("{name}-back")),
            keeper: format!("{name}-keeper"),
            setup: format!("{name}-setup"),
            volume: name,
            labels,
            shells,
        }
    }

    /// The volume that is made first and removed last: while it exists, so does the place.
    pub(super) fn anchor(&self) -> &str {
        self.back.as_deref().unwrap_or(&self.volume)
    }

    /// Whether clones can be made right now: the keeper runs and its volume is there.
    pub(super) async fn is_ready(&self, docker: &Docker) -> Result<bool> {
        let keeper = docker.inspect_container(&self.keeper, None::<InspectContainerOptions>).await;
        let is_running = match keeper {
            Ok(keeper) => keeper.state.and_then(|state| state.running) == Some(true),
            Err(refusal) if is_absent(&refusal) => false,
            Err(refusal) => return Err(could_not("look at the pool's keeper")(refusal)),
        };
        Ok(is_running && volumes::inspect(docker, &self.volume).await?.is_some())
    }

    /// The options of a volume that shows one folder of the place: a bind mount of where the engine has mounted it. Such
    /// a volume names no device, so it holds when the loop device gets another number after a restart.
    pub(super) async fn options(&self, docker: &Docker, folder: &str) -> Result<HashMap<String, String>> {
        let volume = volumes::inspect(docker, &self.volume).await?.ok_or_else(|| {
            Error::new(ErrorKind::Bug, format!("there is no pool `{}` to show a part of", self.volume))
        })?;
        Ok(bind_options(&volume.mountpoint, folder))
    }

    /// The loop device on which the volume is mounted; `None` if there is no such volume, or no device.
    pub(super) async fn device(&self, docker: &Docker) -> Result<Option<String>> {
        let volume = volumes::inspect(docker, &self.volume).await?;
        Ok(volume.and_then(|volume| volume.options.get("device").cloned()))
    }

    /// How the engine mounts the place from its loop device.
    pub(super) fn mount_options(&self, device: &str) -> HashMap<String, String> {
        // `discard` gives the space of a deleted clone back to the disk: the file behind the loop device gets holes.
        // btrfs gives its room away in large pieces. A server that writes fast would take them all for rows before the trees that
        // say where those lie ask for theirs, and a filesystem without room for these turns read-only: so every few pieces
        // one is set aside for them (`metadata_ratio`, btrfs(5)).
        let (filesystem, options) = match self.driver {
            CloneDriver::Btrfs => ("btrfs", "noatime,user_subvol_rm_allowed,discard=async,metadata_ratio=3"),
            _ => ("xfs", "noatime,discard"),
        };
        owned([("type", filesystem), ("device", device), ("o", options)])
    }

    /// A container of the helper image with volumes of the place, each where it is wanted, and no network.
    pub(super) fn container(&self, mounted: &[(&str, &str)]) -> ContainerCreateBody {
        let mount = |&(volume, target): &(&str, &str)| Mount {
            typ: Some(MountType::VOLUME),
            source: Some(volume.to_owned()).filter(|name| !name.is_empty()),
            target: Some(target.to_owned()),
            ..Mount::default()
        };
        ContainerCreateBody {
            image: Some(HELPER_IMAGE.to_owned()),
            labels: Some(self.labels.clone()),
            host_config: Some(HostConfig {
                network_mode: Some("none".to_owned()),
                mounts: Some(mounted.iter().map(mount).collect()),
                ..HostConfig::default()
            }),
            ..ContainerCreateBody::default()
        }
    }
}

fn bind_options(mountpoint: &str, folder: &str) -> HashMap<String, String> {
    let device = format!("{}/{folder}", mountpoint.trim_end_matches('/'));
    owned([("type", "none"), ("device", &device), ("o", "bind")])
}

fn owned<const N: usize>(options: [(&str, &str); N]) -> HashMap<String, String> {
    options.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clones_volume_shows_its_folder_alone_and_names_no_device() {
        let options = bind_options("/var/lib/docker/volumes/stage-pool/_data", "clones/stage-shop-db-data");
        assert_eq!(options["device"], "/var/lib/docker/volumes/stage-pool/_data/clones/stage-shop-db-data");
        assert_eq!(options["o"], "bind");
    }

    #[test]
    fn places_of_two_drivers_share_nothing() {
        let places = CloneDriver::ALL
            .map(|driver| Place::new("stage-pool", driver, HashMap::new(), Shells::default()));
        assert_eq!(places[1].volume, "stage-pool");
        assert_eq!(places[1].anchor(), "stage-pool-back");
        assert_eq!(places[3].anchor(), "stage-pool-copy");
        for (n, place) in places.iter().enumerate() {
            assert!(places[..n].iter().all(|other| other.keeper != place.keeper), "{place:?}");
        }
    }
}
