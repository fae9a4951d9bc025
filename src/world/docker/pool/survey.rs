//! Which driver is in force and why, for people.

use bollard::Docker;

use super::Pool;
use super::choose::Probed;
use crate::model::clones::{CloneDriver, ClonesChoice, DriverFinding, Extent};
use crate::model::error::Result;

/// What was found out of the drivers.
pub(in crate::world::docker) struct Drivers {
    /// The one in force, or that would be.
    pub driver: Option<CloneDriver>,
    /// Why that one.
    pub why: String,
    /// What was found out of each; empty if nothing could be probed.
    pub findings: Vec<DriverFinding>,
    /// The disk that holds the engine's volumes.
    pub disk: Option<Extent>,
}

impl Pool {
    /// Looks at the drivers. Probes them, if there is an image to do that with, and makes nothing that stays.
    pub(in crate::world::docker) async fn drivers(
        &self,
        docker: &Docker,
        has_helper: bool,
    ) -> Result<Drivers> {
        let volumes = self.volume_labels(docker).await?;
        let decided = self.decide(&volumes)?;
        let Probed { mut findings, disk } =
            if has_helper { self.probe(docker).await? } else { Probed::default() };
        for remembered in self.remembered(docker).await? {
            // What failed when it was tried tells more than what a probe can see.
            let tried = findings.iter_mut().find(|found| found.driver == remembered.driver && found.works);
            if let Some(found) = tried.filter(|_| !remembered.works) {
                *found = remembered;
            }
        }
        let best = findings.iter().find(|finding| finding.works).map(|finding| finding.driver);
        let why = match (self.choice, decided) {
            (ClonesChoice::Forced(_), _) => "forced by --clones",
            (_, Some(_)) if volumes.contains_key(&self.choice_volume()) => {
                "the best that worked when the pool was made"
            }
            (_, Some(_)) => "a pool of it is there",
            (_, None) => "the best that works here; the first seed makes its pool",
        };
        Ok(Drivers { driver: decided.or(best), why: why.to_owned(), findings, disk })
    }
}
