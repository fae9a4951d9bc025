//! The pool of copy-on-write clones: btrfs in a sparse file behind a loop device.
//!
//! It consists of a plain volume that holds the file, a volume of type btrfs on the loop device, which the engine mounts, and
//! a keeper container that has the whole pool at `/pool` and in which snapshots are made. None of it needs a privilege that
//! a container does not have, except a device rule while the loop device is attached. Inside are `clones/NAME` and
//! `seeds/KEY`; subvolumes carry no labels, so their names tell whose they are.

mod clones;
mod setup;

use std::collections::HashMap;

use bollard::Docker;
use bollard::query_parameters::InspectContainerOptions;

use super::errors::{could_not, is_absent};
use super::volumes;
use crate::model::error::{Error, ErrorKind, Result};
use crate::model::label;

/// The image with the tools of btrfs; `scripts/setup` builds it.
pub const HELPER_IMAGE: &str = "stage-helper:1";

/// The names of a pool's objects.
#[derive(Clone, Debug)]
pub(super) struct Pool {
    /// The volume of type btrfs.
    volume: String,
    /// The volume that holds the file.
    back: String,
    /// The container in which snapshots are made.
    keeper: String,
    /// The container that attaches the loop device; while it exists, nobody else does.
    setup: String,
    labels: HashMap<String, String>,
}

impl Pool {
    /// A pool whose objects' names begin with `name`, made on the machine `holder`.
    pub(super) fn new(name: &str, holder: &str) -> Self {
        let labels = [
            (label::KIND, label::KIND_POOL),
            (label::FORMAT, label::FORMAT_VERSION),
            (label::HOLDER, holder),
        ];
        Self {
            volume: name.to_owned(),
            back: format!("{name}-back"),
            keeper: format!("{name}-keeper"),
            setup: format!("{name}-setup"),
            labels: labels.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect(),
        }
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

    /// The options of a volume that shows the whole pool, or one subvolume of it.
    pub(super) async fn options(
        &self,
        docker: &Docker,
        subvolume: Option<&str>,
    ) -> Result<HashMap<String, String>> {
        let device = self.device(docker).await?.ok_or_else(|| {
            Error::new(ErrorKind::Bug, format!("there is no pool `{}` to show a part of", self.volume))
        })?;
        Ok(mount_options(&device, subvolume))
    }

    /// The loop device on which the pool's volume is mounted; `None` if there is no such volume.
    async fn device(&self, docker: &Docker) -> Result<Option<String>> {
        let volume = volumes::inspect(docker, &self.volume).await?;
        Ok(volume.and_then(|volume| volume.options.get("device").cloned()))
    }
}

fn mount_options(device: &str, subvolume: Option<&str>) -> HashMap<String, String> {
    // `discard` gives the space of a deleted clone back to the disk: the file behind the loop device gets holes.
    let mut options = "noatime,user_subvol_rm_allowed,discard=async".to_owned();
    if let Some(subvolume) = subvolume {
        options.push_str(",subvol=");
        options.push_str(subvolume);
    }
    [("type", "btrfs"), ("device", device), ("o", &options)]
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clones_volume_shows_its_subvolume_alone() {
        let options = mount_options("/dev/loop77", Some("clones/stage-shop-db-data"));
        assert!(options["o"].ends_with(",subvol=clones/stage-shop-db-data"));
        assert_eq!(options["device"], "/dev/loop77");
        assert!(!mount_options("/dev/loop77", None)["o"].contains("subvol="));
    }
}
