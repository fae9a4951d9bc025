//! Which driver makes the clones: what the engine allows is found out once, and remembered there.

use std::collections::BTreeMap;

use bollard::Docker;
use bollard::models::VolumeCreateRequest;

use super::{Pool, once};
use crate::model::clones::{CloneDriver, DriverFinding, Extent};
use crate::model::error::{Error, ErrorKind, Result};
use crate::model::label;
use crate::world::docker::errors::could_not;
use crate::world::docker::volumes;

const PROBE: &str = include_str!("probe.sh");

/// What a probe saw.
#[derive(Default)]
pub(super) struct Probed {
    /// What was found out of each driver, the best first.
    pub(super) findings: Vec<DriverFinding>,
    /// The disk that holds the engine's volumes.
    pub(super) disk: Option<Extent>,
}

impl Pool {
    /// Probes the engine, prepares the best driver that works and remembers it, with what was found out of each.
    pub(super) async fn choose(&self, docker: &Docker) -> Result<CloneDriver> {
        let mut findings = self.probe(docker).await?.findings;
        for n in 0..findings.len() {
            let driver = findings[n].driver;
            if !findings[n].works {
                continue;
            }
            let place = self.place(driver);
            let was_there = volumes::inspect(docker, place.anchor()).await?.is_some();
            match place.prepare(docker).await {
                Ok(()) => {
                    self.remember(docker, driver, &findings).await?;
                    return Ok(driver);
                }
                // A full disk is no reason to copy on it.
                Err(error) if error.kind == ErrorKind::NoRoom || driver == CloneDriver::Copy => {
                    return Err(error);
                }
                // Somebody else had more luck with it at the same time.
                Err(_) if place.is_ready(docker).await? => return Ok(driver),
                Err(error) => {
                    tracing::debug!(%driver, %error, "driver passed over");
                    findings[n].works = false;
                    findings[n].why = error.to_string();
                    // What somebody has forced before may hold seeds.
                    if !was_there {
                        place.remove(docker).await?;
                    }
                }
            }
        }
        Err(Error::new(ErrorKind::Bug, "no driver makes clones, not even by copying"))
    }

    /// What a container can find out of each driver, the best first.
    pub(super) async fn probe(&self, docker: &Docker) -> Result<Probed> {
        // A volume without a name goes with its container.
        let mut body = self.place(CloneDriver::Copy).container(&[("", "/probe")]);
        body.cmd = Some(["sh", "-c", PROBE].map(str::to_owned).to_vec());
        if let Some(host) = &mut body.host_config {
            host.device_cgroup_rules = Some(vec!["b 7:* rwm".to_owned()]);
        }
        let output = once::run(docker, &self.probe_name(), body).await?;
        Ok(Probed { findings: findings(&output), disk: disk(&output) })
    }

    async fn remember(&self, docker: &Docker, driver: CloneDriver, findings: &[DriverFinding]) -> Result<()> {
        let findings = serde_json::to_string(findings)
            .map_err(|cause| Error::new(ErrorKind::Bug, "findings do not serialize").because(cause))?;
        let mut labels = self.labels.clone();
        labels.insert(label::CLONES.to_owned(), driver.name().to_owned());
        labels.insert(label::CLONES_WHY.to_owned(), findings);
        let request = VolumeCreateRequest {
            name: Some(self.choice_volume()),
            labels: Some(labels),
            ..VolumeCreateRequest::default()
        };
        docker.create_volume(request).await.map(|_| ()).map_err(could_not("remember how clones are made"))
    }

    /// What was found out when the driver was chosen; empty if nobody chose.
    pub(super) async fn remembered(&self, docker: &Docker) -> Result<Vec<DriverFinding>> {
        let volume = volumes::inspect(docker, &self.choice_volume()).await?;
        let why = volume.as_ref().and_then(|volume| volume.labels.get(label::CLONES_WHY));
        Ok(why.and_then(|why| serde_json::from_str(why).ok()).unwrap_or_default())
    }
}

fn disk(output: &str) -> Option<Extent> {
    let mut numbers = output.lines().find_map(|line| line.strip_prefix("disk: yes "))?.split_whitespace();
    let mut next = || numbers.next()?.parse().ok();
    Some(Extent { size_bytes: next()?, free_bytes: next()? })
}

/// What the probe's words mean for each driver.
fn findings(output: &str) -> Vec<DriverFinding> {
    let facts: BTreeMap<&str, (bool, &str)> = output
        .lines()
        .filter_map(|line| {
            let (name, fact) = line.split_once(": ")?;
            let (answer, detail) = fact.split_once(' ').unwrap_or((fact, ""));
            Some((name, (answer == "yes", detail.trim())))
        })
        .collect();
    let fact = |name: &str| facts.get(name).copied().unwrap_or((false, "the probe did not say"));
    let (_, disk) = fact("filesystem");
    let finding = |driver| {
        let (works, why) = match driver {
            CloneDriver::Reflink => match fact("reflink") {
                (true, _) => (true, format!("files of the engine's volumes ({disk}) can share blocks")),
                (false, why) => {
                    (false, format!("files of the engine's volumes ({disk}) cannot share blocks: {why}"))
                }
            },
            CloneDriver::Btrfs | CloneDriver::Xfs => match (fact("loop"), fact(driver.name())) {
                ((false, why), _) => (false, format!("containers cannot use loop devices: {why}")),
                (_, (true, _)) => (true, "loop devices can be used, and the kernel knows it".to_owned()),
                // A kernel loads the module when it is first mounted, if it has it.
                (_, (false, _)) => {
                    (true, "loop devices can be used; the kernel has not loaded it yet".to_owned())
                }
            },
            CloneDriver::Copy => (true, "copies every byte, but on any engine".to_owned()),
        };
        DriverFinding { driver, works, why }
    };
    CloneDriver::ALL.map(finding).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn best(output: &str) -> CloneDriver {
        findings(output).into_iter().find(|finding| finding.works).unwrap().driver
    }

    #[test]
    fn the_best_driver_that_works_comes_first() {
        let ext4 = "filesystem: yes ext2/ext3\nreflink: no Operation not supported\n";
        let loops = "loop: yes\nbtrfs: yes\nxfs: yes\n";
        assert_eq!(best(&format!("{ext4}{loops}")), CloneDriver::Btrfs);
        assert_eq!(best("filesystem: yes xfs\nreflink: yes\nloop: no x\n"), CloneDriver::Reflink);
        assert_eq!(best(&format!("{ext4}loop: no Operation not permitted\nbtrfs: yes\n")), CloneDriver::Copy);
        assert_eq!(best(""), CloneDriver::Copy);
    }

    #[test]
    fn a_driver_that_does_not_work_says_why() {
        let found =
            findings("filesystem: yes ext2/ext3\nreflink: no Operation not supported\nloop: no gone\n");
        assert_eq!(
            found[0].why,
            "files of the engine's volumes (ext2/ext3) cannot share blocks: Operation not supported"
        );
        assert_eq!(found[1].why, "containers cannot use loop devices: gone");
    }
}
