//! Volumes: plain ones, and those that show a folder of the pool.

use std::collections::HashMap;
use std::time::Duration;

use bollard::Docker;
use bollard::models::{Volume, VolumeCreateRequest};
use bollard::query_parameters::{ListContainersOptionsBuilder, RemoveVolumeOptions};
use tokio::time::{Instant, sleep};

use super::errors::{could_not, held, is_absent, is_conflict, left};
use super::pool::Pool;
use super::{containers, passing};
use crate::model::container::{VolumeSource, VolumeSpec};
use crate::model::error::Result;
use crate::model::label;

const POLL: Duration = Duration::from_millis(40);
const RELEASE: Duration = Duration::from_secs(15);
/// How long a container that goes holds on to its volumes at most, as far as was seen.
const LATE: Duration = Duration::from_secs(1);

/// Makes a volume; one that the same run has made already counts as made.
pub(super) async fn create(docker: &Docker, pool: &Pool, spec: &VolumeSpec) -> Result<()> {
    // Creating a volume that exists succeeds whatever it is, so look first.
    if let Some(existing) = inspect(docker, &spec.name).await? {
        let is_same = [label::KIND, label::RUN, label::SEED_KEY]
            .iter()
            .all(|key| existing.labels.get(*key) == spec.labels.get(*key));
        let run = existing.labels.get(label::RUN).map(String::as_str);
        return if is_same { Ok(()) } else { Err(held("volume", &spec.name, run)) };
    }
    let driver_opts = match &spec.source {
        VolumeSource::Plain => None,
        VolumeSource::Pool { subvolume } => Some(pool.options(docker, subvolume).await?),
    };
    let request = VolumeCreateRequest {
        name: Some(spec.name.clone()),
        driver: Some("local".to_owned()),
        driver_opts,
        labels: Some(spec.labels.iter().map(|(key, value)| (key.clone(), value.clone())).collect()),
        ..VolumeCreateRequest::default()
    };
    let created = docker.create_volume(request).await;
    created.map(|_| ()).map_err(could_not(&format!("create volume {}", spec.name)))
}

/// A volume; `None` if there is none of this name.
pub(super) async fn inspect(docker: &Docker, name: &str) -> Result<Option<Volume>> {
    match docker.inspect_volume(name).await {
        Ok(volume) => Ok(Some(volume)),
        Err(refusal) if is_absent(&refusal) => Ok(None),
        Err(refusal) => Err(could_not(&format!("look at volume {name}"))(refusal)),
    }
}

/// Removes a volume, waiting while the container that used it still lets go of it. One of the volume's own run that does not
/// is a late arrival: volumes go after containers, so the engine has made it after its removal.
pub(super) async fn remove(docker: &Docker, name: &str) -> Result<()> {
    let begun = Instant::now();
    let mut late_after = LATE;
    loop {
        match docker.remove_volume(name, None::<RemoveVolumeOptions>).await {
            Ok(()) => return Ok(()),
            Err(refusal) if is_absent(&refusal) => return Ok(()),
            Err(refusal) if is_conflict(&refusal) && begun.elapsed() < RELEASE => {
                if begun.elapsed() > late_after {
                    remove_late(docker, name).await?;
                    late_after = begun.elapsed() + LATE;
                }
                sleep(POLL).await;
            }
            Err(refusal) => return Err(left(&format!("volume {name}"), refusal)),
        }
    }
}

/// Removes the containers of a volume's own run that use it.
async fn remove_late(docker: &Docker, volume: &str) -> Result<()> {
    let found = inspect(docker, volume).await?;
    let Some(run) = found.and_then(|volume| volume.labels.get(label::RUN).cloned()) else { return Ok(()) };
    let filters = HashMap::from([
        ("volume", vec![volume.to_owned()]),
        ("label", vec![label::KIND.to_owned(), format!("{}={run}", label::RUN)]),
    ]);
    let options = ListContainersOptionsBuilder::new().all(true).filters(&filters).build();
    let using = passing::list_containers(docker, &options).await.map_err(could_not("list containers"))?;
    for container in using.into_iter().filter_map(|container| container.id) {
        containers::remove(docker, &container).await?;
    }
    Ok(())
}
