//! Volumes: plain ones, and those that show a folder of the pool.

use std::time::Duration;

use bollard::Docker;
use bollard::models::{Volume, VolumeCreateRequest};
use bollard::query_parameters::RemoveVolumeOptions;
use tokio::time::{Instant, sleep};

use super::errors::{could_not, held, is_absent, is_conflict, left};
use super::pool::Pool;
use crate::model::container::{VolumeSource, VolumeSpec};
use crate::model::error::Result;
use crate::model::label;

const POLL: Duration = Duration::from_millis(40);
const RELEASE: Duration = Duration::from_secs(15);

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

/// Removes a volume, waiting while the container that used it still lets go of it.
pub(super) async fn remove(docker: &Docker, name: &str) -> Result<()> {
    let deadline = Instant::now() + RELEASE;
    loop {
        match docker.remove_volume(name, None::<RemoveVolumeOptions>).await {
            Ok(()) => return Ok(()),
            Err(refusal) if is_absent(&refusal) => return Ok(()),
            Err(refusal) if is_conflict(&refusal) && Instant::now() < deadline => sleep(POLL).await,
            Err(refusal) => return Err(left(&format!("volume {name}"), refusal)),
        }
    }
}
