//! Where seeds and clones are: one place a driver, of which one is in force.
//!
//! A place is a volume with `clones/NAME` and `seeds/KEY`, and a keeper container that has it at `/pool` and in which all is
//! done. For `reflink` and `copy` it is a plain volume; for `btrfs` and `xfs` the engine mounts it from a loop device over a
//! sparse file in a volume of its own. None of it needs a privilege that a container does not have, but for a device rule
//! while the loop device is attached, and `CAP_SYS_ADMIN` while a pool grows. Folders carry no labels, so their names tell
//! whose they are; a clone's volume is a bind mount of its folder.
//!
//! Seeds of one driver are none for another: its name goes into their keys.

mod choose;
mod clones;
mod folders;
mod keeper;
mod once;
mod place;
mod room;
mod setup;
mod subvolumes;
mod survey;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Instant;

use bollard::Docker;
use bollard::query_parameters::ListVolumesOptionsBuilder;

use super::errors::could_not;
use super::shells::Shells;
use super::volumes;
use crate::model::clones::{CloneDriver, ClonesChoice, Room};
use crate::model::container::Labels;
use crate::model::error::{Error, ErrorKind, Result};
use crate::model::label;
use place::Place;

/// The image with the tools of filesystems; `scripts/setup` builds it.
pub const HELPER_IMAGE: &str = "stage-helper:1";

/// The places of all drivers under one name.
#[derive(Clone, Debug)]
pub(super) struct Pool {
    name: String,
    labels: HashMap<String, String>,
    choice: ClonesChoice,
    /// The driver in force, once it was found out.
    driver: Arc<OnceLock<CloneDriver>>,
    /// Those in the keepers.
    shells: Shells,
    /// What the last clone measured on its way, until somebody asks.
    noted: Arc<Mutex<Option<(Instant, Room)>>>,
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
            name: name.to_owned(),
            labels: labels.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect(),
            choice: ClonesChoice::Auto,
            driver: Arc::default(),
            shells: Shells::default(),
            noted: Arc::default(),
        }
    }

    /// The same, with the driver that the user wants.
    pub(super) fn with_choice(self, choice: ClonesChoice) -> Self {
        Self { choice, driver: Arc::default(), noted: Arc::default(), ..self }
    }

    /// The machine that it is used from.
    pub(super) fn holder(&self) -> &str {
        self.labels.get(label::HOLDER).map_or("", String::as_str)
    }

    /// Makes the driver in force ready, and chooses it first if nobody has. May be killed anywhere and called from several
    /// machines.
    pub(super) async fn prepare(&self, docker: &Docker) -> Result<()> {
        let driver = match self.decide(&self.volume_labels(docker).await?)? {
            Some(driver) => {
                self.place(driver).prepare(docker).await?;
                driver
            }
            None => self.choose(docker).await?,
        };
        self.driver.get_or_init(|| driver);
        Ok(())
    }

    /// Removes all places with everything in them, and forgets the choice.
    pub(super) async fn remove(&self, docker: &Docker) -> Result<()> {
        for place in self.existing(docker).await? {
            place.remove(docker).await?;
        }
        volumes::remove(docker, &self.choice_volume()).await
    }

    /// The driver in force, judged by volumes of the engine, by name; `None` if nobody has chosen yet.
    pub(super) fn decide(&self, volumes: &BTreeMap<String, Labels>) -> Result<Option<CloneDriver>> {
        let decided = match (self.choice, volumes.get(&self.choice_volume())) {
            (ClonesChoice::Forced(driver), _) => Some(driver),
            (ClonesChoice::Auto, Some(labels)) => {
                let name = labels.get(label::CLONES).map_or("nothing", String::as_str);
                Some(name.parse().map_err(|why: String| {
                    let volume = self.choice_volume();
                    let message = format!("volume `{volume}` says how clones are made, but {why} here");
                    Error::new(ErrorKind::Config, message)
                        .hint("another version of stage has written it: use that one, or say --clones")
                })?)
            }
            // A pool that was there before anybody chose.
            (ClonesChoice::Auto, None) => {
                let place = self.place(CloneDriver::Btrfs);
                volumes.contains_key(place.anchor()).then_some(CloneDriver::Btrfs)
            }
        };
        if let Some(driver) = decided {
            self.driver.get_or_init(|| driver);
        }
        Ok(decided)
    }

    /// Makes the keeper in force answer sooner, where it is about to be asked.
    pub(super) fn open_beforehand(&self, docker: &Docker) {
        if let Some(driver) = self.known_driver() {
            self.shells.open_beforehand(docker, &self.place(driver).keeper);
        }
    }

    /// The options of a volume that shows one folder of the place in force.
    pub(super) async fn options(&self, docker: &Docker, folder: &str) -> Result<HashMap<String, String>> {
        self.place_in_force(docker).await?.options(docker, folder).await
    }

    /// The place of a driver, there or not.
    pub(super) fn place(&self, driver: CloneDriver) -> Place {
        Place::new(&self.name, driver, self.labels.clone(), self.shells.clone())
    }

    fn known_driver(&self) -> Option<CloneDriver> {
        self.driver.get().copied()
    }

    async fn place_in_force(&self, docker: &Docker) -> Result<Place> {
        let driver = match self.known_driver() {
            Some(driver) => Some(driver),
            None => self.decide(&self.volume_labels(docker).await?)?,
        };
        let driver = driver.ok_or_else(|| Error::new(ErrorKind::Bug, "clones are wanted before a pool"))?;
        Ok(self.place(driver))
    }

    /// The places that are there, in force or not.
    async fn existing(&self, docker: &Docker) -> Result<Vec<Place>> {
        let volumes = self.volume_labels(docker).await?;
        self.decide(&volumes)?;
        let places = CloneDriver::ALL.into_iter().map(|driver| self.place(driver));
        Ok(places.filter(|place| volumes.contains_key(place.anchor())).collect())
    }

    /// Labels of the volumes of all pools, by name.
    async fn volume_labels(&self, docker: &Docker) -> Result<BTreeMap<String, Labels>> {
        let filter = format!("{}={}", label::KIND, label::KIND_POOL);
        let filters = HashMap::from([("label", vec![filter.as_str()])]);
        let options = ListVolumesOptionsBuilder::new().filters(&filters).build();
        let found = docker.list_volumes(Some(options)).await.map_err(could_not("list volumes"))?;
        let found = found.volumes.unwrap_or_default();
        Ok(found.into_iter().map(|volume| (volume.name, volume.labels.into_iter().collect())).collect())
    }

    /// The volume that remembers the choice on its labels; it holds nothing.
    fn choice_volume(&self) -> String {
        format!("{}-choice", self.name)
    }

    fn probe_name(&self) -> String {
        format!("{}-probe", self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pool() -> Pool {
        Pool::new("stage-pool", "here")
    }

    fn volumes(volumes: &[(&str, &str)]) -> BTreeMap<String, Labels> {
        let labelled = volumes.iter().map(|(name, driver)| {
            ((*name).to_owned(), Labels::from([(label::CLONES.to_owned(), (*driver).to_owned())]))
        });
        labelled.collect()
    }

    #[test]
    fn what_was_chosen_stays_and_a_pool_from_before_the_choice_counts_as_chosen() {
        assert_eq!(pool().decide(&volumes(&[])).unwrap(), None);
        let chosen = volumes(&[("stage-pool-choice", "copy"), ("stage-pool-back", "")]);
        assert_eq!(pool().decide(&chosen).unwrap(), Some(CloneDriver::Copy));
        assert_eq!(pool().decide(&volumes(&[("stage-pool-back", "")])).unwrap(), Some(CloneDriver::Btrfs));
        let of_another_pool = volumes(&[("other-choice", "copy"), ("other-back", "")]);
        assert_eq!(pool().decide(&of_another_pool).unwrap(), None);
    }

    #[test]
    fn a_forced_driver_is_in_force_whatever_was_chosen() {
        let forced = pool().with_choice(ClonesChoice::Forced(CloneDriver::Xfs));
        let chosen = volumes(&[("stage-pool-choice", "copy")]);
        assert_eq!(forced.decide(&chosen).unwrap(), Some(CloneDriver::Xfs));
    }

    #[test]
    fn a_choice_of_another_version_is_named_and_not_guessed_at() {
        let error = pool().decide(&volumes(&[("stage-pool-choice", "zfs")])).unwrap_err();
        assert_eq!(
            error.to_string(),
            "volume `stage-pool-choice` says how clones are made, but no clones are made by `zfs` here"
        );
    }
}
